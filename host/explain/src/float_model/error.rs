//! Why a float network cannot be used.

use thiserror::Error;

use cortexscope_net::input::SpecError;
use cortexscope_net::onnx::{ConstantError, EngineError};
use cortexscope_net::resources::ResourcePath;

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
    /// A file cannot be read.
    #[error("could not read {path}")]
    Read {
        /// The file.
        path: ResourcePath,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that no protocol buffer can fill.
    #[error("{path} has {bytes} bytes; an ONNX file has at most 2 GiB")]
    FileTooLarge {
        /// The file.
        path: ResourcePath,
        /// Its bytes.
        bytes: u64,
    },
    /// The labels are not those of the model's classes.
    #[error(transparent)]
    Labels(#[from] cortexscope_net::labels::LabelsError),
    /// The bytes are not an ONNX model.
    #[error("not an ONNX model: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The graph has no input, or several.
    #[error("the model has {} inputs ({}); it needs exactly one", names.len(), names.join(", "))]
    Inputs {
        /// Their names.
        names: Vec<String>,
    },
    /// The graph has no output.
    #[error("the model has no output")]
    NoOutput,
    /// The input is not an image.
    #[error(
        "the model's input is {dims:?}, but only [N, C, H, W] with 1 or 3 channels works (-1 is a size that the file leaves open)"
    )]
    InputDims {
        /// Its sizes in the file; -1 where one is open.
        dims: Vec<i64>,
    },
    /// Rows and columns are open and nothing says what they should be.
    #[error(
        "the model leaves its input's rows and columns open: give --size HxW or a description with --spec"
    )]
    OpenSize,
    /// The description cannot be used.
    #[error("could not use the description{}", of_file(path, source))]
    Spec {
        /// The file.
        path: ResourcePath,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
    /// The flags and the description together cannot be used.
    #[error("{0}")]
    Overrides(Box<SpecError>),
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
    #[error("the model has no convolution with more than one position: name a layer")]
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
    /// An input of another size.
    #[error("the input has {have} values, but the model needs {need}")]
    InputSize {
        /// Values given.
        have: usize,
        /// Values wanted.
        need: usize,
    },
}

/// The file of a description, where what is wrong with it does not name the file.
fn of_file(path: &ResourcePath, source: &SpecError) -> String {
    match source {
        SpecError::Read { .. } => String::new(),
        _ => format!(" {path}"),
    }
}
