//! Evaluates only what changed, and puts it back.

use super::layout::{Layout, Lent};
use super::region::{KeptRegion, Region};
use crate::MAX_TENSORS;
use crate::arena::copy;
use crate::image::{Conv2d, Dense, Layer, MaxPool, Op, Shape};
use crate::ops::conv2d::{POOLS_SUMS, PooledPart, pooled as pooled_sums};
use crate::ops::{InputRows, Output, combine_with, concat, dense, lookup, max_pool, slide};
use crate::run::to_logits;

/// The state of an occlusion: which pixels of each tensor differ from the base.
///
/// Methods return `None` only if a buffer is not where the layout says, which
/// a checked image excludes.
///
/// Where `POOLS`, convolutions before a max-pool are pooled before they are requantised.
pub(super) struct Recompute<'l, const POOLS: bool = POOLS_SUMS> {
    layout: &'l Layout<'l>,
    /// Per tensor: what was saved and evaluated again.
    saved: [KeptRegion; MAX_TENSORS],
    /// Per tensor: the part of it that really changed.
    changed: [KeptRegion; MAX_TENSORS],
    macs: u64,
}

impl<'l, const POOLS: bool> Recompute<'l, POOLS> {
    pub fn new(layout: &'l Layout<'l>) -> Self {
        let clean = [KeptRegion::default(); MAX_TENSORS];
        Self {
            layout,
            saved: clean,
            changed: clean,
            macs: 0,
        }
    }

    /// Multiplications so far.
    pub fn macs(&self) -> u64 {
        self.macs
    }

    /// The base inference: everything, kept.
    pub fn base(&mut self, arena: &mut [u8], input: &[i8]) -> Option<()> {
        copy(input, self.layout.buffers(arena, 0)?.tensor);
        for index in 0..self.layout.model.layer_count() {
            self.evaluate(arena, index, true)?;
            let output = self.layout.buffers(arena, index + 1)?;
            copy(output.sums, output.base_sums);
        }
        Some(())
    }

    /// Puts the patch on the input and follows the change to the logits.
    ///
    /// Returns whether the logits were computed again.
    pub fn cover(&mut self, arena: &mut [u8], patch: Region, fill: i8) -> Option<bool> {
        self.save(arena, 0, patch)?;
        let shape = self.shape(0)?;
        let input = self.layout.buffers(arena, 0)?.tensor;
        for row in 0..patch.height {
            input.get_mut(patch.row(row, shape))?.fill(fill);
        }
        self.compare(arena, 0)?;
        for index in 0..self.layout.model.layer_count() {
            self.evaluate(arena, index, false)?;
        }
        let logits = self.saved.get(self.layout.model.layer_count())?;
        Some(!Region::from(*logits).is_empty())
    }

    /// Puts everything back as the base inference left it.
    pub fn restore(&mut self, arena: &mut [u8]) -> Option<()> {
        for index in 0..self.layout.model.tensor_count() {
            let region: Region = core::mem::take(self.saved.get_mut(index)?).into();
            *self.changed.get_mut(index)? = KeptRegion::default();
            if !region.is_empty() {
                let buffers = self.layout.buffers(arena, index)?;
                copy(buffers.base_sums, buffers.sums);
                self.copy_rows(arena, index, region, true)?;
            }
        }
        Some(())
    }

