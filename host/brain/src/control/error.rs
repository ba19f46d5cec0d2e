//! Why a neuron cannot be driven.

use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use thiserror::Error;

use crate::data::DataError;
use crate::encode::{EncodeError, StoredError};
use crate::neuron::NeuronError;
use crate::planted::PlantedError;

/// Why a neuron cannot be driven.
#[derive(Debug, Error)]
pub enum ControlError {
    /// A network as a judge whose last layer has maps.
    #[error("{model} ends in maps of {shape:?}; a judge ends in one value for each neuron")]
    JudgeMaps {
        /// The network.
        model: String,
        /// `[C, H, W]`.
        shape: [usize; 3],
    },
    /// A folder of networks that see images of different sizes.
    #[error("{folder}: the networks of a judge see images of one size")]
    JudgeSizes {
        /// The folder.
        folder: String,
    },
    /// Responses beside a fit, which has its own.
    #[error("{folder} is a fit and has its own predictions; leave --judge-responses out")]
    JudgeIsFit {
        /// The folder.
        folder: String,
    },
    /// Responses that are not the judge's.
    #[error(
        "{file} has {found} for neuron {neuron} and image {image}, and the judge answers {answered}: \
         these are not its responses to these images"
    )]
    JudgeResponses {
        /// The file.
        file: String,
        /// The neuron.
        neuron: usize,
        /// The image.
        image: usize,
        /// What the file has.
        found: f64,
        /// What the judge answers.
        answered: f64,
    },
    /// A softmax over a single neuron.
    #[error("a one-hot population needs at least two neurons; the fit has one")]
    OneNeuron,
    /// A fit.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// Images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Features.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The network.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// Neurons that judge.
    #[error(transparent)]
    Neuron(#[from] NeuronError),
    /// Planted neurons that judge.
    #[error(transparent)]
    Planted(#[from] PlantedError),
    /// The way back through the network.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

impl RequestError for ControlError {
    fn is_request(&self) -> bool {
        match self {
            Self::JudgeMaps { .. }
            | Self::JudgeSizes { .. }
            | Self::JudgeIsFit { .. }
            | Self::JudgeResponses { .. }
            | Self::OneNeuron => true,
            Self::Stored(error) => error.is_request(),
            Self::Data(error) => error.is_request(),
            Self::Encode(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Neuron(error) => error.is_request(),
            Self::Planted(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
            Self::Interrupted => false,
        }
    }
}
