//! Why an auto-encoder cannot be judged.

use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use thiserror::Error;

use super::SessionError;
use crate::data::{DataError, Span};
use crate::generator::GeneratorError;

/// Why an auto-encoder cannot be judged.
#[derive(Debug, Error)]
pub enum AutoEncodeError {
    /// Images or responses.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The network backwards.
    #[error(transparent)]
    Slopes(#[from] ExplainError),
    /// The shipped session.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The principal components.
    #[error(transparent)]
    Components(Box<GeneratorError>),
    /// The layer that was named does not reconstruct.
    #[error(
        "layer {layer} of {model} has {have:?} [C, H, W], which is not the input's {wanted:?}, a \
         vector of as many values, or its blocks of pixels as channels"
    )]
    Reconstruction {
        /// The network.
        model: String,
        /// The layer.
        layer: String,
        /// Its shape.
        have: [usize; 3],
        /// The input's shape.
        wanted: [usize; 3],
    },
    /// Nothing to judge.
    #[error(
        "{model} has no layer `reconstruction` or `response`, and does not end in as many values \
         as its input has: name them with --reconstruction and --response"
    )]
    Nothing {
        /// The network.
        model: String,
    },
    /// Another number of neurons.
    #[error(
        "layer {layer} of {model} gives {have} values, and {wanted} neurons were recorded: take \
         some of them with --neurons"
    )]
    Neurons {
        /// The network.
        model: String,
        /// The layer.
        layer: String,
        /// Its values.
        have: usize,
        /// Neurons.
        wanted: usize,
    },
    /// Images that the shipped arms were trained on.
    #[error(
        "--test {test}: the shipped arms were trained on images before {first}; give images of {first}..{end}"
    )]
    Trained {
        /// What was asked for.
        test: Span,
        /// The first that they have not seen.
        first: usize,
        /// The end of the images.
        end: usize,
    },
    /// Neurons that there are not.
    #[error("--neurons {span}: there are {count} neurons")]
    NoNeurons {
        /// What was asked for.
        span: Span,
        /// Neurons.
        count: usize,
    },
    /// The shipped digits do not fit the network.
    #[error(
        "the network takes images of {shape:?} [C, H, W], and the shipped digits are [1, 28, 28]: name other images with --images"
    )]
    Digits {
        /// What it takes.
        shape: [usize; 3],
    },
    /// Too few images.
    #[error("{have} images are not enough: give at least {need}")]
    Few {
        /// Images.
        have: usize,
        /// At least.
        need: usize,
    },
    /// The network gave something else than a number.
    #[error("{model} gives {value} for image {image}; only finite values can be compared")]
    NotFinite {
        /// The network.
        model: String,
        /// The image.
        image: usize,
        /// The value.
        value: f32,
    },
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

impl From<GeneratorError> for AutoEncodeError {
    fn from(error: GeneratorError) -> Self {
        Self::Components(Box::new(error))
    }
}

impl RequestError for AutoEncodeError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Slopes(error) => error.is_request(),
            Self::Components(error) => error.is_request(),
            Self::Reconstruction { .. }
            | Self::Nothing { .. }
            | Self::Neurons { .. }
            | Self::Trained { .. }
            | Self::NoNeurons { .. }
            | Self::Digits { .. }
            | Self::Few { .. } => true,
            Self::Session(_) | Self::NotFinite { .. } | Self::Interrupted => false,
        }
    }
}
