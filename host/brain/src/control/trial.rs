//! Images made for a neuron, put to two models beside the controls of the literature.

use std::collections::HashMap;
use std::ops::ControlFlow;

use cortexscope_net::input::grey;
use image::{DynamicImage, GrayImage};

use super::error::ControlError;
use super::judge::Judge;
use super::manipulate::{contrast, phase_scrambled, similarity, with_contrast};
use super::synthesise::{Goal, Settings, synthesise};
use crate::data::{Images, Stimulus};
use crate::encode::Stored;
use crate::neuron::NeuronError;

/// How a neuron is driven, and what with it is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Protocol {
    /// How images are made.
    pub settings: Settings,
    /// Images, each from its own seed, from 0 on.
    pub seeds: u64,
    /// Images made for other neurons.
    pub others: usize,
    /// Standard deviation of the grey levels of the control with raised contrast, 0 to 255.
    pub contrast: f64,
}

/// A picture and what was answered to it. A score is a response in the unit of the responses, or
/// for [`Goal::OneHot`] the softmax of the z-scored responses of all neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The picture.
    pub picture: GrayImage,
    /// Standard deviation of its grey levels, 0 to 255.
    pub contrast: f64,
    /// The score by the model that images were made with.
    pub own: f64,
    /// The score by the judge; `None` without one, or for a softmax of a single neuron.
    pub judge: Option<f64>,
    /// z-scored responses of all neurons, by the judge where it has as many as the fit, else by
    /// the fit itself.
    pub population: Vec<f64>,
}

/// An image that was made for the neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct Driven {
    /// Its seed.
    pub seed: u64,
    /// What was answered to it.
    pub answered: Answered,
}

/// What made images are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// The natural image that the own model prefers.
    Natural,
    /// The same at the mean contrast of the made images.
    NaturalAtContrast,
    /// A made image with the phases of noise.
    PhaseScrambled,
    /// A made image with more contrast.
    ContrastRaised,
    /// An image that was made for another neuron.
    OtherNeuron,
}

impl ControlKind {
    /// It in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Natural => "natural",
            Self::NaturalAtContrast => "natural at the same contrast",
            Self::PhaseScrambled => "phase-scrambled",
            Self::ContrastRaised => "contrast raised",
            Self::OtherNeuron => "made for another neuron",
        }
    }
}

/// A control.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// What it is.
    pub kind: ControlKind,
    /// The seed or the other neuron it was made for.
    pub of: Option<u64>,
    /// What was answered to it.
    pub answered: Answered,
}

/// A neuron that was driven.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlTrial {
    /// The neuron.
    pub neuron: usize,
    /// What images were made for.
    pub goal: Goal,
    /// The images.
    pub images: Vec<Driven>,
    /// The controls.
    pub controls: Vec<Control>,
    /// The greatest score of a natural image by the own model.
    pub natural_max_own: f64,
    /// The same by the judge; `None` as in [`Answered::judge`].
    pub natural_max_judge: Option<f64>,
    /// The natural image that the own model prefers.
    pub natural_image: usize,
    /// Natural images.
    pub natural_images: usize,
}

impl ControlTrial {
    /// Share of the images whose score exceeds every natural image's by the own model.
    pub fn beyond_own(&self) -> f64 {
        self.beyond(|answered| Some(answered.own), self.natural_max_own)
    }

    /// The same by the judge.
    pub fn beyond_judge(&self) -> Option<f64> {
        self.natural_max_judge
            .map(|over| self.beyond(|answered| answered.judge, over))
    }

    fn beyond(&self, of: impl Fn(&Answered) -> Option<f64>, over: f64) -> f64 {
        let above = self.images.iter();
        let above = above.filter(|image| of(&image.answered).is_some_and(|score| score > over));
        above.count() as f64 / self.images.len() as f64
    }

