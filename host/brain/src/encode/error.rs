//! Why a neuron cannot be fitted, or a fit not be kept.

use std::path::PathBuf;

use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use cortexscope_net::output::OutputError;
use thiserror::Error;

use crate::data::{DataError, Span};

/// Why a neuron cannot be fitted.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// Images or responses.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The checkpoint of a fit.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An image is on both sides.
    #[error(
        "--train {train} and --test {test} overlap; a fit is judged on images that it has not seen"
    )]
    Overlap {
        /// Images to fit to.
        train: Span,
        /// Images to judge on.
        test: Span,
    },
    /// Weights of penalties that are not weights.
    #[error("--lambda: weights are numbers from 0 up")]
    Lambda,
    /// Features cannot be kept.
    #[error(transparent)]
    Keep(#[from] OutputError),
    /// Too few images with responses.
    #[error("{side} has {have} images with a response of every neuron; at least {need} are needed")]
    Few {
        /// Training or test.
        side: &'static str,
        /// Images.
        have: usize,
        /// Images at least.
        need: usize,
    },
    /// More features than are kept in memory.
    #[error(
        "{images} images with {features} features each take more than {limit} bytes; take fewer cells with --cells"
    )]
    TooLarge {
        /// Images.
        images: usize,
        /// Features of each.
        features: usize,
        /// Bytes that they may take.
        limit: usize,
    },
    /// Features that do not vary over the training images.
    #[error("the features are the same for all training images, so nothing can be read from them")]
    Constant,
    /// A feature that is not a number.
    #[error("the layer gives {value} for image {image}; features have to be finite")]
    NotFinite {
        /// The image.
        image: usize,
        /// The value.
        value: f32,
    },
    /// A system of equations that rounding made singular.
    #[error(
        "the ridge regression cannot be solved: the features of the images are linearly dependent"
    )]
    Singular,
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

impl RequestError for EncodeError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Checkpoint(error) => error.is_request(),
            Self::Keep(error) => error.is_request(),
            Self::Overlap { .. } | Self::Lambda | Self::Few { .. } | Self::TooLarge { .. } => true,
            Self::Constant | Self::NotFinite { .. } | Self::Singular | Self::Interrupted => false,
        }
    }
}

/// Why a checkpoint cannot be used.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// It cannot be read.
    #[error("cannot read the checkpoint {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// It is of another fit.
    #[error(
        "the checkpoint {} is of another fit: repeat the command that wrote it, or name another folder",
        path.display()
    )]
    Another {
        /// The file.
        path: PathBuf,
    },
    /// It is not whole.
    #[error("the checkpoint {} is damaged: remove it to fit anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl RequestError for CheckpointError {
    fn is_request(&self) -> bool {
        match self {
            Self::Read { .. } => false,
            Self::Write(error) => error.is_request(),
            Self::Another { .. } | Self::Damaged { .. } => true,
        }
    }
}
