//! Why an input cannot be explained.

use thiserror::Error;

use crate::float_model::FloatModelError;
use cortexscope_net::RequestError;
use cortexscope_net::onnx::engine::EngineError;

/// Why an input cannot be explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// The model cannot be used or run.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The backward pass cannot be made or run.
    #[error(transparent)]
    Backward(#[from] tract_adjoint::AdjointError),
    /// A parameter is outside its range.
    #[error("{0}")]
    Parameter(&'static str),
    /// The patch does not fit the input.
    #[error(
        "a patch of {}×{} does not fit an input of {}×{} (rows × columns)",
        window[0], window[1], input[0], input[1]
    )]
    Window {
        /// Rows and columns of the patch.
        window: [usize; 2],
        /// Rows and columns of the input.
        input: [usize; 2],
    },
    /// A method is to read a layer that has no maps, or that the target does not
    /// depend on.
    #[error("{method} of {target} cannot use {layer}: {}", usable(have))]
    NoMaps {
        /// The method.
        method: &'static str,
        /// The target.
        target: String,
        /// The layer.
        layer: String,
        /// Layers with maps before the target.
        have: Vec<String>,
    },
    /// tract folded the layer into a later one, so that no target depends on it.
    #[error(
        "{method} cannot use {layer}: the layers after it are computed together with it; name the next one instead"
    )]
    Folded {
        /// The method.
        method: &'static str,
        /// The layer.
        layer: String,
    },
    /// CAM needs global average pooling and one dense layer after it.
    #[error(
        "cam of {target} is not defined for this model: {why}. Take grad-cam or hires-cam, which \
         need no such layers"
    )]
    NoPooling {
        /// The target.
        target: String,
        /// What is missing.
        why: String,
    },
    /// The input, the target's value or a derivative is not a number.
    #[error("{0} is not finite: check that the input is in the range that the model expects")]
    NotFinite(&'static str),
    /// The method needs derivatives of a network that only gives scores.
    #[error(
        "{method} needs derivatives, which the other network does not give: take a method that only asks for scores: occlusion, rise or score-cam"
    )]
    NeedsSlopes {
        /// The method.
        method: &'static str,
    },
    /// The network that was asked instead of the float model failed.
    #[error("the other network did not answer")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

/// What can be named instead of a layer that a method cannot use.
fn usable(have: &[String]) -> String {
    if have.is_empty() {
        "no layer before the target has maps; choose a target after the first convolution"
            .to_owned()
    } else {
        format!(
            "it reads the maps of a layer before the target, one of {}",
            have.join(", ")
        )
    }
}

impl RequestError for ExplainError {
    fn is_request(&self) -> bool {
        match self {
            Self::Model(error) => error.is_request(),
            Self::Parameter(_)
            | Self::Window { .. }
            | Self::NoMaps { .. }
            | Self::NoPooling { .. }
            | Self::NeedsSlopes { .. }
            | Self::Folded { .. } => true,
            Self::Backward(_) | Self::NotFinite(_) | Self::Answer(_) | Self::Interrupted => false,
        }
    }
}

impl From<EngineError> for ExplainError {
    fn from(error: EngineError) -> Self {
        Self::Model(error.into())
    }
}