    /// The mean correlation of the pixels of each pair of images; `None` for one image.
    pub fn seed_similarity(&self) -> Option<f64> {
        let mut all = Vec::new();
        for (at, first) in self.images.iter().enumerate() {
            for second in &self.images[at + 1..] {
                let pictures = [first, second].map(|image| &image.answered.picture);
                all.push(similarity(pictures[0], pictures[1])?);
            }
        }
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    }
}

/// Who makes images, and who answers them.
pub struct Laboratory<'a> {
    /// The fit that images are made with.
    pub fit: &'a Stored,
    /// The same fit as it answers.
    pub own: Judge,
    /// A model that no image was made with.
    pub judge: Option<Judge>,
    /// The natural images of the session.
    pub natural: &'a Images,
    /// The pictures that were shown.
    shown: HashMap<GrayImage, Responses>,
}

/// Responses of all neurons to a picture.
#[derive(Clone)]
struct Responses {
    own: Vec<f64>,
    judge: Option<Vec<f64>>,
}

/// Told after each step of a synthesis; `Break` ends the work.
pub type StepWatch<'a> = &'a mut dyn FnMut() -> ControlFlow<()>;

impl<'a> Laboratory<'a> {
    /// A fit, and who judges what is made with it.
    ///
    /// # Errors
    /// The fit's network cannot be run.
    pub fn new(
        fit: &'a Stored,
        judge: Option<Judge>,
        natural: &'a Images,
    ) -> Result<Self, ControlError> {
        Ok(Self {
            own: Judge::of_fit(fit)?,
            fit,
            judge,
            natural,
            shown: HashMap::new(),
        })
    }

    /// Makes images for `neuron`, and shows them and their controls to both models.
    ///
    /// # Errors
    /// There is no such neuron, a model fails, or `watch` ended the work.
    pub fn drive(
        &mut self,
        neuron: usize,
        protocol: &Protocol,
        watch: StepWatch<'_>,
    ) -> Result<ControlTrial, ControlError> {
        let twin = self.check(neuron)?;
        let goal = protocol.settings.goal;
        let made = (0..protocol.seeds).map(|seed| {
            let made = self.made(neuron, seed, &protocol.settings, watch)?;
            Ok((seed, made))
        });
        let made: Vec<(u64, GrayImage)> = made.collect::<Result<_, ControlError>>()?;
        let count = self.own.neurons();
        let others = (1..count).map(|step| (neuron + step) % count);
        let foreign = others.take(protocol.others).map(|other| {
            let made = self.made(other, 0, &protocol.settings, watch)?;
            Ok((other as u64, made))
        });
        let foreign: Vec<(u64, GrayImage)> = foreign.collect::<Result<_, ControlError>>()?;

        let mut images = Vec::with_capacity(made.len());
        for (seed, picture) in &made {
            let answered = self.answer(neuron, goal, picture)?;
            let seed = *seed;
            images.push(Driven { seed, answered });
        }
        let mut wanted = Vec::new();
        let contrasts = images.iter().map(|image| image.answered.contrast);
        let same = contrasts.sum::<f64>() / images.len().max(1) as f64;
        let (natural_image, natural_response) = self.own.natural_best(neuron);
        if let Some(best) = self.natural_picture(natural_image) {
            wanted.push((
                ControlKind::NaturalAtContrast,
                None,
                with_contrast(&best, same),
            ));
            wanted.insert(0, (ControlKind::Natural, None, best));
        }
        for (seed, picture) in &made {
            wanted.push((
                ControlKind::PhaseScrambled,
                Some(*seed),
                phase_scrambled(picture, *seed),
            ));
            wanted.push((
                ControlKind::ContrastRaised,
                Some(*seed),
                with_contrast(picture, protocol.contrast),
            ));
        }
        for (other, picture) in foreign {
            wanted.push((ControlKind::OtherNeuron, Some(other), picture));
        }
        let controls = wanted.into_iter().map(|(kind, of, picture)| {
            let answered = self.answer(neuron, goal, &picture)?;
            Ok(Control { kind, of, answered })
        });
        let controls = controls.collect::<Result<Vec<_>, ControlError>>()?;
        let most = |who: &Judge, neuron: usize| match goal {
            Goal::Stretch => Some(who.natural_best(neuron).1),
            Goal::OneHot => who.natural_one_hot(neuron),
        };
        Ok(ControlTrial {
            neuron,
            goal,
            images,
            controls,
            natural_max_own: most(&self.own, neuron).unwrap_or(natural_response),
            natural_max_judge: self.judge.as_ref().and_then(|judge| most(judge, twin)),
            natural_image,
            natural_images: self.own.images(),
        })
    }

