//! Why a network cannot be compiled.

use thiserror::Error;

use cortexscope_net::onnx::{AttributeError, ConstantError, EngineError};

/// Why a network cannot be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The file as a whole is not one that can be compiled.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// One node of it is not supported.
    #[error("node `{node}` ({operator}): {why}")]
    Refused {
        /// Name of the node, or of its output where it has none.
        node: String,
        /// Its ONNX operator.
        operator: String,
        /// What is not supported, and what would be.
        why: Refusal,
    },
    /// The model's input is not what is described.
    #[error(transparent)]
    Spec(#[from] cortexscope_net::input::SpecError),
    /// The labels are not those of the model's classes.
    #[error(transparent)]
    Labels(#[from] cortexscope_net::labels::LabelsError),
    /// There is nothing to calibrate with.
    #[error("there are no inputs to calibrate with")]
    NoCalibration,
    /// A calibration input has the wrong number of values.
    #[error("calibration input {index} has {have} values, the model wants {need}")]
    CalibrationSize {
        /// Which one.
        index: usize,
        /// Its values.
        have: usize,
        /// The model's.
        need: usize,
    },
    /// The float network gives infinities or NaN on a calibration input.
    #[error("tensor `{tensor}` is not finite on calibration input {index}")]
    NotFinite {
        /// The tensor, as in the float model.
        tensor: String,
        /// Which input.
        index: usize,
    },
    /// tract cannot run the network.
    #[error("tract cannot run the {graph}")]
    Engine {
        /// Which graph: the float model, or one that was made from it.
        graph: &'static str,
        /// What tract says.
        source: EngineError,
    },
    /// The caller's progress function asked for an end.
    #[error("interrupted")]
    Interrupted,
}

/// What is wrong with a model file as a whole.
#[derive(Debug, Error, PartialEq)]
pub enum ModelError {
    /// The bytes are no ONNX model.
    #[error("not an ONNX model: {0}")]
    Decode(String),
    /// The model has no graph.
    #[error("the ONNX file has no graph")]
    NoGraph,
    /// An operator set that is not known here.
    #[error("operator set {0}; sets {MIN_OPSET} to {MAX_OPSET} are supported")]
    Opset(i64),
    /// More nodes than a network for a microcontroller has.
    #[error("{0} nodes; at most {MAX_NODES} are supported")]
    Nodes(usize),
    /// Not exactly one input without a constant value.
    #[error("the network has the inputs {0:?}; exactly one is supported")]
    Inputs(Vec<String>),
    /// Not exactly one output.
    #[error("the network has the outputs {0:?}; exactly one is supported")]
    Outputs(Vec<String>),
    /// The input has no usable shape.
    #[error(
        "input `{name}` is {dims}; [N, C, H, W] of float32 is supported, with numbers for all but N"
    )]
    InputShape {
        /// The input.
        name: String,
        /// Its sizes or type, as the file has them.
        dims: String,
    },
    /// The batch is fixed to something else than one.
    #[error("input `{name}` has a fixed batch of {batch}; export with a batch of 1 or a symbol")]
    Batch {
        /// The input.
        name: String,
        /// Its batch.
        batch: i64,
    },
    /// A tensor is read before a node writes it, or never written.
    #[error("tensor `{0}` is read, and no node before has written it")]
    Undefined(String),
    /// Two nodes write the same tensor.
    #[error("tensor `{0}` is written twice")]
    WrittenTwice(String),
    /// The output is a constant, or the input itself.
    #[error("the network's output does not depend on its input through any layer")]
    NoLayers,
    /// More tensors than a tap can number.
    #[error("{0} layers; at most {MAX_LAYERS} are supported")]
    Layers(usize),
}

/// The oldest operator set that is read.
pub const MIN_OPSET: i64 = 7;
/// The newest operator set that is read.
pub const MAX_OPSET: i64 = 24;
/// Nodes of a model file.
pub const MAX_NODES: usize = 10_000;
/// Layers of a network; with the input they make 128 tensors.
pub const MAX_LAYERS: usize = 127;

/// What about a node is not supported.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Refusal {
    /// The operator is not in the table.
    #[error("the operator is not supported")]
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
    /// Two activations meet, as in a residual connection.
    #[error("it combines two activations; only constants can be the other operand")]
    TwoActivations,
    /// The constant operand is a map or varies along the wrong axis.
    #[error("its constant of sizes {0:?} is neither a scalar nor one value per channel")]
    Varies(Vec<usize>),
    /// It moves values in a way other than flattening before a dense layer.
    #[error("it turns {from:?} into {to:?}; only flattening before a dense layer is supported")]
    Reshape {
        /// Sizes it reads.
        from: Vec<usize>,
        /// Sizes it writes.
        to: Vec<i64>,
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
    /// Some windows read nothing but padding.
    #[error(
        "its padding of {before} and {after} is as wide as its window of {extent}, so that some windows \
         read padding alone, which is not supported"
    )]
    PaddingAlone {
        /// Rows or columns of the dilated window.
        extent: usize,
        /// Padding before.
        before: usize,
        /// Padding after.
        after: usize,
    },
    /// `ceil_mode` with a last window that begins in the padding.
    #[error("`ceil_mode` makes a last window that lies in the padding alone")]
    CeilPadding,
    /// An average that counts fewer elements at the edge.
    #[error("its windows at the edge average fewer elements; set count_include_pad, or do not pad")]
    AverageEdge,
    /// Another output than the first is used.
    #[error("its output `{0}` is used; only the first output is supported")]
    ExtraOutput(String),
    /// Softmax anywhere but at the end.
    #[error("it is not the last operator; Softmax is only supported there")]
    NotLast,
    /// The network does not end in logits.
    #[error("the network ends here; it must end in Conv, Gemm or MatMul, Softmax aside")]
    LastLayer,
    /// Weights that are infinite or not a number.
    #[error("its {0} are not all finite")]
    NotFinite(&'static str),
    /// More products than an accumulator of 32 bits holds.
    #[error("{have} weights per output; at most {MAX_WEIGHTS_PER_OUTPUT} fit 32-bit accumulators")]
    Weights {
        /// Weights per output.
        have: usize,
    },
    /// A tensor that is larger than anything that could run.
    #[error(
        "it makes a tensor of sizes {0:?}; each is from 1 to 65,535, {MAX_ELEMENTS} elements at most"
    )]
    TooLarge(Vec<usize>),
    /// A constant expression that tract cannot evaluate.
    #[error("its constant value cannot be computed: {0}")]
    Folding(String),
    /// Its output range leaves no usable scale.
    #[error("channel {channel}: the scale {multiplier} of its accumulators is not usable")]
    Multiplier {
        /// Output channel.
        channel: usize,
        /// `(w_scale · x_scale) / y_scale`.
        multiplier: f32,
    },
}

/// Weights behind one output, so that no accumulator overflows.
pub const MAX_WEIGHTS_PER_OUTPUT: usize = 1 << 15;
/// Greatest bias at scale `x·w`.
pub const MAX_BIAS: i32 = 1 << 30;
/// Elements of one activation.
pub const MAX_ELEMENTS: usize = 1 << 26;
/// Rows, columns, channels or window sizes.
pub const MAX_SIZE: usize = u16::MAX as usize;

impl Refusal {
    /// The refusal of `node`, by name.
    pub fn of(self, node: &str, operator: &str) -> CompileError {
        CompileError::Refused {
            node: node.to_owned(),
            operator: operator.to_owned(),
            why: self,
        }
    }
}
