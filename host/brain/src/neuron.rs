//! A neuron: anything that answers images with rates. A population that is recorded together
//! is one too: it answers with several rates for each image.
//!
//! Rates here are those of the neuron itself, without [`noise`](crate::noise), in its own
//! units: a logit, the sum of a map, spikes per second.

mod board;
mod fitted;
mod float;
mod joined;
mod layer;
mod program;

pub use board::{Agreement, BoardNeuron, BoardUnit, Mismatch};
pub use fitted::FittedNeuron;
pub use float::FloatNeuron;
pub use joined::JoinedNeurons;
pub use layer::LayerNeuron;
pub use program::{Program, ProgramError, ProgramNeuron};

use cortexscope_compile::JudgeError;
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use cortexscope_net::input::InputSpec;
use cortexscope_rig::session::SessionError;
use thiserror::Error;

/// Something that answers images with rates: a neuron, or several that are asked together.
pub trait Neuron {
    /// `[C, H, W]` of the images that it sees.
    fn shape(&self) -> [usize; 3];

    /// The neuron in words, for a picture.
    fn description(&self) -> String;

    /// Rates that an image is answered with, 1 unless it is a population.
    fn neurons(&self) -> usize {
        1
    }

    /// The rates for each image, in their order: for every image those of all
    /// [`neurons`](Self::neurons). Black is 0 and white is 1. All rates are finite.
    ///
    /// # Errors
    /// An image has another size, or the neuron does not answer as it should.
    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError>;
}

/// A neuron whose gradient can be followed. This is what biology never has.
pub trait Differentiable {
    /// The rate for one image, and its derivative with respect to each of the image's values.
    ///
    /// # Errors
    /// As [`Neuron::rates`].
    fn slope(&mut self, image: &[f32]) -> Result<(f64, Vec<f32>), NeuronError>;
}

/// Why a neuron does not answer.
#[derive(Debug, Error)]
pub enum NeuronError {
    /// An image of another size.
    #[error("an image has {have} values, but the neuron sees {need}")]
    Size {
        /// Values given.
        have: usize,
        /// Values wanted.
        need: usize,
    },
    /// A rate that is not finite.
    #[error("the rate of image {image} is not finite: check the model and its input range")]
    NotFinite {
        /// Which image of those asked about.
        image: usize,
    },
    /// The board has no such unit.
    #[error("the board has no {what}: its layers are {}", layers.join(", "))]
    NotOnBoard {
        /// What was asked for.
        what: String,
        /// What there is.
        layers: Vec<String>,
    },
    /// A population has no such neuron.
    #[error("{who} has neurons 0 to {last}; neuron {neuron} is not one of them")]
    NoNeuron {
        /// The population.
        who: String,
        /// What was asked for.
        neuron: usize,
        /// The last neuron.
        last: usize,
    },
    /// A population where one neuron is wanted.
    #[error("{who}: the gradient of one neuron can be followed, not of a population")]
    ManyNeurons {
        /// The population.
        who: String,
    },
    /// The float network cannot be run.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The derivative cannot be computed.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The board does not answer.
    #[error(transparent)]
    Board(#[from] SessionError),
    /// The host's own run of the board's network failed.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The program does not answer as it should.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

impl RequestError for NeuronError {
    fn is_request(&self) -> bool {
        match self {
            Self::NotOnBoard { .. }
            | Self::Size { .. }
            | Self::NoNeuron { .. }
            | Self::ManyNeurons { .. } => true,
            Self::Model(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
            Self::Program(error) => error.is_request(),
            Self::NotFinite { .. } | Self::Board(_) | Self::Judge(_) => false,
        }
    }
}

/// Refuses images of another size.
///
/// # Errors
/// [`NeuronError::Size`] of the first such image.
pub fn check_sizes(images: &[&[f32]], shape: [usize; 3]) -> Result<(), NeuronError> {
    let need = shape.iter().product();
    match images.iter().find(|image| image.len() != need) {
        Some(odd) => {
            let have = odd.len();
            Err(NeuronError::Size { have, need })
        }
        None => Ok(()),
    }
}

/// Refuses rates of `neurons` neurons an image that are not finite.
fn check_population(rates: Vec<f64>, neurons: usize) -> Result<Vec<f64>, NeuronError> {
    match rates.iter().position(|rate| !rate.is_finite()) {
        Some(at) => Err(NeuronError::NotFinite {
            image: at / neurons.max(1),
        }),
        None => Ok(rates),
    }
}

/// Refuses rates of one neuron that are not finite.
///
/// # Errors
/// [`NeuronError::NotFinite`] with the first such image.
pub fn check_rates(rates: Vec<f64>) -> Result<Vec<f64>, NeuronError> {
    check_population(rates, 1)
}

/// A derivative with respect to an input in a model's units as one with respect to levels from
/// black 0 to white 1.
fn to_shares(spec: &InputSpec, gradient: &[f32]) -> Vec<f32> {
    let positions = spec.size[0] * spec.size[1];
    let planes = gradient.chunks(positions.max(1)).enumerate();
    let slopes = planes.flat_map(|(channel, plane)| {
        let span = spec.value(channel, 255) - spec.value(channel, 0);
        plane.iter().map(move |slope| slope * span)
    });
    slopes.collect()
}
