//! Where an occlusion keeps its bases and what it overwrites.

use super::region::most_reached;
use crate::MAX_TENSORS;
use crate::arena::{accumulators, int8, words};
use crate::image::{Layer, Model, Op, tensor_bytes as bytes_of};
use crate::ops::conv2d::polynomials;
use crate::ops::{fused_scratch_bytes, scratch_bytes};
use crate::plan::Mode;

/// Arena offsets for one patch size.
///
/// The buffers of one tensor lie after those of the one before, each on a word
/// boundary, the kernels' scratch after the last:
///
/// ```text
/// | sums | the base's sums | tensor | undo | sums … | scratch |
/// ```
pub(super) struct Layout<'m> {
    pub model: &'m Model<'m>,
    pub arena_bytes: usize,
    scratch_bytes: usize,
    /// Of every tensor, and where the last one's buffers end.
    places: [Place; MAX_TENSORS + 1],
}

/// Where the buffers of a tensor begin, and where the tensor itself does: few words,
/// because they lie on the stack.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    tensor: u32,
}

/// What an occlusion has of a tensor.
pub(super) struct Buffers<'a> {
    /// The accumulators behind it; empty for other layers than dense and last.
    pub sums: &'a mut [i32],
    /// The same as the base inference left them.
    pub base_sums: &'a mut [i32],
    /// The tensor as it is now, up to a word boundary.
    pub tensor: &'a mut [i8],
    /// What the patch overwrote of it, row by row.
    pub undo: &'a mut [i8],
}

/// What an evaluation of a layer works on.
pub(super) struct Lent<'a> {
    /// What it reads, as it is now.
    pub input: &'a [i8],
    /// What the patch overwrote of that.
    pub undo: &'a [i8],
    /// What it writes.
    pub output: &'a mut [i8],
    /// The accumulators behind that; empty for other layers than dense and last.
    pub sums: &'a mut [i32],
    pub scratch: &'a mut [u32],
}

impl<'m> Layout<'m> {
    #[inline(never)]
    pub fn new(model: &'m Model<'m>, window_h: usize, window_w: usize) -> Self {
        let mut layout = Self {
            model,
            arena_bytes: 0,
            scratch_bytes: 0,
            places: [Place::default(); MAX_TENSORS + 1],
        };
        // The largest rectangle that a patch can change, per tensor.
        let mut largest = [[0_u16; 2]; MAX_TENSORS];
        for index in 0..model.tensor_count() {
            let Some(shape) = model.shape(index) else {
                break;
            };
            let mut size = [window_h.min(shape.height), window_w.min(shape.width)];
            let mut sums_bytes = 0;
            let mut is_pooled_away = false;
            let layer = index.checked_sub(1).and_then(|layer| model.layer(layer));
            if let Some(layer) = &layer {
                size = changed_by(layer, &largest);
                if model.is_last(index) || matches!(layer.op, Op::Dense(_)) {
                    sums_bytes = 4 * shape.elements();
                }
                let pooled_bytes = pooled_scratch_bytes(model, layer);
                is_pooled_away = pooled_bytes.is_some();
                let scratch_bytes = pooled_bytes.unwrap_or_else(|| scratch_bytes(&layer.op));
                layout.scratch_bytes = layout.scratch_bytes.max(scratch_bytes);
            }
            // No larger than the tensor, whose sides have 16 bits.
            let [height, width] = size;
            if let Some(size) = largest.get_mut(index) {
                *size = [height as u16, width as u16];
            }
            let mut kept_bytes = tensor_bytes(model, index);
            if !model.is_last(index) {
                kept_bytes += whole_words(height * width * shape.channels);
            }
            if is_pooled_away {
                kept_bytes = 0;
            }
            let tensor = layout.arena_bytes.saturating_add(2 * sums_bytes);
            let end = tensor.saturating_add(kept_bytes);
            if let Some([place, next]) = layout.places.get_mut(index..index + 2) {
                place.tensor = tensor as u32;
                next.start = end as u32;
            }
            // Saturating: no arena is as large as what leaves the numbers.
            layout.arena_bytes = end;
        }
        layout.arena_bytes = layout.arena_bytes.saturating_add(layout.scratch_bytes);
        layout
    }