    /// The logits as they are now, made from the last layer's sums.
    pub fn logits<'a>(&self, arena: &'a mut [u8]) -> Option<&'a [f32]> {
        let last = self.layout.model.layer_count();
        let layer = self.layout.model.layer(last.checked_sub(1)?);
        let buffers = self.layout.buffers(arena, last)?;
        let logits: &mut [i32] = bytemuck::try_cast_slice_mut(buffers.tensor).ok()?;
        copy(buffers.sums, logits);
        to_logits(&layer.as_ref()?.op, logits);
        Some(bytemuck::must_cast_slice(logits))
    }

    fn shape(&self, tensor: usize) -> Option<Shape> {
        self.layout.model.shape(tensor)
    }

    /// Evaluates layer `index`: all of it for the base, else what it makes of the
    /// changes before it.
    #[inline(never)]
    fn evaluate(&mut self, arena: &mut [u8], index: usize, is_base: bool) -> Option<()> {
        let layer = self.layout.model.layer(index);
        let layer = layer.as_ref()?;
        let shape = layer.shape;
        if self.layout.is_pooled_away(layer.output) {
            return self.evaluate_pooled(arena, layer, is_base);
        }
        if self.layout.is_pooled_away(layer.input()) {
            // With the convolution before it.
            return Some(());
        }
        let (mut changed, mut region) = (Region::default(), Region::whole(shape));
        if !is_base {
            for &input in layer.inputs {
                changed = changed.union((*self.changed.get(usize::from(input))?).into());
            }
            region = match (layer.op.sliding(), &layer.op) {
                (Some(sliding), _) => changed.reached_by(sliding.window, shape),
                (None, Op::Dense(_)) if !changed.is_empty() => region,
                (None, _) => changed,
            };
            if region.is_empty() {
                return Some(());
            }
            self.save(arena, layer.output, region)?;
        }
        if let Op::Dense(dense) = &layer.op {
            self.sum_up(arena, layer, dense, (!is_base).then_some(changed))?;
        } else {
            self.slide(arena, layer, region)?;
        }
        if is_base {
            return Some(());
        }
        self.compare(arena, layer.output)
    }

    /// Evaluates a convolution and the max-pool after it.
    fn evaluate_pooled(
        &mut self,
        arena: &mut [u8],
        layer: &Layer<'_>,
        is_base: bool,
    ) -> Option<()> {
        let next = self.layout.model.layer(layer.output);
        let next = next.as_ref()?;
        let (Op::Conv2d(conv), Op::MaxPool(pool)) = (&layer.op, &next.op) else {
            return None;
        };
        let mut region = Region::whole(next.shape);
        if !is_base {
            let changed: Region = (*self.changed.get(layer.input())?).into();
            let made = changed.reached_by(&conv.window, layer.shape);
            region = made.reached_by(&pool.window, next.shape);
            if region.is_empty() {
                return Some(());
            }
            self.save(arena, next.output, region)?;
        }
        let lent = self.layout.lend(arena, layer.input(), next.output)?;
        if is_base {
            // A plan's bytes are used, all of them, whichever way a build computes.
            lent.scratch.fill(0);
        }
        // Polynomials have room wherever there are words for them.
        let is_possible = cfg!(not(thumb1)) || pooled_sums::is_possible(conv, pool);
        if POOLS && is_possible {
            pool_sums(conv, lent, region)?;
        } else {
            pool_rows(&layer.op, pool, lent, region)?;
        }
        // A pixel of the max-pool is made of four.
        let outputs = if is_base {
            layer.shape.elements()
        } else {
            4 * region.pixels() * conv.output.channels
        };
        self.macs += (outputs * conv.weights_per_output()) as u64;
        if is_base {
            return Some(());
        }
        self.compare(arena, next.output)
    }

    /// Keeps `region` of a tensor, to put it back and to see what changed.
    fn save(&mut self, arena: &mut [u8], tensor: usize, region: Region) -> Option<()> {
        *self.saved.get_mut(tensor)? = region.into();
        self.copy_rows(arena, tensor, region, false)
    }

    /// Copies the rows of `region` from a tensor to where they are kept, or back.
    #[inline(never)]
    fn copy_rows(
        &self,
        arena: &mut [u8],
        tensor: usize,
        region: Region,
        is_back: bool,
    ) -> Option<()> {
        if self.is_last(tensor) {
            return Some(());
        }
        let shape = self.shape(tensor)?;
        let buffers = self.layout.buffers(arena, tensor)?;
        for row in 0..region.height {
            let kept = buffers.undo.get_mut(region.kept_row(row, shape))?;
            let now = buffers.tensor.get_mut(region.row(row, shape))?;
            if is_back {
                copy(kept, now);
            } else {
                copy(now, kept);
            }
        }
        Some(())
    }

    /// Whether a tensor is the logits, which are made of its sums and not kept.
    fn is_last(&self, tensor: usize) -> bool {
        self.layout.model.is_last(tensor)
    }

    /// Shrinks what was saved of a tensor to the pixels that really changed.
    fn compare(&mut self, arena: &mut [u8], tensor: usize) -> Option<()> {
        if self.is_last(tensor) {
            return Some(());
        }
        let shape = self.shape(tensor)?;
        let saved: Region = (*self.saved.get(tensor)?).into();
        let buffers = self.layout.buffers(arena, tensor)?;
        let (mut top, mut bottom) = (0, 0);
        // Elements of a row, from the first to the last that differ in any.
        let (mut left, mut right) = (usize::MAX, 0);
        for row in 0..saved.height {
            let kept = buffers.undo.get(saved.kept_row(row, shape))?;
            let now = buffers.tensor.get(saved.row(row, shape))?;
            let differs = |(now, kept): (&i8, &i8)| now != kept;
            if let Some(first) = now.iter().zip(kept).position(differs) {
                let last = now.iter().zip(kept).rposition(differs).unwrap_or(first);
                if right == 0 {
                    top = row;
                }
                (left, right, bottom) = (left.min(first), right.max(last + 1), row + 1);
            }
        }
        let channels = shape.channels.max(1);
        let (left, right) = (left.min(right) / channels, right.div_ceil(channels));
        let changed = Region {
            top: saved.top + top,
            left: saved.left + left,
            height: bottom - top,
            width: right - left,
        };
        *self.changed.get_mut(tensor)? = changed.into();
        Some(())
    }

    /// Evaluates `region` of a layer that is not dense.
    fn slide(&mut self, arena: &mut [u8], layer: &Layer<'_>, region: Region) -> Option<()> {
        let shape = layer.shape;
        let columns = region.left..region.left + region.width;
        let mut first_channel = 0;
        for (operand, &input) in layer.inputs.iter().enumerate() {
            let source = self.shape(input.into())?;
            let lent = self.layout.lend(arena, input.into(), layer.output)?;
            let x = lent.input;
            for row in 0..region.height {
                let elements = region.row(row, shape);
                let y = if self.is_last(layer.output) {
                    Output::Sums(lent.sums.get_mut(elements.clone())?)
                } else {
                    Output::Int8(lent.output.get_mut(elements.clone())?)
                };
                match (&layer.op, y) {
                    (Op::Lookup(table), Output::Int8(y)) => {
                        lookup::apply(table, x.get(elements)?, y);
                    }
                    // The first operand is kept in the output's place until the second comes.
                    (Op::Add(_) | Op::Mul(_), Output::Int8(y)) if operand == 0 => {
                        copy(x.get(elements)?, y);
                    }
                    (op @ (Op::Add(_) | Op::Mul(_)), Output::Int8(y)) => {
                        combine_with(op, x.get(elements)?, y)?;
                    }
                    (Op::Concat, Output::Int8(y)) => concat::place(
                        x.get(region.row(row, source))?,
                        source.channels,
                        first_channel,
                        shape.channels,
                        y,
                    ),
                    (op, y) => slide(
                        op,
                        InputRows::all(x),
                        region.top + row,
                        columns.clone(),
                        lent.scratch,
                        y,
                    )?,
                }
            }
            first_channel += source.channels;
        }
        if let Op::Conv2d(conv) = &layer.op {
            let outputs = region.pixels() * shape.channels;
            self.macs += (outputs * conv.weights_per_output()) as u64;
        }
        Some(())
    }

    /// All sums of a dense layer from its whole input, or by what `changed` in that;
    /// then the output.
    fn sum_up(
        &mut self,
        arena: &mut [u8],
        layer: &Layer<'_>,
        dense: &Dense<'_>,
        changed: Option<Region>,
    ) -> Option<()> {
        let from = layer.input();
        let shape = self.shape(from)?;
        let lent = self.layout.lend(arena, from, layer.output)?;
        let elements = if let Some(changed) = changed {
            let saved: Region = (*self.saved.get(from)?).into();
            for row in 0..changed.height {
                let now = changed.row(row, shape);
                let kept = saved.kept_row(changed.top + row - saved.top, shape).start;
                let kept = kept + (changed.left - saved.left) * shape.channels;
                let old = lent.undo.get(kept..kept + now.len())?;
                let first = now.start;
                dense::accumulate_change(dense, first, lent.input.get(now)?, old, lent.sums);
            }
            changed.pixels() * shape.channels
        } else {
            dense::outputs(dense, lent.input, Output::Sums(lent.sums));
            shape.elements()
        };
        self.macs += (elements * dense.bias.len()) as u64;
        if !self.is_last(layer.output) {
            dense::requantize_all(dense, lent.sums, lent.output);
        }
        Some(())
    }
}

