//! Activation maximisation: an input that a map, a neuron or a class answers to
//! most, found by following its gradient (Erhan et al. 2009; Simonyan et al. 2014;
//! Mahendran and Vedaldi 2016; Olah et al. 2017).
//!
//! Inputs are measured in the range of their pixels, v = x / (white − black), so
//! that one step size and one penalty mean the same in every model; where pixels
//! go from 0 to 1, v is x.

mod blur;
mod changes;
mod fourier;
mod note;
pub mod optimiser;
pub mod penalty;
mod preset;
mod space;
mod stop;
#[cfg(test)]
mod tests;

pub use changes::{AscentChanges, BoundKind, OptimiserKind, ParametrisationKind};
pub use note::ClimbNote;
pub use optimiser::{Optimiser, Stepper};
pub use penalty::Penalty;
pub use preset::{PRESETS, Preset};
pub use space::{Bound, Parametrisation};
pub use stop::{Stop, StopReason};

use std::ops::ControlFlow;

use crate::attribute::{Backward, ExplainError, Rules, Wrt};
use crate::float_model::FloatModel;
use crate::target::Aim;
use cortexscope_net::random::Random;
use space::Space;

/// Where a climb begins.
#[derive(Clone, Debug, PartialEq)]
pub enum StartImage {
    /// Zero in the model's own units.
    Zero,
    /// The middle of the range.
    Grey,
    /// An input `[C, H, W]`, as the model wants it.
    Input(Vec<f32>),
}

/// A blur of the pixels, now and then (Yosinski et al. 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blur {
    /// Standard deviation in pixels.
    pub sigma: f64,
    /// Steps from one blur to the next.
    pub every: usize,
}

/// The greatest number of octaves: halved so often, every picture is one pixel.
pub const MOST_OCTAVES: usize = 64;

/// Resolutions from coarse to fine, each a climb of its own that begins where
/// the one before ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Octaves {
    /// How many; 1 is the model's own resolution alone.
    pub count: usize,
    /// How much finer each is than the one before.
    pub ratio: f64,
}

/// Everything that a climb depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Ascent {
    /// Where it begins.
    pub start_image: StartImage,
    /// Standard deviation of the noise that is added to the first parameters.
    pub noise: f64,
    /// Seed of noise and jitter.
    pub seed: u64,
    /// What is moved.
    pub parametrisation: Parametrisation,
    /// Whether colours are moved along their principal axes.
    pub decorrelate: bool,
    /// How the input is kept in bounds.
    pub bound: Bound,
    /// How a step is made.
    pub optimiser: Optimiser,
    /// What is subtracted from the target's value.
    pub penalty: Penalty,
    /// The input is shifted by up to this many pixels in each direction before
    /// each step, around its edges, and back (Mordvintsev et al. 2015).
    pub jitter: usize,
    /// Whether pixels are blurred.
    pub blur: Option<Blur>,
    /// Resolutions.
    pub octaves: Octaves,
    /// When it ends.
    pub stop: Stop,
}

/// The result of a climb.
#[derive(Clone, Debug, PartialEq)]
pub struct Climb {
    /// `[C, H, W]`, as the model wants it.
    pub input: Vec<f32>,
    /// The target's value at the beginning.
    pub start: f64,
    /// The target's value at the end, without jitter.
    pub score: f64,
    /// The penalty at the end.
    pub penalty: f64,
    /// Value less penalty at each step, jitter included.
    pub values: Vec<f64>,
    /// Why each octave ended.
    pub stopped: Vec<StopReason>,
    /// What the reader has to know to read the result.
    pub notes: Vec<ClimbNote>,
}

/// A step that was made.
pub struct Step<'a> {
    /// The octave, from 0.
    pub octave: usize,
    /// Steps made in this octave before it.
    pub step: usize,
    /// Steps made in all before it.
    pub total: usize,
    /// Value less penalty.
    pub value: f64,
    /// `[C, H, W]`, as the model wants it, before the step.
    pub input: &'a [f32],
}

