//! The records of a board image, as they lie in flash.
//!
//! Little-endian, every record 4-byte aligned, offsets in bytes from the start
//! of the image. [`Header::hash`] covers everything after itself.
//!
//! ```text
//! +--------+---------+--------+-------+--------+----------+-------+-------+
//! | Header | tensors | layers | plans | steps  | operands | names | data… |
//! | 160 B  | 24 B ea | 80 B   | 24 B  | 16 B   | u16      | UTF-8 | i8 …  |
//! +--------+---------+--------+-------+--------+----------+-------+-------+
//! ```
//!
//! The order of the parts is free: the header says where each begins. The host
//! emits exactly these structs, so there is one definition of the format.

use bytemuck::{Pod, Zeroable};

#[cfg(not(target_endian = "little"))]
compile_error!("board images are little-endian and read in place");

/// The first eight bytes of every board image.
pub const MAGIC: [u8; 8] = *b"CTXSCOPE";
/// The version of the format that this crate reads.
pub const VERSION: u32 = 6;
/// Where the bytes that [`Header::hash`] covers begin.
pub const HASHED_FROM: usize = 48;
/// An offset in the arena that means: this tensor is never materialised.
pub const NOT_PLACED: u32 = u32::MAX;

/// A run of `count` elements that begins `offset` bytes into the image.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Span {
    /// Bytes from the start of the image.
    pub offset: u32,
    /// Elements, not bytes.
    pub count: u32,
}

/// The start of a board image.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: u32,
    /// Length of the whole image in bytes.
    pub image_bytes: u32,
    /// SHA-256 of the image from [`HASHED_FROM`] to its end.
    pub hash: [u8; 32],
    /// The network's name, UTF-8.
    pub name: Span,
    /// Class labels in UTF-8, separated by line feeds; may be empty.
    pub labels: Span,
    /// [`TensorRecord`]s in topological order; the first is the input.
    pub tensors: Span,
    /// [`LayerRecord`]s; layer `i` writes tensor `i + 1`.
    pub layers: Span,
    /// `u16` tensor numbers; every [`LayerRecord::inputs`] is a part of it.
    pub operands: Span,
    /// [`PlanRecord`]s, one per mode, in ascending order of mode.
    pub plans: Span,
    /// SHA-256 of the int8 ONNX file that this image was made from.
    pub onnx_hash: [u8; 32],
    /// Zero; room for another span.
    pub reserved: [u32; 8],
}

/// What the elements of a tensor are.
pub mod kind {
    /// `i8`, per-tensor affine.
    pub const INT8: u8 = 0;
    /// `f32` logits, made from `i32` accumulators in the same place.
    pub const LOGITS: u8 = 1;
}

/// One tensor: a name, a shape, a quantisation.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct TensorRecord {
    /// Name of the layer that writes it, UTF-8.
    pub name: Span,
    /// Rows.
    pub height: u16,
    /// Columns.
    pub width: u16,
    /// Channels.
    pub channels: u16,
    /// One of [`kind`].
    pub kind: u8,
    /// The `i8` that stands for zero; 0 for logits.
    pub zero: i8,
    /// What one step of the `i8` is worth; 1 for logits.
    pub scale: f32,
    /// Zero.
    pub reserved: u32,
}

/// What a layer computes.
pub mod op {
    /// Convolution, weights `[O, KH, KW, I / groups]`.
    pub const CONV: u8 = 1;
    /// Fully connected, weights `[O, H·W·C]`.
    pub const DENSE: u8 = 2;
    /// Maximum over a window; padding never wins.
    pub const MAX_POOL: u8 = 3;
    /// A 256-entry table, entry `x + 128`.
    pub const LOOKUP: u8 = 4;
    /// Channels of several inputs, one after the other.
    pub const CONCAT: u8 = 5;
    /// Sum of two inputs, element by element.
    pub const ADD: u8 = 6;
    /// Product of two inputs, element by element.
    pub const MUL: u8 = 7;
    /// Channels as rows and columns: a pixel `[BH, BW, C]` becomes a block of pixels.
    pub const DEPTH_TO_SPACE: u8 = 8;
}

