//! What can be wrong with a board image.

use core::fmt;

/// A part of the image that a span points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the header's fields")]
pub enum Part {
    Name,
    Labels,
    Tensors,
    Layers,
    Operands,
    Plans,
    Steps,
    Placements,
    /// And the bytes after them, see [`super::WEIGHT_PADDING`].
    Weights,
    Bias,
    Multipliers,
    Table,
    /// Weights in the order of a layer's own kernel.
    Packed,
}

/// Why an image is refused. Nothing of a refused image is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Fewer bytes than a header.
    TooShort {
        /// Bytes of a header.
        need_bytes: usize,
        /// Bytes given.
        have_bytes: usize,
    },
    /// The image does not begin on a 4-byte boundary.
    Misaligned,
    /// It is not a board image: erased flash, or another file.
    Magic,
    /// Another version of the format.
    Version {
        /// The image's.
        found: u32,
        /// This crate's.
        supported: u32,
    },
    /// The header's length is not the length of a whole image.
    Length {
        /// What the header says.
        header_bytes: u32,
        /// Bytes given.
        have_bytes: usize,
    },
    /// The bytes are not those that were emitted.
    Hash,
    /// A part lies outside of the image or off its alignment.
    Span {
        /// Which part.
        part: Part,
        /// Where it was to begin.
        offset: u32,
        /// How many elements it was to have.
        count: u32,
    },
    /// The numbers of tensors and layers do not fit each other, or the engine.
    Counts {
        /// Tensors in the image.
        tensors: usize,
        /// Layers in the image.
        layers: usize,
    },
    /// A tensor has no elements, too many of them, or an unusable scale.
    Tensor {
        /// Which tensor.
        tensor: usize,
    },
    /// A layer is not one that the engine can run.
    Layer {
        /// Which layer.
        layer: usize,
        /// What is wrong with it.
        problem: LayerProblem,
    },
    /// A plan would compute something else than the network.
    Plan {
        /// The plan's mode as the image has it.
        mode: u32,
        /// What is wrong with it.
        problem: PlanProblem,
    },
}

/// What can be wrong with one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerProblem {
    /// No operator has this number.
    UnknownOperator(u8),
    /// It reads a tensor that is not written before it, or not int8.
    Inputs,
    /// Logits may only be written by a convolution or dense layer, and only last.
    Logits,
    /// Kernel, stride, dilation, padding or groups that no window can have.
    Window,
    /// The output's shape does not follow from the input's.
    Shape,
    /// Another number of weights, biases, multipliers or table entries than needed.
    Parameters,
    /// A sum could leave 32 bits.
    Overflow,
    /// A multiplier that is not finite and positive, or clamps out of order.
    Quantisation,
    /// A kernel that there is not, or that is not for such a layer or such weights, or
    /// packed words that are not those of the weights.
    Kernel,
}

/// What can be wrong with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanProblem {
    /// No mode has this number, or two plans have it.
    Mode,
    /// The steps do not run every layer once, after those that it reads.
    Steps {
        /// The first step that is wrong.
        step: usize,
    },
    /// A fused step over layers that cannot be fused.
    Fusion {
        /// Which step.
        step: usize,
    },
    /// A tensor or row buffer that lies outside of the arena, or off its alignment.
    Placement {
        /// The tensor, or the one that the row buffer belongs to.
        tensor: usize,
    },
    /// A step would overwrite what is still needed.
    Overlap {
        /// The step that writes.
        step: usize,
        /// The tensor that would be lost.
        tensor: usize,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort {
                need_bytes,
                have_bytes,
            } => {
                write!(
                    f,
                    "a header needs {need_bytes} bytes, there are {have_bytes}"
                )
            }
            Self::Misaligned => f.write_str("the image does not begin on a 4-byte boundary"),
            Self::Magic => f.write_str("not a board image (wrong magic)"),
            Self::Version { found, supported } => {
                write!(
                    f,
                    "image format {found}, this build reads {supported}; make it again with \
                     cortexscope compile MODEL.onnx --calibrate DATA"
                )
            }
            Self::Length {
                header_bytes,
                have_bytes,
            } => {
                write!(
                    f,
                    "the header says {header_bytes} bytes, there are {have_bytes}"
                )
            }
            Self::Hash => f.write_str("the bytes do not match their hash; write the image again"),
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
            Self::Layer { layer, problem } => write!(f, "layer {layer}: {problem:?}"),
            Self::Plan { mode, problem } => write!(f, "plan for mode {mode}: {problem:?}"),
        }
    }
}

impl core::error::Error for ImageError {}
