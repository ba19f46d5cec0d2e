//! A neuron: anything that answers images with rates.
//!
//! Rates here are those of the neuron itself, without [`noise`](crate::noise), in its own
//! units: a logit, the sum of a map, spikes per second.

mod board;
mod float;
mod program;

pub use board::{Agreement, BoardNeuron, BoardUnit, Mismatch};
pub use float::FloatNeuron;
pub use program::{Program, ProgramError, ProgramNeuron};

use cortexscope_compile::JudgeError;
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use cortexscope_rig::session::SessionError;
use thiserror::Error;

/// Something that answers images with rates.
pub trait Neuron {
    /// `[C, H, W]` of the images that it sees.
    fn shape(&self) -> [usize; 3];

    /// The neuron in words, for a picture.
    fn description(&self) -> String;

    /// A rate for each image, in their order; black is 0 and white is 1. All rates are
    /// finite.
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
            Self::NotOnBoard { .. } | Self::Size { .. } => true,
            Self::Model(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
            Self::Program(error) => error.is_request(),
            Self::NotFinite { .. } | Self::Board(_) | Self::Judge(_) => false,
        }
    }
}

/// Refuses images of another size.
fn check_sizes(images: &[&[f32]], shape: [usize; 3]) -> Result<(), NeuronError> {
    let need = shape.iter().product();
    match images.iter().find(|image| image.len() != need) {
        Some(odd) => {
            let have = odd.len();
            Err(NeuronError::Size { have, need })
        }
        None => Ok(()),
    }
}

/// Refuses rates that are not finite.
fn check_rates(rates: Vec<f64>) -> Result<Vec<f64>, NeuronError> {
    match rates.iter().position(|rate| !rate.is_finite()) {
        Some(image) => Err(NeuronError::NotFinite { image }),
        None => Ok(rates),
    }
}
