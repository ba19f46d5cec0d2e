//! A search with an exact budget (XDREAM: Ponce et al. 2019), and the truth beside it that
//! biology never has.
//!
//! A rate here is max(0, r − zero) of the neuron's own rate r; noise comes on top. The
//! search sees what was measured; what is reported is clean.

mod checkpoint;
mod experiment;
mod natural;
mod optimum;
#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use experiment::{Experiment, Plan, Stage, Subjects, Truth, Zero, experiment};
pub use natural::{CategoryRates, Natural, Prediction, screen};
pub use optimum::{Optimum, Start, optimum};

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cortexscope_net::RequestError;
use cortexscope_net::random::Random;
use cortexscope_net::scores::first_greatest;
use thiserror::Error;

use crate::generator::{Generator, GeneratorError};
use crate::neuron::{Neuron, NeuronError};
use crate::noise::Noise;
use crate::optimise::{Code, OPTIMISERS, OptimiserError, Preset, optimiser};

/// Everything that a search depends on beside the neuron and the generator.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The search.
    pub preset: &'static Preset,
    /// Noise on top of each rate.
    pub noise: Noise,
    /// Images that the neuron is asked about: so many, and not one more.
    pub queries: usize,
    /// Seed of the search and of the noise.
    pub seed: u64,
    /// The neuron's own rate that counts as 0.
    pub zero: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            preset: &OPTIMISERS[0],
            noise: Noise::None,
            queries: 3000,
            seed: 0,
            zero: 0.0,
        }
    }
}

/// One generation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Generation {
    /// Queries made before it.
    pub before: usize,
    /// Its images.
    pub images: usize,
    /// Whether the budget had room for all of its images.
    pub is_whole: bool,
    /// The mean of the clean rates.
    pub mean_clean: f64,
    /// The clean rate of the image with the greatest measured one.
    pub best_clean: f64,
    /// The mean of the measured rates.
    pub mean_measured: f64,
    /// The greatest measured rate.
    pub best_measured: f64,
}

/// An image of the search that is kept, to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its generation, from 0.
    pub generation: usize,
    /// The image, `[C, H, W]`.
    pub image: Vec<f32>,
    /// Its clean rate.
    pub clean: f64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Evolution {
    /// The search's parameters by name.
    pub parameters: Vec<(&'static str, f64)>,
    /// The clean rate of every query, in order.
    pub clean: Vec<f64>,
    /// The measured rate of every query, in order.
    pub measured: Vec<f64>,
    /// Every generation.
    pub generations: Vec<Generation>,
    /// The code with the greatest measured rate.
    pub best_code: Code,
    /// Its image, `[C, H, W]`.
    pub best_image: Vec<f32>,
    /// Its query, from 0.
    pub best_query: usize,
    /// The best image of some generations, spread over the budget.
    pub kept: Vec<Kept>,
    /// Time that the neuron took.
    pub neuron_time: Duration,
    /// Time that the search itself took: codes and images.
    pub search_time: Duration,
}

/// Images that are kept of a search, at most, beside the last one.
const KEPT: usize = 10;

impl Evolution {
    /// Images that the neuron was asked about.
    pub fn queries_spent(&self) -> usize {
        self.clean.len()
    }

    /// The clean rate of the image with the greatest measured rate.
    pub fn best_clean(&self) -> f64 {
        self.clean.get(self.best_query).copied().unwrap_or(0.0)
    }

    /// The generation whose mean is reported: the last one that the budget had room for,
    /// or the only one.
    pub fn last_generation(&self) -> Option<&Generation> {
        let whole = self
            .generations
            .iter()
            .rfind(|generation| generation.is_whole);
        whole.or(self.generations.last())
    }
}

/// A generation that was made.
pub struct GenerationReport<'a> {
    /// Its number, from 0.
    pub index: usize,
    /// What it gave.
    pub generation: &'a Generation,
    /// Queries made so far.
    pub spent: usize,
    /// The image of this generation with the greatest measured rate, `[C, H, W]`.
    pub image: &'a [f32],
    /// The clean rate of the best image so far.
    pub best_clean: f64,
    /// The best image so far, `[C, H, W]`.
    pub best_image: &'a [f32],
}