    /// Whether `tensor` is a convolution's that is pooled as it is computed: there is nothing
    /// of it.
    pub fn is_pooled_away(&self, tensor: usize) -> bool {
        let places = self.places.get(tensor..tensor + 2);
        matches!(places, Some([place, next]) if place.start == next.start)
    }

    /// The buffers of `tensor`.
    #[inline(never)]
    pub fn buffers<'a>(&self, arena: &'a mut [u8], tensor: usize) -> Option<Buffers<'a>> {
        self.split(arena, tensor).map(|(_, buffers)| buffers)
    }

    /// What a layer needs that reads tensor `input` and writes `output`.
    pub fn lend<'a>(&self, arena: &'a mut [u8], input: usize, output: usize) -> Option<Lent<'a>> {
        let scratch = self.arena_bytes - self.scratch_bytes;
        let (arena, scratch) = arena.split_at_mut_checked(scratch)?;
        let scratch = words(scratch.get_mut(..self.scratch_bytes)?)?;
        // A layer reads what was written before.
        let (before, output) = self.split(arena, output)?;
        let input = self.buffers(before, input)?;
        Some(Lent {
            input: input.tensor,
            undo: input.undo,
            output: output.tensor,
            sums: output.sums,
            scratch,
        })
    }

    /// What of the arena is before the buffers of `tensor`, and these.
    #[inline(never)]
    fn split<'a>(&self, arena: &'a mut [u8], tensor: usize) -> Option<(&'a mut [u8], Buffers<'a>)> {
        let Some(&[place, next]) = self.places.get(tensor..tensor + 2) else {
            return None;
        };
        let bytes = tensor_bytes(self.model, tensor);
        let arena = arena.get_mut(..next.start as usize)?;
        let (arena, from_tensor) = arena.split_at_mut_checked(place.tensor as usize)?;
        // There is nothing of one that is pooled away.
        let bytes = bytes.min(from_tensor.len());
        let (tensor, undo) = from_tensor.split_at_mut_checked(bytes)?;
        let (before, sums) = arena.split_at_mut_checked(place.start as usize)?;
        let sums = accumulators(sums)?;
        let (sums, base_sums) = sums.split_at_mut_checked(sums.len() / 2)?;
        let buffers = Buffers {
            sums,
            base_sums,
            tensor: int8(tensor),
            undo: int8(undo),
        };
        Some((before, buffers))
    }
}

/// What the kernel of a convolution needs that is pooled away, with a row of it: one with words
/// for pooled sums, whose tensor the fused plan has no place for and a max-pool reads.
#[inline(never)]
fn pooled_scratch_bytes(model: &Model<'_>, layer: &Layer<'_>) -> Option<usize> {
    let plan = model.plan(Mode::Fused)?;
    let next = model.layer(layer.output);
    let (Op::Conv2d(conv), Op::MaxPool(pool)) = (&layer.op, &next.as_ref()?.op) else {
        return None;
    };
    if plan.place(layer.output).is_some() || polynomials::needs(conv, pool) == 0 {
        return None;
    }
    let row_bytes = whole_words(layer.shape.row_elements());
    Some(fused_scratch_bytes(&layer.op, row_bytes, pool).saturating_add(row_bytes))
}

/// The largest rectangle of the output of `layer` that can change with the `largest` of
/// what it reads.
fn changed_by(layer: &Layer<'_>, largest: &[[u16; 2]; MAX_TENSORS]) -> [usize; 2] {
    let shape = layer.shape;
    let &[input] = layer.inputs else {
        // What changes in several inputs need not lie in the same place.
        return [shape.height, shape.width];
    };
    let size = largest.get(usize::from(input));
    let [height, width] = size.map_or([0; 2], |size| size.map(usize::from));
    let window = match (layer.op.sliding(), &layer.op) {
        (Some(sliding), _) => sliding.window,
        (None, Op::Dense(_)) => return [shape.height, shape.width],
        (None, _) => return [height, width],
    };
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

/// Bytes of a tensor, up to a word boundary.
#[inline(never)]
fn tensor_bytes(model: &Model<'_>, tensor: usize) -> usize {
    let bytes = model.tensors.get(tensor).map_or(0, bytes_of);
    whole_words(bytes)
}

fn whole_words(bytes: usize) -> usize {
    bytes.next_multiple_of(4)
}