/// Told before each step; [`ControlFlow::Break`] ends the work.
pub type Watch<'a> = &'a mut dyn FnMut(Step<'_>) -> ControlFlow<()>;

/// Pixels that a blur may have as its standard deviation.
const MOST_SIGMA: f64 = 1000.0;

impl Ascent {
    /// Checks that the parameters can be used together.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`] says which cannot.
    pub fn check(&self) -> Result<(), ExplainError> {
        let refused = |why| Err(ExplainError::Parameter(why));
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let weight = |value: f64| value.is_finite() && value >= 0.0;
        let pixels = self.parametrisation == Parametrisation::Pixels && !self.decorrelate;
        let Penalty {
            l1,
            l2,
            tv,
            tv_beta,
        } = self.penalty;
        if !positive(self.optimiser.rate()) {
            return refused("the rate is a number greater than 0");
        }
        if !(weight(l1) && weight(l2) && weight(tv) && positive(tv_beta)) {
            return refused("weights of penalties are numbers from 0 up, beta is greater than 0");
        }
        if !weight(self.noise) {
            return refused("the noise is a number from 0 up");
        }
        if matches!(self.bound, Bound::Clip | Bound::Norm(_)) && !pixels {
            return refused("clipping and a norm are for pixels: bound a spectrum with sigmoid");
        }
        if matches!(self.bound, Bound::Norm(norm) if !positive(norm)) {
            return refused("the norm is a number greater than 0");
        }
        if let Some(blur) = self.blur {
            if !pixels || self.bound == Bound::Sigmoid {
                return refused("a blur is for pixels that are not bounded by sigmoid");
            }
            if !(positive(blur.sigma) && blur.sigma <= MOST_SIGMA) || blur.every == 0 {
                return refused(
                    "a blur has a sigma greater than 0, 1000 pixels at most, every 1 step or more",
                );
            }
        }
        let compared = self.jitter == 0 && self.blur.is_none();
        if matches!(self.optimiser, Optimiser::LineSearch { .. }) && !compared {
            return refused(
                "a line search compares values, so it cannot be used with jitter or blur",
            );
        }
        if self.stop.steps == 0 || self.octaves.count == 0 {
            return refused("steps and octaves are numbers from 1 up");
        }
        if self.octaves.count > MOST_OCTAVES {
            return refused("there are 64 octaves at most");
        }
        if self.octaves.count > 1 && !(self.octaves.ratio.is_finite() && self.octaves.ratio > 1.0) {
            return refused("the ratio of octaves is greater than 1");
        }
        if matches!(self.parametrisation, Parametrisation::Fourier { decay } if !weight(decay)) {
            return refused("the decay is a number from 0 up");
        }
        Ok(())
    }
}

/// Climbs.
///
/// # Errors
/// Parameters that do not go together, or a model that cannot be run.
pub fn climb(
    model: &FloatModel,
    aim: &Aim,
    ascent: &Ascent,
    watch: Watch<'_>,
) -> Result<Climb, ExplainError> {
    ascent.check()?;
    let [channels, height, width] = model.input_shape();
    let full = [height, width];
    let spec = &model.spec.input;
    // v = x / span.
    let spans: Vec<f32> = (0..channels)
        .map(|channel| spec.value(channel, 255) - spec.value(channel, 0))
        .collect();
    let limits: Vec<[f32; 2]> = (0..channels)
        .map(|channel| [0, 255].map(|pixel| spec.value(channel, pixel) / spans[channel]))
        .collect();
    let scaled = |v: &[f32]| -> Vec<f32> {
        let planes = v.chunks_exact(height * width).zip(&spans);
        let values = planes.flat_map(|(plane, span)| plane.iter().map(move |v| v * span));
        values.collect()
    };
    let mut v = ascent.start_image.values(&spans, &limits, full)?;
    let mut random = Random::new(ascent.seed);
    let mut backward = Backward::new(model, aim.layer, Wrt::Input, &Rules::Gradient)?;
    let colours = (ascent.decorrelate && channels == 3).then(|| spec.rgb_planes());
    let mut climb = Climb {
        input: Vec::new(),
        start: f64::NAN,
        score: f64::NAN,
        penalty: 0.0,
        values: Vec::new(),
        stopped: Vec::new(),
        notes: Vec::new(),
    };
    let mut has_gradient = false;
    for octave in 0..ascent.octaves.count {
        let finer = (ascent.octaves.count - 1 - octave) as i32;
        let coarse = |side: usize| {
            let side = side as f64 / ascent.octaves.ratio.powi(finer);
            (side.round() as usize).max(1)
        };
        let size = if finer == 0 { full } else { full.map(coarse) };
        let space = Space::new(
            size,
            full,
            ascent.parametrisation,
            colours,
            ascent.bound,
            limits.clone(),
        );
        let mut parameters = space.of(&v);
        if octave == 0 && ascent.noise > 0.0 {
            for value in &mut parameters {
                *value += (ascent.noise * random.normal()) as f32;
            }
        }
        space.project(&mut parameters);
        let mut stepper = Stepper::new(ascent.optimiser, parameters.len());
        let begun = climb.values.len();
        let mut stopped = None;
        for step in 0..ascent.stop.steps {
            v = space.image(&parameters);
            let input = scaled(&v);
            let shift = [(); 2].map(|()| random.shift(ascent.jitter));
            let pass = backward.run(&rolled(&input, full, shift), aim)?;
            if !pass.score.is_finite() {
                return Err(ExplainError::NotFinite("the target's value"));
            }
            if climb.values.is_empty() {
                climb.start = pass.score;
            }
            has_gradient |= pass.gradient.iter().any(|&slope| slope != 0.0);
            let back = rolled(&pass.gradient, full, shift.map(|by| -by));
            let mut slopes = scaled(&back);
            let penalty = ascent.penalty.subtract(&v, full, &mut slopes);
            let value = pass.score - penalty;
            climb.values.push(value);
            let made = Step {
                octave,
                step,
                total: climb.values.len() - 1,
                value,
                input: &input,
            };
            if watch(made).is_break() {
                return Err(ExplainError::Interrupted);
            }
            if ascent.stop.has_stalled(&climb.values[begun..]) {
                stopped = Some(StopReason::NoProgress {
                    steps: step,
                    patience: ascent.stop.patience,
                    rise: ascent.stop.rise,
                });
                break;
            }
            let slopes = space.pull(&parameters, &slopes);
            stepper.step(&mut parameters, value, &slopes);
            if let Some(blur) = ascent.blur
                && (step + 1) % blur.every == 0
            {
                blur::blur(&mut parameters, size, blur.sigma);
            }
            space.project(&mut parameters);
        }
        // The last step of a line search has not been compared, unless the climb ended
        // before it.
        if let Some((best, value)) = stepper.best()
            && (stopped.is_none() || climb.values.last() < Some(&value))
        {
            parameters.copy_from_slice(best);
        }
        let steps = ascent.stop.steps;
        climb
            .stopped
            .push(stopped.unwrap_or(StopReason::Limit { steps }));
        v = space.image(&parameters);
    }
    climb.input = scaled(&v);
    climb.score = backward.run(&climb.input, aim)?.score;
    if !has_gradient {
        let steps = climb.values.len();
        climb.notes.push(ClimbNote::NoGradient { steps });
    }
    climb.penalty = ascent.penalty.subtract(&v, full, &mut vec![0.0; v.len()]);
    Ok(climb)
}

impl StartImage {
    /// v, `[C, H, W]`.
    fn values(
        &self,
        spans: &[f32],
        limits: &[[f32; 2]],
        [height, width]: [usize; 2],
    ) -> Result<Vec<f32>, ExplainError> {
        let positions = height * width;
        let need = positions * spans.len();
        match self {
            Self::Zero => Ok(vec![0.0; need]),
            Self::Grey => {
                let planes = limits.iter();
                let values = planes.flat_map(|[low, high]| vec![(low + high) / 2.0; positions]);
                Ok(values.collect())
            }
            Self::Input(input) if !input.iter().all(|value| value.is_finite()) => {
                Err(ExplainError::NotFinite("the input"))
            }
            Self::Input(input) if input.len() == need => {
                let planes = input.chunks_exact(positions).zip(spans);
                let values = planes.flat_map(|(plane, span)| plane.iter().map(move |x| x / span));
                Ok(values.collect())
            }
            Self::Input(input) => {
                let have = input.len();
                Err(crate::float_model::FloatModelError::InputSize { have, need }.into())
            }
        }
    }
}

/// Every plane shifted down and right by `shift`, around its edges.
pub fn rolled(values: &[f32], [height, width]: [usize; 2], [down, across]: [isize; 2]) -> Vec<f32> {
    if down == 0 && across == 0 {
        return values.to_vec();
    }
    let from =
        |at: usize, by: isize, side: usize| (at as isize - by).rem_euclid(side as isize) as usize;
    let mut shifted = Vec::with_capacity(values.len());
    for plane in values.chunks_exact(height * width) {
        for row in 0..height {
            let source = &plane[from(row, down, height) * width..][..width];
            shifted.extend((0..width).map(|column| source[from(column, across, width)]));
        }
    }
    shifted
}
