//! Why a float network cannot be used.

use thiserror::Error;

use cortexscope_net::onnx::{ConstantError, EngineError};
use cortexscope_net::reader::ReadError;
use cortexscope_net::resources::ResourcePath;
use cortexscope_net::{DescriptionError, RequestError};

/// Why a float network cannot be used.
#[derive(Debug, Error)]
pub enum FloatModelError {
    /// It is neither shipped nor a file.
    #[error("there is no model {name}: name one of {} or the path of an ONNX file", shipped.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        shipped: Vec<String>,
    },
    /// The labels are not those of the model's classes.
    #[error(transparent)]
    Labels(#[from] cortexscope_net::labels::LabelsError),
    /// A file is not a model that can be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: ResourcePath,
        /// What is wrong with it.
        source: Box<FloatModelError>,
    },
    /// Nothing says how the model wants its input, or not in a way that can be used.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The model cannot be read.
    #[error(transparent)]
    Network(#[from] ReadError),
    /// tract cannot load or run the model.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No layer depends on the input.
    #[error("the model has no layer that depends on its input")]
    NoLayers,
    /// There is no layer of that name.
    #[error("there is no layer {name}; the layers are {}", layers.join(", "))]
    NoLayer {
        /// What was asked for.
        name: String,
        /// What there is.
        layers: Vec<String>,
    },
    /// The network does not end in classes.
    #[error(
        "{layer} is {shape:?} [C, H, W], not one value for each class: name a layer and a channel instead"
    )]
    NoClasses {
        /// The last layer.
        layer: String,
        /// Its shape.
        shape: [usize; 3],
    },
    /// The network has no layer of maps.
    #[error(
        "the model has no convolution with more than one position: name a layer with maps, or take \
         a method that needs none, such as integrated-gradients"
    )]
    NoMaps,
    /// The layer has no filters.
    #[error("{layer} is not a convolution (its operator is {operator}); the convolutions are {}", convolutions.join(", "))]
    NotConv {
        /// The layer.
        layer: String,
        /// Its operator.
        operator: String,
        /// The convolutions that there are.
        convolutions: Vec<String>,
    },
    /// The weights of a convolution are computed, not stored.
    #[error("the weights of {layer} are not in the file")]
    NoWeights {
        /// The layer.
        layer: String,
    },
    /// The weights of a convolution cannot be read.
    #[error("could not read the weights of {layer}")]
    Weights {
        /// The layer.
        layer: String,
        /// What is wrong with them.
        source: ConstantError,
    },
    /// The layers up to one cannot be computed for another size.
    #[error(
        "{layer} cannot be computed for an input of {}×{} (rows × columns): take a layer before the first dense one, or a larger input",
        size[0], size[1]
    )]
    Resize {
        /// The layer.
        layer: String,
        /// Rows and columns.
        size: [usize; 2],
        /// What is wrong.
        source: Box<FloatModelError>,
    },
    /// An int8 network cannot be computed and differentiated as a float network.
    #[error(
        "the int8 ONNX file of {model} has no straight-through gradients: {}{why}; \
         `cortexscope compile` makes it of the float model",
        if node.is_empty() { String::new() } else { format!("{node}: ") }
    )]
    Int8 {
        /// The model.
        model: String,
        /// The node of the int8 ONNX file; empty where it is none.
        node: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An input of another size.
    #[error("the input has {have} values, but the model needs {need}")]
    InputSize {
        /// Values given.
        have: usize,
        /// Values wanted.
        need: usize,
    },
}

impl RequestError for FloatModelError {
    fn is_request(&self) -> bool {
        match self {
            Self::Engine(_) => false,
            Self::Network(error) => error.is_request(),
            Self::File { source, .. } => source.is_request(),
            Self::Description(error) => error.is_request(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::{FloatModel, Overrides};

    #[test]
    fn a_file_that_is_not_a_model_is_named_and_is_the_requests() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.onnx");
        std::fs::write(&path, b"\xff\xd8 no model").unwrap();
        let name = path.to_str().unwrap();
        let error = FloatModel::open(name, &Overrides::default()).unwrap_err();
        assert!(error.is_request());
        let words = error.to_string();
        let beginning = format!("{name}: not an ONNX model");
        assert!(words.starts_with(&beginning), "{words}");
    }
}