/// Told after each generation; [`ControlFlow::Break`] ends the work.
pub type Watch<'a> = &'a mut dyn FnMut(GenerationReport<'_>) -> ControlFlow<()>;

/// Why a search ended without a result.
#[derive(Debug, Error)]
pub enum EvolveError {
    /// The neuron does not answer.
    #[error(transparent)]
    Neuron(#[from] NeuronError),
    /// The generator cannot be used.
    #[error(transparent)]
    Generator(#[from] GeneratorError),
    /// The search cannot be used.
    #[error(transparent)]
    Optimiser(#[from] OptimiserError),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Generator and neuron have images of other sizes.
    #[error("the generator makes {makes:?} images, but the neuron sees {sees:?} [C, H, W]")]
    Shape {
        /// The generator's.
        makes: [usize; 3],
        /// The neuron's.
        sees: [usize; 3],
    },
    /// A population, which a search cannot climb.
    #[error("a search asks one neuron, and {who} answers with {neurons} rates: name one of them")]
    Population {
        /// What was to be asked.
        who: String,
        /// Its rates for an image.
        neurons: usize,
    },
    /// A budget without queries.
    #[error("give 1 query or more")]
    NoQueries,
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

impl RequestError for EvolveError {
    fn is_request(&self) -> bool {
        match self {
            Self::Neuron(error) => error.is_request(),
            Self::Generator(error) => error.is_request(),
            Self::Optimiser(error) => error.is_request(),
            Self::Checkpoint(error) => error.is_request(),
            Self::Shape { .. } | Self::Population { .. } | Self::NoQueries => true,
            Self::Interrupted => false,
        }
    }
}

/// Streams of random numbers of one seed.
const SEARCH_STREAM: u64 = 0;
const NOISE_STREAM: u64 = 1;

/// Searches.
///
/// # Errors
/// [`EvolveError`].
pub fn evolve(
    neuron: &mut dyn Neuron,
    generator: &dyn Generator,
    settings: &Settings,
    watch: Watch<'_>,
) -> Result<Evolution, EvolveError> {
    search(neuron, generator, settings, None, watch)
}

/// Searches, and writes every answer of the neuron to `checkpoint`. What the checkpoint
/// holds already is not asked again: the search is made anew from it and comes to the same
/// codes, so that the result is the same to the last bit.
///
/// # Errors
/// [`EvolveError`].
pub fn resume(
    neuron: &mut dyn Neuron,
    generator: &dyn Generator,
    settings: &Settings,
    checkpoint: &mut Checkpoint,
    watch: Watch<'_>,
) -> Result<Evolution, EvolveError> {
    search(neuron, generator, settings, Some(checkpoint), watch)
}

/// Whether a search can be made at all; it asks the neuron nothing.
fn check(
    neuron: &dyn Neuron,
    generator: &dyn Generator,
    settings: &Settings,
) -> Result<(), EvolveError> {
    let (makes, sees) = (generator.shape(), neuron.shape());
    if makes != sees {
        return Err(EvolveError::Shape { makes, sees });
    }
    let neurons = neuron.neurons();
    if neurons != 1 {
        let who = neuron.description();
        return Err(EvolveError::Population { who, neurons });
    }
    if settings.queries == 0 {
        return Err(EvolveError::NoQueries);
    }
    Ok(())
}

fn search(
    neuron: &mut dyn Neuron,
    generator: &dyn Generator,
    settings: &Settings,
    mut checkpoint: Option<&mut Checkpoint>,
    watch: Watch<'_>,
) -> Result<Evolution, EvolveError> {
    check(neuron, generator, settings)?;
    let mut optimiser = optimiser(settings.preset, generator.dim(), settings.queries)?;
    let mut random = Random::stream(settings.seed, SEARCH_STREAM);
    let mut noise = Random::stream(settings.seed, NOISE_STREAM);
    let mut found = Evolution {
        parameters: optimiser.settings(),
        clean: Vec::new(),
        measured: Vec::new(),
        generations: Vec::new(),
        best_code: Vec::new(),
        best_image: Vec::new(),
        best_query: 0,
        kept: Vec::new(),
        neuron_time: Duration::ZERO,
        search_time: Duration::ZERO,
    };
    let begun = Instant::now();
    while found.queries_spent() < settings.queries {
        let before = found.queries_spent();
        let mut codes = optimiser.ask(&mut random);
        let wanted = codes.len();
        codes.truncate(settings.queries - before);
        let images = codes.iter().map(|code| generator.decode(code));
        let images = images.collect::<Result<Vec<_>, _>>()?;
        let known = checkpoint
            .as_ref()
            .map_or(&[][..], |file| file.answers(before, images.len()));
        let mut own = known.to_vec();
        let asked: Vec<&[f32]> = images.iter().skip(own.len()).map(Vec::as_slice).collect();
        let asking = Instant::now();
        if !asked.is_empty() {
            let answers = neuron.rates(&asked)?;
            if let Some(file) = &mut checkpoint {
                file.append(&answers)?;
            }
            own.extend(answers);
        }
        found.neuron_time += asking.elapsed();
        let clean: Vec<f64> = own
            .iter()
            .map(|rate| (rate - settings.zero).max(0.0))
            .collect();
        let measured: Vec<f64> = clean
            .iter()
            .map(|&rate| settings.noise.measure(rate, &mut noise))
            .collect();
        let best = first_greatest(&measured).unwrap_or_default();
        let generation = Generation {
            before,
            images: codes.len(),
            is_whole: codes.len() == wanted,
            mean_clean: mean(&clean),
            best_clean: clean[best],
            mean_measured: mean(&measured),
            best_measured: measured[best],
        };
        let is_best = found
            .measured
            .get(found.best_query)
            .is_none_or(|most| measured[best] > *most);
        if is_best {
            found.best_query = before + best;
            found.best_code.clone_from(&codes[best]);
            found.best_image.clone_from(&images[best]);
        }
        let after = before + codes.len();
        let is_due = before == 0
            || after == settings.queries
            || before * KEPT / settings.queries < after * KEPT / settings.queries;
        if is_due {
            found.kept.push(Kept {
                generation: found.generations.len(),
                image: images[best].clone(),
                clean: clean[best],
            });
        }
        found.clean.extend(&clean);
        found.measured.extend(&measured);
        found.generations.push(generation);
        if generation.is_whole {
            optimiser.tell(&codes, &measured, &mut random);
        }
        let made = GenerationReport {
            index: found.generations.len() - 1,
            generation: &generation,
            spent: after,
            image: &images[best],
            best_clean: found.best_clean(),
            best_image: &found.best_image,
        };
        if watch(made).is_break() {
            return Err(EvolveError::Interrupted);
        }
    }
    found.search_time = begun.elapsed().saturating_sub(found.neuron_time);
    Ok(found)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
