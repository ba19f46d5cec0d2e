//! Why a network cannot be read.

use thiserror::Error;

use crate::RequestError;
use crate::onnx::{AttributeError, ConstantError, FileError};

/// The oldest operator set that is read.
pub const MIN_OPSET: i64 = 6;
/// The newest operator set that is read.
pub const MAX_OPSET: i64 = 25;
/// Nodes of a model file.
pub const MAX_NODES: usize = 10_000;
/// Elements of one activation.
pub const MAX_ELEMENTS: usize = 1 << 26;
/// Rows, columns, channels or window sizes.
pub const MAX_SIZE: usize = u16::MAX as usize;

/// Why a network cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file cannot be read, or is no ONNX model.
    #[error(transparent)]
    File(#[from] FileError),
    /// The model has no graph.
    #[error("the ONNX file has no graph")]
    NoGraph,
    /// An operator set that is not known here.
    #[error("the file uses operator set {0}; sets {MIN_OPSET} to {MAX_OPSET} are supported")]
    Opset(i64),
    /// More nodes than are read.
    #[error("the network has {0} nodes; at most {MAX_NODES} are supported")]
    Nodes(usize),
    /// Not exactly one input without a constant value.
    #[error("the network has the inputs {0:?}; exactly one is supported")]
    Inputs(Vec<String>),
    /// The graph has no output.
    #[error("the model has no output")]
    NoOutput,
    /// There is no output of that name.
    #[error("the network has no output `{name}`; its outputs are {}", known.join(", "))]
    UnknownOutput {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The input's element type is not float32.
    #[error("input `{name}` is of type {kind}; {advice}")]
    InputType {
        /// The input.
        name: String,
        /// Its type.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The input has no usable shape.
    #[error(
        "input `{name}` is {dims}; an image, [N, C, H, W] or [N, H, W, C], a series of samples, \
         [N, C, T] or [N, T, C], or features, [N, F], of float32 are supported, with numbers for \
         all sizes but N"
    )]
    InputShape {
        /// The input.
        name: String,
        /// Its sizes, as the file has them.
        dims: String,
    },
    /// Rows and columns are open and nothing says what they should be.
    #[error(
        "the model leaves its input's rows and columns open: give --size HxW or a description with --spec"
    )]
    OpenSize,
    /// Weights in float16 or bfloat16.
    #[error(
        "constant `{name}` is {kind}: convert the model to float32, for instance by exporting it \
         again after `model.float()`"
    )]
    HalfPrecision {
        /// The constant.
        name: String,
        /// Its type.
        kind: &'static str,
    },
    /// A weight in float64 that is larger than any float32.
    #[error(
        "constant `{0}` is float64 and has numbers beyond 3.4e38, which float32 has not: scale the \
         weights, and export the model again after `model.float()`"
    )]
    TooWide(String),
    /// The network is quantised already.
    #[error(
        "node `{node}` ({operator}): this network is quantised already ({form}); give the float \
         network that it was made from, compile quantises it"
    )]
    Quantised {
        /// The first node that says so.
        node: String,
        /// Its operator.
        operator: String,
        /// How it is quantised.
        form: &'static str,
    },
    /// A tensor is read that nothing writes.
    #[error("tensor `{0}` is read, and no node writes it")]
    Undefined(String),
    /// Two nodes write the same tensor.
    #[error("tensor `{0}` is written twice")]
    WrittenTwice(String),
    /// Nodes that wait for each other.
    #[error("the nodes that write `{0}` wait for their own output")]
    Circle(String),
    /// The output is a constant, or the input itself.
    #[error("the network's output does not depend on its input through any layer")]
    NoLayers,
    /// One node of it is not understood.
    #[error("node `{node}` ({operator}): {why}")]
    Refused {
        /// Name of the node, or of its output where it has none.
        node: String,
        /// Its ONNX operator.
        operator: String,
        /// What is not supported, and what would be.
        why: Refusal,
    },
}

