//! Where an occlusion keeps its bases and what it overwrites.

use super::region::most_reached;
use crate::MAX_TENSORS;
use crate::image::{Model, Op, Window};
use crate::ops::scratch_bytes;
use core::ops::Range;

/// Arena offsets for one patch size.
pub(super) struct Layout {
    /// Bytes from the first to the last buffer.
    pub arena_bytes: usize,
    /// The scratch lies before the first buffer.
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

impl Layout {
    pub fn new(model: &Model<'_>, window_h: usize, window_w: usize) -> Self {
        let mut layout = Self {
            arena_bytes: 0,
            scratch_bytes: 0,
            starts: [0; BUFFERS * MAX_TENSORS + 1],
        };
        // One layer runs at a time.
        let scratch_bytes = model.layers().map(|layer| scratch_bytes(&layer.op)).max();
        layout.scratch_bytes = scratch_bytes.unwrap_or(0);
        layout.arena_bytes = layout.scratch_bytes.next_multiple_of(4);
        // The largest rectangle that a patch can change, per tensor.
        let mut largest = [[0_u16; 2]; MAX_TENSORS];
        for index in 0..model.tensor_count() {
            let Some(tensor) = model.form(index) else {
                break;
            };
            let shape = tensor.shape;
            let layer = index.checked_sub(1).and_then(|layer| model.layer(layer));
            let (height, width) = match layer {
                None => (window_h.min(shape.height), window_w.min(shape.width)),
                Some(layer) => {
                    let inputs = layer.inputs.iter();
                    let (h, w) = inputs
                        .filter_map(|&input| largest.get(usize::from(input)))
                        .map(|&[h, w]| (usize::from(h), usize::from(w)))
                        .fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
                    let slid = |window: &Window| {
                        let Window {
                            kernel_h,
                            kernel_w,
                            stride_h,
                            stride_w,
                            ..
                        } = *window;
                        let Window {
                            dilation_h,
                            dilation_w,
                            ..
                        } = *window;
                        (
                            most_reached(h, kernel_h, stride_h, dilation_h, shape.height),
                            most_reached(w, kernel_w, stride_w, dilation_w, shape.width),
                        )
                    };
                    match &layer.op {
                        Op::Conv2d(conv) => slid(&conv.window),
                        Op::MaxPool(pool) => slid(&pool.window),
                        Op::Dense(_) => (shape.height, shape.width),
                        Op::Lookup(_) | Op::Concat => (h, w),
                    }
                }
            };
            let is_dense = layer.is_some_and(|layer| matches!(layer.op, Op::Dense(_)));
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
        layout
    }

    /// What the kernels need beside their tensors.
    pub fn scratch(&self) -> Range<usize> {
        0..self.scratch_bytes
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