/// How a layer may be computed, where the core and the step allow it.
pub mod kernel {
    /// As any layer is, from its weights.
    pub const GENERAL: u8 = 0;
    /// A convolution in a step with its max-pool, from packed words:
    /// `ops::conv2d::polynomials`.
    pub const POLYNOMIALS: u8 = 1;
    /// A convolution from weights in 16 bits, two filters side by side:
    /// `ops::conv2d::wide`.
    pub const WIDE: u8 = 2;
    /// A convolution by 3×3 windows from transformed weights: `ops::conv2d::winograd`.
    pub const WINOGRAD: u8 = 3;
    /// A convolution whose weights are all the same, from sums of what lies under its
    /// windows: `ops::conv2d::sums`.
    pub const SUMS: u8 = 4;
}

/// One layer. Fields that an operator does not use are zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct LayerRecord {
    /// One of [`op`].
    pub op: u8,
    /// Lower clamp of the output.
    pub clamp_min: i8,
    /// Upper clamp of the output.
    pub clamp_max: i8,
    /// One of [`kernel`].
    pub kernel: u8,
    /// Channel groups of a convolution.
    pub groups: u16,
    /// Window height.
    pub kernel_h: u16,
    /// Window width.
    pub kernel_w: u16,
    /// Rows from one window to the next.
    pub stride_h: u16,
    /// Columns from one window to the next.
    pub stride_w: u16,
    /// Rows from one tap of the window to the next.
    pub dilation_h: u16,
    /// Columns from one tap of the window to the next.
    pub dilation_w: u16,
    /// Rows of padding above.
    pub pad_top: u16,
    /// Columns of padding to the left.
    pub pad_left: u16,
    /// Rows of padding below.
    pub pad_bottom: u16,
    /// Columns of padding to the right.
    pub pad_right: u16,
    /// Zero.
    pub reserved2: u16,
    /// Tensors read: a span of the image that lies inside [`Header::operands`].
    pub inputs: Span,
    /// `i8` weights in kernel order; three bytes of the image or more come after them,
    /// which kernels that read words may read.
    pub weights: Span,
    /// `i32` bias per output channel, at scale `x·w`.
    pub bias: Span,
    /// `f32` per output channel: `(w·x)/y` for int8 outputs, `w·x` for logits; one for a
    /// sum or a product.
    pub multipliers: Span,
    /// 256 `i8` of a lookup table.
    pub table: Span,
    /// `u32` words of the weights, as the layer's kernel reads them.
    pub packed: Span,
    /// What one step of each input of a sum is worth, in the sum's unit.
    pub factors: [u16; 2],
}

/// Where everything lies in the arena in one mode.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct PlanRecord {
    /// 0 tapped, 1 fused.
    pub mode: u32,
    /// Arena bytes that the plan needs.
    pub arena_bytes: u32,
    /// [`StepRecord`]s in order of execution.
    pub steps: Span,
    /// One `u32` arena offset per tensor, [`NOT_PLACED`] where fused away.
    pub placements: Span,
}

/// What one step runs.
pub mod step {
    /// One layer, its whole output at once.
    pub const LAYER: u8 = 0;
    /// A convolution, its rows pooled as they are made by the max-pool after it.
    pub const CONV_POOL: u8 = 1;
    /// Several layers, each row made when the layer after it needs it.
    pub const ROWS: u8 = 2;
}

/// One step of a plan.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct StepRecord {
    /// One of [`step`].
    pub kind: u8,
    /// Layers of a step of [`step::ROWS`]; 0 for others, whose kind says it.
    pub layers: u8,
    /// The first layer that the step runs.
    pub layer: u16,
    /// Arena offset of what the step needs beside its tensors: the kernel's
    /// scratch and, right after it, the row buffers of a fused step. A multiple
    /// of 4; 0 where it needs nothing.
    pub scratch_offset: u32,
    /// Bytes of the kernel's scratch, a multiple of 4.
    pub scratch_bytes: u32,
    /// Bytes of the row buffers of a fused step.
    pub row_bytes: u32,
}
