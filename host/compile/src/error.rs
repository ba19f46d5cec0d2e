//! Why a network cannot be compiled.

use thiserror::Error;

use cortexscope_net::Window;
use cortexscope_net::onnx::{AttributeError, EngineError};
use cortexscope_net::reader::ReadError;
use cortexscope_net::reader::{Board, OPERATORS, UNKNOWN};
pub use cortexscope_net::reader::{MAX_ELEMENTS, MAX_SIZE};

/// Why a network cannot be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The file cannot be read, or a node of it is not understood.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The network as a whole is not one that can be compiled.
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
    /// The output is a constant, or the input itself.
    #[error("the network's output does not depend on its input through any layer")]
    NoLayers,
    /// More tensors than a tap can number.
    #[error("the network has {0} layers; at most {MAX_LAYERS} are supported")]
    Layers(usize),
}

/// Layers of a network; with the input they make 128 tensors.
pub const MAX_LAYERS: usize = 127;

/// What about a node is not supported.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Refusal {
    /// What the reader of every command says of a window, an operand or an attribute.
    #[error(transparent)]
    Read(#[from] cortexscope_net::reader::Refusal),
    /// There is nothing on a board that runs the operator.
    #[error("not on a board: {0}")]
    NotOnABoard(&'static str),
    /// Two activations meet, and not in a sum or a product.
    #[error(
        "not on a board: it combines two activations; of two activations only sums and \
         products are supported"
    )]
    TwoActivations,
    /// Two activations meet that do not have the same sizes.
    #[error(
        "not on a board: it combines activations of sizes {0:?} and {1:?}; both must have the \
         same sizes"
    )]
    Spread(Vec<usize>, Vec<usize>),
    /// The constant operand is a map or varies along the wrong axis.
    #[error(
        "not on a board: its constant of sizes {0:?} is neither one value, nor one per channel, \
         nor followed by a dense layer"
    )]
    Varies(Vec<usize>),
    /// It moves values in a way other than flattening before a dense layer.
    #[error(
        "not on a board: it turns {from:?} into {to:?}; only flattening before a dense layer is supported"
    )]
    Reshape {
        /// Sizes it reads.
        from: Vec<usize>,
        /// Sizes it writes.
        to: Vec<usize>,
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
    /// An average that counts fewer elements at the edge.
    #[error("its windows at the edge average fewer elements; set count_include_pad, or do not pad")]
    AverageEdge,
    /// Softmax anywhere but at the end.
    #[error(
        "not on a board: it is not the last operator; inside of a network Softmax is supported \
         over the channels of a map"
    )]
    NotLast,
    /// A function whose table has entries that are infinite or not a number.
    #[error(
        "not on a board: its value is not finite for some of the numbers that its input's int8 \
         stands for; put a Clip before it, or add a small number"
    )]
    Infinite,
    /// Weights that are infinite or not a number.
    #[error("its {0} are not all finite")]
    NotFinite(&'static str),
    /// More products than an accumulator of 32 bits holds.
    #[error(
        "it has {have} weights per output; at most {MAX_WEIGHTS_PER_OUTPUT} fit 32-bit accumulators"
    )]
    Weights {
        /// Weights per output.
        have: usize,
    },
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

impl From<AttributeError> for Refusal {
    fn from(error: AttributeError) -> Self {
        Self::Read(error.into())
    }
}

impl Refusal {
    /// Why no board runs an operator of this name, or not where it stands.
    pub fn of_operator(operator: &str) -> Self {
        let known = OPERATORS.iter().find(|known| known.name == operator);
        match known.map(|known| known.board) {
            Some(Board::No(why)) => Self::NotOnABoard(why),
            Some(Board::Last) => Self::NotLast,
            Some(Board::Combined) => Self::TwoActivations,
            Some(Board::Nothing) => Self::NotOnABoard(
                "it moves values between channels and places; export the network with its \
                 channels in front",
            ),
            Some(_) => Self::NotOnABoard(of_form(operator)),
            None => Self::NotOnABoard(UNKNOWN),
        }
    }

    /// Why activations of these sizes are not joined along `axis`.
    pub fn concat_axis(axis: i64, sizes: &[usize]) -> Self {
        Self::Read(cortexscope_net::reader::Refusal::Setting {
            name: "axis",
            value: format!("{axis} of {sizes:?}"),
            wanted: "axis 1, channels, is supported",
        })
    }

    /// Refuses padding as wide as the window.
    ///
    /// # Errors
    /// [`Refusal::PaddingAlone`].
    pub fn of_padding(window: &Window) -> Result<(), Self> {
        for axis in 0..2 {
            let extent = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
            let (before, after) = (window.pad_before[axis], window.pad_after[axis]);
            if before >= extent || after >= extent {
                return Err(Self::PaddingAlone {
                    extent,
                    before,
                    after,
                });
            }
        }
        Ok(())
    }

    /// The refusal of `node`, by name.
    pub fn of(self, node: &str, operator: &str) -> CompileError {
        CompileError::Refused {
            node: node.to_owned(),
            operator: operator.to_owned(),
            why: self,
        }
    }
}

/// What a board lacks of an operator that it runs in other forms.
fn of_form(operator: &str) -> &'static str {
    match operator {
        "Pad" => {
            "there is no kernel for this form of it; zeros, reflection or the edge around rows and \
             columns are supported, and narrower than the map"
        }
        "LayerNormalization" | "InstanceNormalization" | "LRN" => {
            "there is no kernel for this form of it; train with BatchNormalization in its place, \
             which costs nothing"
        }
        "ReduceMax" | "ReduceMean" | "ReduceSum" => {
            "there is no kernel for it over these axes; rows and columns are supported, or channels"
        }
        "ConvTranspose" => {
            "there is no kernel for this form of it; the same stride for rows and columns \
             without dilation is supported"
        }
        "Resize" | "Upsample" => {
            "there is no kernel for this form of it; a whole number of times as many rows and \
             columns is supported, nearest or linear without align_corners"
        }
        "MatMul" | "Gemm" => {
            "there is no kernel that multiplies two activations; one of them has to be constant \
             weights"
        }
        "Slice" | "Split" => "there is no kernel for parts of this axis",
        _ => "there is no kernel for this form of it",
    }
}