/// Evaluates `region` of the max-pool after a convolution from the convolution's sums.
fn pool_sums(conv: &Conv2d<'_>, lent: Lent<'_>, region: Region) -> Option<()> {
    let shape = Shape {
        height: conv.output.height / 2,
        width: conv.output.width / 2,
        channels: conv.output.channels,
    };
    for row in 0..region.height {
        let part = PooledPart {
            y: region.top + row,
            is_first: row == 0,
            columns: region.left..region.left + region.width,
        };
        let input = InputRows::all(lent.input);
        pooled_sums::fill(conv, input, &part, lent.scratch);
        let to = lent.output.get_mut(region.row(row, shape))?;
        pooled_sums::pooled_row(conv, lent.scratch, to);
    }
    Some(())
}

/// The same from the convolution's rows, one at a time.
fn pool_rows(op: &Op<'_>, pool: &MaxPool, lent: Lent<'_>, region: Region) -> Option<()> {
    let channels = pool.output.channels;
    let row_bytes = 2 * region.width * channels;
    let words = lent.scratch.len().checked_sub(row_bytes.div_ceil(4))?;
    let (scratch, made) = lent.scratch.split_at_mut_checked(words)?;
    let made: &mut [i8] = bytemuck::must_cast_slice_mut(made);
    let made = made.get_mut(..row_bytes)?;
    let columns = 2 * region.left..2 * (region.left + region.width);
    for row in 0..region.height {
        let to = lent.output.get_mut(region.row(row, pool.output))?;
        to.fill(i8::MIN);
        for y in [0, 1].map(|down| 2 * (region.top + row) + down) {
            let input = InputRows::all(lent.input);
            slide(op, input, y, columns.clone(), scratch, Output::Int8(made))?;
            max_pool::include_pairs(made, channels, to);
        }
    }
    Some(())
}
