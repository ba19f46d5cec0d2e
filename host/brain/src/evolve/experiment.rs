//! A search and everything that it is read beside: natural images, the gradient, what the
//! evolved image says of new images.

use std::ops::ControlFlow;

use super::{
    CategoryRates, Checkpoint, Evolution, EvolveError, Natural, Prediction, Settings, Start, Watch,
    check, evolve, optimum, resume, screen,
};
use crate::generator::{Generator, Pixels};
use crate::neuron::{Differentiable, Neuron};
use crate::stimuli::Stimuli;

/// Which of the neuron's own rates counts as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Zero {
    /// The median over the natural images, or 0 without images.
    #[default]
    NaturalMedian,
    /// This rate.
    Rate(f64),
}

/// Who answers what.
pub struct Subjects<'a> {
    /// The neuron that the search asks.
    pub neuron: &'a mut dyn Neuron,
    /// A neuron that answers the same and costs less: it is asked about natural images and
    /// about the gradient's. None where the neuron itself answers these too.
    pub twin: Option<&'a mut dyn Neuron>,
    /// The unit whose gradient is followed, where there is one.
    pub gradient: Option<&'a mut dyn Differentiable>,
}

/// What to do.
pub struct Plan<'a> {
    /// The search.
    pub settings: Settings,
    /// The rate that counts as 0; it replaces the one in the settings.
    pub zero: Zero,
    /// Natural images, where there are any.
    pub stimuli: Option<&'a Stimuli>,
    /// Steps of each climb.
    pub gradient_steps: usize,
}

/// The greatest rate that is known of the images of a space.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The rate, by the neuron that the search asked or by its twin.
    pub rate: f64,
    /// The image, `[C, H, W]`.
    pub image: Vec<f32>,
    /// Where the way to it began.
    pub start: String,
    /// Gradients that were computed.
    pub gradients: usize,
}

/// A search and what is beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// The neuron's own rate that counts as 0.
    pub zero: f64,
    /// The search.
    pub evolution: Evolution,
    /// The natural images.
    pub natural: Option<Natural>,
    /// The rates of natural images by category; empty where no classes are known.
    pub categories: Vec<CategoryRates>,
    /// Whether likeness to the evolved image predicts the rates of natural images.
    pub prediction: Option<Prediction>,
    /// The best of the image space.
    pub in_space: Option<Truth>,
    /// The best of all images.
    pub in_pixels: Option<Truth>,
}

/// What an experiment is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Natural images shown so far.
    Natural(usize),
    /// Gradients followed so far.
    Gradient(usize),
}

/// Runs a search and everything beside it. `watch` is told after each generation,
/// `progress` of the rest; both may end the work.
///
/// # Errors
/// [`EvolveError`].
pub fn experiment(
    subjects: Subjects<'_>,
    generator: &dyn Generator,
    plan: &Plan<'_>,
    checkpoint: Option<&mut Checkpoint>,
    watch: Watch<'_>,
    progress: &mut dyn FnMut(Stage) -> ControlFlow<()>,
) -> Result<Experiment, EvolveError> {
    let Subjects {
        neuron,
        mut twin,
        gradient,
    } = subjects;
    // Before hours of natural images.
    check(neuron, generator, &plan.settings)?;
    let mut natural = None;
    if let Some(stimuli) = plan.stimuli {
        let asked: &mut dyn Neuron = match &mut twin {
            Some(twin) => &mut **twin,
            None => &mut *neuron,
        };
        let mut on = |count| progress(Stage::Natural(count)).is_continue();
        natural = Some(screen(asked, stimuli, &mut on)?.ok_or(EvolveError::Interrupted)?);
    }
    let zero = match (plan.zero, &natural) {
        (Zero::Rate(rate), _) => rate,
        (Zero::NaturalMedian, Some(natural)) => natural.median,
        (Zero::NaturalMedian, None) => 0.0,
    };
    let settings = Settings {
        zero,
        ..plan.settings
    };
    let evolution = match checkpoint {
        Some(checkpoint) => resume(neuron, generator, &settings, checkpoint, watch)?,
        None => evolve(neuron, generator, &settings, watch)?,
    };
    let asked: &mut dyn Neuron = match &mut twin {
        Some(twin) => &mut **twin,
        None => neuron,
    };
    let (mut in_space, mut in_pixels) = (None, None);
    if let Some(float) = gradient {
        let best_natural = || {
            let index = *natural.as_ref()?.order.first()?;
            plan.stimuli?.images.get(index)
        };
        let mut climb = Climb {
            float,
            asked,
            zero,
            steps: plan.gradient_steps,
            made: 0,
            progress,
        };
        let mut starts = vec![start("the evolved image", evolution.best_code.clone())];
        if let Some(code) = best_natural().and_then(|image| generator.encode(image)) {
            starts.push(start("the best natural image", code));
        }
        let evolved = Truth {
            rate: evolution.best_clean(),
            image: evolution.best_image.clone(),
            start: "the evolved image".to_owned(),
            gradients: 0,
        };
        let found = climb.truth(generator, &starts, evolved)?;
        let pixels = Pixels::new(generator.shape());
        let code = |image: &[f32]| pixels.encode(image).unwrap_or_default();
        let mut starts = vec![start("the best of the image space", code(&found.image))];
        if let Some(image) = best_natural() {
            starts.push(start("the best natural image", code(image)));
        }
        in_pixels = Some(climb.truth(&pixels, &starts, found.clone())?);
        in_space = Some(found);
    }
    let classes = plan.stimuli.and_then(|stimuli| stimuli.classes.as_deref());
    let categories = match (&natural, classes) {
        (Some(natural), Some(classes)) => natural.by_category(classes, zero),
        _ => Vec::new(),
    };
    let prediction = match (&natural, plan.stimuli) {
        (Some(natural), Some(stimuli)) => {
            Some(natural.prediction(stimuli, &evolution.best_image, zero))
        }
        _ => None,
    };
    Ok(Experiment {
        zero,
        evolution,
        natural,
        categories,
        prediction,
        in_space,
        in_pixels,
    })
}

fn start(name: &str, code: Vec<f64>) -> Start {
    let name = name.to_owned();
    Start { name, code }
}

/// What both climbs share.
struct Climb<'a> {
    float: &'a mut dyn Differentiable,
    asked: &'a mut dyn Neuron,
    zero: f64,
    steps: usize,
    made: usize,
    progress: &'a mut dyn FnMut(Stage) -> ControlFlow<()>,
}

impl Climb<'_> {
    /// The best image of `generator`, as the asked neuron answers it; `known` is one of the
    /// space's images, and stays where none is better.
    fn truth(
        &mut self,
        generator: &dyn Generator,
        starts: &[Start],
        known: Truth,
    ) -> Result<Truth, EvolveError> {
        let Self { made, progress, .. } = self;
        let found = optimum(self.float, generator, starts, self.steps, &mut || {
            *made += 1;
            progress(Stage::Gradient(*made))
        })?;
        let own = self.asked.rates(&[&found.image])?;
        let rate = own.first().map_or(0.0, |own| (own - self.zero).max(0.0));
        let gradients = found.gradients;
        Ok(if rate >= known.rate {
            Truth {
                rate,
                image: found.image,
                start: found.start,
                gradients,
            }
        } else {
            Truth { gradients, ..known }
        })
    }
}
