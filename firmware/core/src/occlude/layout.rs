//! Where an occlusion keeps its bases and what it overwrites.

use super::region::most_reached;
use crate::MAX_TENSORS;
use crate::image::{Model, Op, Shape};
use crate::ops::scratch_bytes;
use core::ops::Range;

/// Arena offsets for one patch size.
pub(super) struct Layout {
    /// Bytes from the first to the last buffer.
    pub arena_bytes: usize,
    /// What the kernels need beside their tensors: after the last buffer.
    scratch_bytes: usize,
    /// Where the buffers begin: those of one tensor after those of the one before.
    /// Few words, because they lie on the stack.
    starts: [u32; BUFFERS * MAX_TENSORS + 1],
}

/// A buffer of a tensor, from a word boundary on.
#[derive(Clone, Copy)]
pub(super) enum Buffer {
    /// The accumulators behind it; empty for other layers than dense and last.
    Sums,
    /// The same as the base inference left them.
    BaseSums,
    /// The tensor as it is now.
    Tensor,
    /// What the patch overwrote of it.
    Undo,
}

/// How many buffers a tensor has.
const BUFFERS: usize = 4;

/// The largest rectangle of an output of `shape` that can change with one of `size`
/// in the input.
fn after(op: &Op<'_>, size: [usize; 2], shape: Shape) -> [usize; 2] {
    let window = match op {
        Op::Conv2d(conv) => &conv.window,
        Op::MaxPool(pool) => &pool.window,
        Op::Dense(_) => return [shape.height, shape.width],
        Op::Lookup(_) | Op::Concat => return size,
    };
    let ([height, width], window) = (size, *window);
    [
        most_reached(
            height,
            window.kernel_h,
            window.stride_h,
            window.dilation_h,
            shape.height,
        ),
        most_reached(
            width,
            window.kernel_w,
            window.stride_w,
            window.dilation_w,
            shape.width,
        ),
    ]
}

impl Layout {
    pub fn new(model: &Model<'_>, window_h: usize, window_w: usize) -> Self {
        let mut layout = Self {
            arena_bytes: 0,
            scratch_bytes: 0,
            starts: [0; BUFFERS * MAX_TENSORS + 1],
        };
        // The largest rectangle that a patch can change, per tensor.
        let mut largest = [[0_u16; 2]; MAX_TENSORS];
        for index in 0..model.tensor_count() {
            let Some(tensor) = model.form(index) else {
                break;
            };
            let shape = tensor.shape;
            let mut is_dense = false;
            let mut size = [window_h.min(shape.height), window_w.min(shape.width)];
            if let Some(layer) = index.checked_sub(1).and_then(|layer| model.layer(layer)) {
                is_dense = matches!(layer.op, Op::Dense(_));
                layout.scratch_bytes = layout.scratch_bytes.max(scratch_bytes(&layer.op));
                size = [0; 2];
                for &input in layer.inputs {
                    if let Some(&[h, w]) = largest.get(usize::from(input)) {
                        size = [size[0].max(h.into()), size[1].max(w.into())];
                    }
                }
                size = after(&layer.op, size, shape);
            }
            let [height, width] = size;
            let sums_bytes = if is_dense || tensor.is_logits {
                4 * shape.elements()
            } else {
                0
            };
            let undo_bytes = height * width * shape.channels;
            let undo_bytes = if tensor.is_logits { 0 } else { undo_bytes };
            let sizes = [sums_bytes, sums_bytes, tensor.bytes(), undo_bytes];
            for (buffer, bytes) in sizes.into_iter().enumerate() {
                if let Some(start) = layout.starts.get_mut(BUFFERS * index + buffer) {
                    *start = layout.arena_bytes as u32;
                }
                layout.arena_bytes += bytes.next_multiple_of(4);
            }
            if let Some(size) = largest.get_mut(index) {
                // No larger than the tensor, whose sides have 16 bits.
                *size = [height as u16, width as u16];
            }
        }
        if let Some(end) = layout.starts.get_mut(BUFFERS * model.tensor_count()) {
            *end = layout.arena_bytes as u32;
        }
        layout.arena_bytes += layout.scratch_bytes;
        layout
    }

    /// What the kernels need beside their tensors.
    pub fn scratch(&self) -> Range<usize> {
        self.arena_bytes - self.scratch_bytes..self.arena_bytes
    }

    /// Where a buffer of `tensor` lies: whole words, the last of which may not be full.
    #[inline(never)]
    pub fn place(&self, tensor: usize, buffer: Buffer) -> Range<usize> {
        let at = BUFFERS * tensor + buffer as usize;
        match self.starts.get(at..at + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        }
    }
}
