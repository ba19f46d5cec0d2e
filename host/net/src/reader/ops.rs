//! The operators that are read, one file for each kind.

mod arithmetic;
mod batch_norm;
mod channels;
mod choice;
mod concat;
mod conv;
mod dense;
mod elementwise;
mod layer_norm;
mod on_maps;
mod pad;
mod pool;
mod rearrange;
mod reduce;
mod resize;
mod slice;
mod softmax;
mod wrap;

pub use choice::gives_truth;

use tract_onnx::pb::NodeProto;

use super::{Reader, Refusal};

/// How an operator of the file is read.
type Read = for<'r> fn(&mut Reader<'r>, &'r NodeProto) -> Result<(), Refusal>;

/// An operator of ONNX, and what can be done with it.
#[derive(Clone, Copy)]
pub struct Operator {
    /// Its name in ONNX.
    pub name: &'static str,
    /// What a board makes of it.
    pub board: Board,
    /// Whether gradients and relevance go through it.
    pub backward: bool,
    pub(super) read: Read,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("name", &self.name)
            .field("board", &self.board)
            .field("backward", &self.backward)
            .finish_non_exhaustive()
    }
}

/// What a board makes of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// A layer of its own.
    Layer,
    /// A table of 256 entries, or the saturation of the layer before it.
    Table,
    /// A factor and a summand per channel, in the weights of the layer before it.
    Folded,
    /// A layer of its own, of two activations of the same sizes; with a constant as
    /// [`Board::Folded`].
    Combined,
    /// Nothing: it moves no values, or is computed when the file is read.
    Nothing,
    /// Nothing at the end of a network, where it is left off; elsewhere it cannot run.
    Last,
    /// It cannot run: why.
    No(&'static str),
}

impl Board {
    /// What the board makes of it, for a table.
    pub fn description(self) -> String {
        match self {
            Self::Layer => "layer".to_owned(),
            Self::Table => "table or saturation".to_owned(),
            Self::Folded => "in the layer before".to_owned(),
            Self::Combined => "layer; with a constant in the layer before".to_owned(),
            Self::Nothing => "costs nothing".to_owned(),
            Self::Last => "left off at the end".to_owned(),
            Self::No(why) => format!("no: {why}"),
        }
    }
}

/// Operators that take truth values as they take numbers, or are there for them.
pub(super) const TAKE_TRUTH: [&str; 14] = [
    "And",
    "Cast",
    "Equal",
    "Flatten",
    "Identity",
    "Not",
    "Or",
    "Reshape",
    "Shape",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
    "Where",
    "Xor",
];

/// Operators of the domain `ai.onnx.ml` that are read.
pub const ML: [&str; 3] = ["ArrayFeatureExtractor", "Scaler", "ZipMap"];

/// The operator called `name`, where it is in the table.
pub fn find(name: &str) -> Option<&'static Operator> {
    let found = OPERATORS.binary_search_by_key(&name, |operator| operator.name);
    OPERATORS.get(found.ok()?)
}

const fn layer(name: &'static str, read: Read) -> Operator {
    Operator {
        name,
        board: Board::Layer,
        backward: true,
        read,
    }
}

const fn table(name: &'static str) -> Operator {
    Operator {
        name,
        board: Board::Table,
        backward: true,
        read: elementwise::read,
    }
}

const fn folded(name: &'static str, read: Read) -> Operator {
    Operator {
        name,
        board: Board::Folded,
        backward: true,
        read,
    }
}

const fn combined(name: &'static str) -> Operator {
    Operator {
        name,
        board: Board::Combined,
        backward: true,
        read: arithmetic::read,
    }
}

const fn nothing(name: &'static str, read: Read) -> Operator {
    Operator {
        name,
        board: Board::Nothing,
        backward: true,
        read,
    }
}

const fn last(name: &'static str, read: Read) -> Operator {
    Operator {
        name,
        board: Board::Last,
        backward: true,
        read,
    }
}

const fn no(name: &'static str, why: &'static str, read: Read) -> Operator {
    Operator {
        name,
        board: Board::No(why),
        backward: true,
        read,
    }
}