/// What about a node is not understood.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Refusal {
    /// The operator is not in the table.
    #[error("the operator is not supported; `cortexscope operators` lists those that are")]
    Operator,
    /// The operator comes from another domain than ONNX's own.
    #[error("operators of the domain `{0}` are not supported")]
    Domain(String),
    /// An attribute of another type, or one that is missing.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// An attribute or setting whose value is not supported.
    #[error("`{name}` is {value}; {wanted}")]
    Setting {
        /// The attribute or operand.
        name: &'static str,
        /// What the file says.
        value: String,
        /// What is supported.
        wanted: &'static str,
    },
    /// An operand that has to be a constant is computed.
    #[error("its {0} is not a constant")]
    NotConstant(&'static str),
    /// An operand or output is left out.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A constant of the file cannot be read.
    #[error("constant `{name}`: {source}")]
    Constant {
        /// The initializer or operand.
        name: String,
        /// What is wrong with it.
        source: ConstantError,
    },
    /// A constant has another shape than the operator needs.
    #[error("its {operand} has the sizes {sizes:?}; {wanted}")]
    OperandShape {
        /// The operand.
        operand: &'static str,
        /// Its sizes.
        sizes: Vec<usize>,
        /// What fits.
        wanted: String,
    },
    /// The activation it reads has another rank.
    #[error("it reads a tensor of sizes {have:?}; {wanted} is supported")]
    InputShape {
        /// Sizes, the batch first.
        have: Vec<usize>,
        /// What is supported.
        wanted: &'static str,
    },
    /// It asks for sizes that its input cannot have.
    #[error("it turns {from:?} into {to:?}, which has another number of values")]
    Reshape {
        /// Sizes it reads.
        from: Vec<usize>,
        /// Sizes it asks for.
        to: Vec<i64>,
    },
    /// It mixes the images of a batch.
    #[error(
        "it turns {from:?} into {to:?}, which mixes the {batch} images of a batch; export with a batch of 1"
    )]
    Batch {
        /// Images in the batch.
        batch: usize,
        /// Sizes it reads.
        from: Vec<usize>,
        /// Sizes it asks for.
        to: Vec<usize>,
    },
    /// The window does not lie on its input.
    #[error(
        "its window of {extent} does not fit an input of {size} padded by {before} and {after}"
    )]
    Window {
        /// Rows or columns of the dilated window.
        extent: usize,
        /// Rows or columns of the input.
        size: usize,
        /// Padding before.
        before: usize,
        /// Padding after.
        after: usize,
    },
    /// Another output than the first is used.
    #[error("its output `{0}` is used; only the first output is supported")]
    ExtraOutput(String),
    /// A tensor that is larger than anything that could run.
    #[error(
        "it makes a tensor of sizes {0:?}; each is from 1 to 65,535, {MAX_ELEMENTS} elements at most"
    )]
    TooLarge(Vec<usize>),
    /// Constants that nodes read and make, in all.
    #[error(
        "up to it the network computes from constants with more than {0} bytes: export it with \
         constant folding, which stores the results as weights"
    )]
    TooMuchFolded(u64),
    /// A constant expression that tract cannot evaluate.
    #[error("its constant value cannot be computed: {0}")]
    Folding(String),
    /// Sizes that tract cannot work out.
    #[error("its sizes cannot be worked out: {0}")]
    Sizes(String),
}

impl RequestError for ReadError {
    fn is_request(&self) -> bool {
        !matches!(
            self,
            Self::File(FileError::Io { .. } | FileError::Interrupted(_))
        )
    }
}

impl ReadError {
    /// Whether too much is computed from constants, whatever is taken for the input and the
    /// output.
    pub(super) fn is_of_constants(&self) -> bool {
        let why = match self {
            Self::Refused { why, .. } => why,
            _ => return false,
        };
        matches!(why, Refusal::TooMuchFolded(_))
    }
}

impl Refusal {
    /// The refusal of `node`, by name.
    pub fn of(self, node: &str, operator: &str) -> ReadError {
        ReadError::Refused {
            node: node.to_owned(),
            operator: operator.to_owned(),
            why: self,
        }
    }
}