    /// What both models answer to a picture, scored as an image for `neuron`.
    ///
    /// # Errors
    /// There is no such neuron, or a model fails.
    pub fn answer(
        &mut self,
        neuron: usize,
        goal: Goal,
        picture: &GrayImage,
    ) -> Result<Answered, ControlError> {
        let twin = self.check(neuron)?;
        let score = |who: &Judge, responses: &[f64], neuron: usize| match goal {
            Goal::Stretch => Some(responses[neuron]),
            Goal::OneHot => who.one_hot(responses, neuron),
        };
        let responses = self.responses(picture)?;
        let own = score(&self.own, &responses.own, neuron).unwrap_or(f64::NAN);
        let mut population = self.own.z(&responses.own);
        let mut judged = None;
        if let (Some(judge), Some(responses)) = (&self.judge, &responses.judge) {
            judged = score(judge, responses, twin);
            if responses.len() == population.len() {
                population = judge.z(responses);
            }
        }
        Ok(Answered {
            contrast: contrast(picture),
            picture: picture.clone(),
            own,
            judge: judged,
            population,
        })
    }

    /// What all neurons of both models answer. A picture is shown once: it is an image for one
    /// neuron and a control for others.
    fn responses(&mut self, picture: &GrayImage) -> Result<Responses, ControlError> {
        if let Some(known) = self.shown.get(picture) {
            return Ok(known.clone());
        }
        let shown = DynamicImage::ImageLuma8(picture.clone());
        let judge = self.judge.as_mut().map(|judge| judge.respond(&shown));
        let responses = Responses {
            own: self.own.respond(&shown)?,
            judge: judge.transpose()?,
        };
        self.shown.insert(picture.clone(), responses.clone());
        Ok(responses)
    }

    /// The natural image of this number as the fit's network sees it, in grey.
    fn natural_picture(&self, image: usize) -> Option<GrayImage> {
        let Some(Stimulus::Picture(picture)) = self.natural.stimuli.get(image) else {
            return None;
        };
        let [height, width] = self.fit.model.spec.input.size.map(|side| side as u32);
        let filter = image::imageops::FilterType::Triangle;
        let grey = grey::of(&picture.opaque(), true);
        Some(image::imageops::resize(&grey, width, height, filter))
    }

    fn made(
        &self,
        neuron: usize,
        seed: u64,
        settings: &Settings,
        watch: StepWatch<'_>,
    ) -> Result<GrayImage, ControlError> {
        let made = synthesise(self.fit, neuron, settings, seed, &mut |_| watch())?;
        Ok(made.picture)
    }

    /// The judge's neuron for `neuron`, which is the fit's; 0 without a judge.
    ///
    /// # Errors
    /// The fit has no such neuron, or the judge has not.
    pub fn check(&self, neuron: usize) -> Result<usize, ControlError> {
        if neuron >= self.own.neurons() {
            return Err(NeuronError::NoNeuron {
                who: "the fit".to_owned(),
                neuron,
                last: self.own.neurons().saturating_sub(1),
            }
            .into());
        }
        self.judge
            .as_ref()
            .map_or(Ok(0), |judge| judge.twin(neuron))
    }
}
