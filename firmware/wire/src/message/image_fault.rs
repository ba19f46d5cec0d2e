//! What is wrong with the model in the board's region.

use core::fmt;
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// The first check that a board image failed, with its numbers.
// Beside core's `ImageError`, because core and wire do not know each other: probe's `match` is exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum ImageFault {
    /// Fewer bytes than a header.
    TooShort {
        /// Bytes of a header.
        need_bytes: u32,
        /// Bytes there are.
        have_bytes: u32,
    },
    /// It does not begin on a 4-byte boundary.
    Misaligned,
    /// It does not begin with the magic bytes: another file.
    Magic,
    /// A format version that the engine does not read.
    Version {
        /// The image's.
        found: u32,
        /// The engine's.
        supported: u32,
    },
    /// The header's length is not the length of a whole image in the region.
    Length {
        /// What the header says.
        header_bytes: u32,
        /// Bytes there are.
        have_bytes: u32,
    },
    /// The bytes do not have the hash that the header says.
    Hash,
    /// A part that does not lie in the image.
    Span {
        /// Which part.
        part: ImagePart,
        /// Where it was to begin.
        offset: u32,
        /// How many elements it was to have.
        count: u32,
    },
    /// Numbers of tensors and layers that do not fit each other, or the engine.
    Counts {
        /// Tensors in the image.
        tensors: u32,
        /// Layers in the image.
        layers: u32,
    },
    /// A tensor without elements, with too many, or with an unusable scale.
    Tensor {
        /// Which tensor.
        tensor: u32,
    },
    /// A layer that the engine cannot run.
    Layer {
        /// Which layer.
        layer: u32,
        /// What is wrong with it.
        check: LayerCheck,
    },
    /// A plan that would compute something else than the network.
    Plan {
        /// The plan's mode as the image has it.
        mode: u32,
        /// What is wrong with it.
        check: PlanCheck,
    },
}

/// A part of a board image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[allow(missing_docs, reason = "the names are those of the header's fields")]
pub enum ImagePart {
    Name,
    Labels,
    Tensors,
    Layers,
    Operands,
    Plans,
    Steps,
    Placements,
    Weights,
    Bias,
    Multipliers,
    Table,
    Packed,
}

/// What can be wrong with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum LayerCheck {
    /// No operator has this number.
    UnknownOperator(u8),
    /// It reads what is not written before it, or is not int8.
    Inputs,
    /// Logits that are not the last layer's.
    Logits,
    /// A kernel, stride, dilation, padding or number of groups that cannot be.
    Window,
    /// An output shape that does not follow from the input's.
    Shape,
    /// Another number of weights, biases, multipliers or table entries than needed.
    Parameters,
    /// A sum that could leave 32 bits.
    Overflow,
    /// A multiplier that is not finite and positive, or clamps out of order.
    Quantisation,
    /// A kernel that there is not, or that is not for this layer and its weights.
    Kernel,
}

/// What can be wrong with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum PlanCheck {
    /// An unknown mode, or one with two plans.
    Mode,
    /// Steps that do not run every layer once, in order.
    Steps {
        /// The first that is wrong.
        step: u32,
    },
    /// Layers fused that cannot be.
    Fusion {
        /// The step that fuses them.
        step: u32,
    },
    /// A tensor or row buffer outside of the arena, or off its alignment.
    Placement {
        /// The tensor, or the one that the row buffer belongs to.
        tensor: u32,
    },
    /// A step that overwrites what is still needed.
    Overlap {
        /// The step that writes.
        step: u32,
        /// The tensor that would be lost.
        tensor: u32,
    },
}

impl fmt::Display for ImageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort {
                need_bytes,
                have_bytes,
            } => {
                write!(
                    f,
                    "a header needs {need_bytes} bytes, the region has {have_bytes}"
                )
            }
            Self::Misaligned => f.write_str("it does not begin on a 4-byte boundary"),
            Self::Magic => f.write_str("it is not a board image (wrong magic)"),
            Self::Version { found, supported } => {
                write!(
                    f,
                    "its format is {found}, the firmware reads {supported}: make it again with \
                     cortexscope compile MODEL.onnx --calibrate DATA"
                )
            }
            Self::Length {
                header_bytes,
                have_bytes,
            } => {
                write!(
                    f,
                    "its header says {header_bytes} bytes, the region has {have_bytes}"
                )
            }
            Self::Hash => f.write_str("its bytes do not match their hash"),
            Self::Span {
                part,
                offset,
                count,
            } => {
                write!(
                    f,
                    "{part:?}: {count} elements at byte {offset} do not lie in the image"
                )
            }
            Self::Counts { tensors, layers } => {
                write!(
                    f,
                    "{tensors} tensors and {layers} layers do not make a network that fits"
                )
            }
            Self::Tensor { tensor } => write!(f, "tensor {tensor}: unusable shape or scale"),
            Self::Layer { layer, check } => write!(f, "layer {layer}: {check}"),
            Self::Plan { mode, check } => write!(f, "plan for mode {mode}: {check}"),
        }
    }
}

impl fmt::Display for LayerCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::UnknownOperator(operator) => {
                return write!(f, "the engine has no operator {operator}");
            }
            Self::Inputs => "it reads a tensor that no layer before it writes, or that is not int8",
            Self::Logits => "only the last layer may write logits",
            Self::Window => "its kernel, stride, dilation, padding and groups do not go together",
            Self::Shape => "the shape of its output does not follow from that of its input",
            Self::Parameters => {
                "it has another number of weights, biases, multipliers or table entries than it needs"
            }
            Self::Overflow => "its sums could leave 32 bits",
            Self::Quantisation => {
                "a multiplier is not finite and positive, or its clamps are out of order"
            }
            Self::Kernel => "the engine has no such kernel, or none for this layer and its weights",
        })
    }
}

impl fmt::Display for PlanCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Mode => f.write_str("no mode has this number, or two plans have it"),
            Self::Steps { step } => write!(
                f,
                "its steps do not run every layer once and in order, the first that is wrong is {step}"
            ),
            Self::Fusion { step } => write!(f, "step {step} fuses layers that cannot be fused"),
            Self::Placement { tensor } => write!(
                f,
                "tensor {tensor} or its row buffer lies outside of the arena, or off its alignment"
            ),
            Self::Overlap { step, tensor } => {
                write!(
                    f,
                    "step {step} overwrites tensor {tensor}, which is still needed"
                )
            }
        }
    }
}
