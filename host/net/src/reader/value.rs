//! What the reader knows of each tensor of a file.

use std::sync::Arc;

use tract_onnx::pb::{TensorProto, tensor_proto::DataType};

use super::layout::View;

/// What a tensor of the file is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Known without an input.
    Constant(Arc<TensorProto>),
    /// An activation.
    Activation(View),
}

/// An activation of the normal form.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) form: Form,
    /// Whether its values are true or false, as a comparison gives them.
    pub(super) is_truth: bool,
}

/// Its sizes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// `[1, C, H, W]`.
    Map([usize; 3]),
    /// `[1, F]`.
    Flat(usize),
    /// As the file has it, of this element type.
    Raw(Vec<usize>, DataType),
}

impl Form {
    /// Sizes, the batch included.
    pub(super) fn sizes(&self) -> Vec<usize> {
        match self {
            &Self::Map([channels, height, width]) => vec![1, channels, height, width],
            &Self::Flat(features) => vec![1, features],
            Self::Raw(sizes, _) => sizes.clone(),
        }
    }
}

/// A tensor with the same number around each of its maps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Padded {
    /// The tensor.
    pub(super) of: usize,
    /// Top, left, bottom, right.
    pub(super) pads: [usize; 4],
    /// The number.
    pub(super) value: f32,
}