/// Why an operator that is not in the table cannot run.
pub const UNKNOWN: &str =
    "there is no kernel for it; `cortexscope operators` lists what a board runs";

/// All operators, by name.
pub const OPERATORS: &[Operator] = &[
    table("Abs"),
    combined("Add"),
    choice("And"),
    last("ArgMax", softmax::read_arg_max),
    table("Asinh"),
    table("Atan"),
    layer("AveragePool", pool::read_average),
    folded("BatchNormalization", batch_norm::read),
    nothing("Cast", rearrange::read_cast),
    table("Ceil"),
    table("Celu"),
    table("Clip"),
    layer("Concat", concat::read),
    layer("Conv", conv::read),
    layer("ConvTranspose", conv::read_transpose),
    table("Cos"),
    table("Cosh"),
    layer("DepthToSpace", on_maps::read),
    folded("Div", arithmetic::read),
    nothing("Dropout", rearrange::read_same),
    no(
        "Einsum",
        "there is no kernel for a product over named axes; write it as Conv or MatMul with \
         constant weights",
        on_maps::read_as_it_is,
    ),
    table("Elu"),
    choice("Equal"),
    table("Erf"),
    table("Exp"),
    nothing("Expand", rearrange::read_expand),
    nothing("Flatten", rearrange::read_flatten),
    table("Floor"),
    layer("Gather", slice::read_gather),
    table("Gelu"),
    layer("Gemm", dense::read_gemm),
    layer("GlobalAveragePool", pool::read_global),
    layer("GlobalMaxPool", pool::read_global),
    choice("Greater"),
    choice("GreaterOrEqual"),
    table("HardSigmoid"),
    table("HardSwish"),
    nothing("Identity", rearrange::read_same),
    layer("InstanceNormalization", on_maps::read),
    layer("LRN", on_maps::read),
    layer("LayerNormalization", layer_norm::read),
    table("LeakyRelu"),
    choice("Less"),
    choice("LessOrEqual"),
    table("Log"),
    last("LogSoftmax", softmax::read),
    layer("MatMul", dense::read_matmul),
    table_of_two("Max"),
    layer("MaxPool", pool::read_max),
    table_of_two("Min"),
    table("Mish"),
    combined("Mul"),
    table("Neg"),
    choice("Not"),
    choice("Or"),
    table("PRelu"),
    layer("Pad", pad::read),
    table_of_two("Pow"),
    table("Reciprocal"),
    layer("ReduceMax", reduce::read),
    layer("ReduceMean", reduce::read),
    layer("ReduceSum", reduce::read),
    table("Relu"),
    nothing("Reshape", rearrange::read_reshape),
    layer("Resize", resize::read),
    table("Round"),
    folded("Scaler", arithmetic::read_scaler),
    table("Selu"),
    nothing("Shape", rearrange::read_shape),
    table("Sigmoid"),
    table("Sign"),
    table("Sin"),
    table("Sinh"),
    layer("Slice", slice::read),
    last("Softmax", softmax::read),
    table("Softplus"),
    table("Softsign"),
    layer("SpaceToDepth", on_maps::read),
    layer("Split", slice::read_split),
    table("Sqrt"),
    nothing("Squeeze", rearrange::read_squeeze),
    folded("Sub", arithmetic::read),
    combined("Sum"),
    table("Tanh"),
    table("ThresholdedRelu"),
    nothing("Transpose", rearrange::read_transpose),
    nothing("Unsqueeze", rearrange::read_unsqueeze),
    layer("Upsample", resize::read_upsample),
    choice("Where"),
    choice("Xor"),
    nothing("ZipMap", rearrange::read_same),
];

const fn choice(name: &'static str) -> Operator {
    Operator {
        name,
        board: Board::Table,
        backward: true,
        read: choice::read,
    }
}

const fn table_of_two(name: &'static str) -> Operator {
    Operator {
        name,
        board: Board::Table,
        backward: true,
        read: arithmetic::read,
    }
}
