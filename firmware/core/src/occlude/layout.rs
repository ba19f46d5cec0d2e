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
    scratch: Range<usize>,
    places: [Place; MAX_TENSORS],
}

/// The buffers of one tensor, one after the other, each from a word boundary on:
/// sums, the same as the base left them, the tensor, and what is overwritten of it.
/// Few words, because there is one for each tensor and they lie on the stack.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    sums_bytes: u32,
    bytes: u32,
    undo_bytes: u32,
}

impl Place {
    /// Of the four buffers, number `index`.
    fn buffer(self, index: usize) -> Range<usize> {
        let Self {
            start,
            sums_bytes,
            bytes,
            undo_bytes,
        } = self;
        let sizes = [sums_bytes, sums_bytes, bytes, undo_bytes].map(|bytes| bytes as usize);
        let before = sizes.iter().take(index);
        let before: usize = before.map(|bytes| bytes.next_multiple_of(4)).sum();
        let start = start as usize + before;
        start..start + sizes.get(index).copied().unwrap_or(0)
    }
}

impl Layout {
    pub fn new(model: &Model<'_>, window_h: usize, window_w: usize) -> Self {
        let mut layout = Self {
            arena_bytes: 0,
            scratch: 0..0,
            places: [Place::default(); MAX_TENSORS],
        };
        // One layer runs at a time.
        let scratch_bytes = model.layers().map(|layer| scratch_bytes(&layer.op)).max();
        layout.scratch.end = scratch_bytes.unwrap_or(0);
        layout.take(layout.scratch.end);
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
            let place = Place {
                start: layout.arena_bytes as u32,
                sums_bytes: sums_bytes as u32,
                bytes: tensor.bytes() as u32,
                undo_bytes: undo_bytes as u32,
            };
            for bytes in [sums_bytes, sums_bytes, tensor.bytes(), undo_bytes] {
                layout.take(bytes);
            }
            if let (Some(slot), Some(size)) = (layout.places.get_mut(index), largest.get_mut(index))
            {
                *slot = place;
                // No larger than the tensor, whose sides have 16 bits.
                *size = [height as u16, width as u16];
            }
        }
        layout
    }

    /// What the kernels need beside their tensors.
    pub fn scratch(&self) -> Range<usize> {
        self.scratch.clone()
    }

    /// The tensor as it is now.
    pub fn tensor(&self, tensor: usize) -> Range<usize> {
        self.place(tensor).buffer(2)
    }

    /// What the patch overwrote of it.
    pub fn undo(&self, tensor: usize) -> Range<usize> {
        self.place(tensor).buffer(3)
    }

    /// The accumulators behind it; empty for other layers than dense and last.
    pub fn sums(&self, tensor: usize) -> Range<usize> {
        self.place(tensor).buffer(0)
    }

    /// The accumulators as the base inference left them.
    pub fn base_sums(&self, tensor: usize) -> Range<usize> {
        self.place(tensor).buffer(1)
    }

    fn place(&self, tensor: usize) -> Place {
        self.places.get(tensor).copied().unwrap_or_default()
    }

    /// Room for `bytes`, up to a word boundary.
    fn take(&mut self, bytes: usize) {
        self.arena_bytes += bytes.next_multiple_of(4);
    }
}
