//! Evaluates only what changed, and puts it back.

use super::layout::{Buffer, Layout};
use super::region::{KeptRegion, Region};
use crate::MAX_TENSORS;
use crate::arena::{accumulators, copy, int8, parts, words};
use crate::image::{Dense, Layer, Model, Op, Quantiser, Shape};
use crate::ops::{InputRows, Output, concat, conv2d, dense, lookup, max_pool};

/// The state of an occlusion: which pixels of each tensor differ from the base.
///
/// Methods return `None` only if a buffer is not where the layout says, which
/// a checked image excludes.
pub(super) struct Recompute<'m, 'l> {
    model: &'m Model<'m>,
    layout: &'l Layout,
    /// Per tensor: what was saved and evaluated again.
    saved: [KeptRegion; MAX_TENSORS],
    /// Per tensor: the part of it that really changed.
    changed: [KeptRegion; MAX_TENSORS],
    macs: u64,
}

impl<'m, 'l> Recompute<'m, 'l> {
    pub fn new(model: &'m Model<'m>, layout: &'l Layout) -> Self {
        let clean = [KeptRegion::default(); MAX_TENSORS];
        Self {
            model,
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

    /// Buffers of tensors, borrowed at once.
    fn lend<'a, const N: usize>(
        &self,
        arena: &'a mut [u8],
        buffers: [(usize, Buffer); N],
    ) -> Option<[&'a mut [u8]; N]> {
        parts(
            arena,
            buffers.map(|(tensor, buffer)| self.layout.place(tensor, buffer)),
        )
    }

    /// What was saved of a tensor.
    fn saved_of(&self, tensor: usize) -> Option<Region> {
        self.saved.get(tensor).copied().map(Region::from)
    }

    /// The base inference: everything, kept.
    pub fn base(&mut self, arena: &mut [u8], input: &[i8]) -> Option<()> {
        copy(
            input,
            int8(arena.get_mut(self.layout.place(0, Buffer::Tensor))?),
        );
        for index in 0..self.model.layer_count() {
            let layer = self.model.layer(index)?;
            let tensor = self.model.form(layer.output)?;
            if let Op::Dense(dense) = &layer.op {
                self.sum_up(arena, &layer, dense)?;
                if !tensor.is_logits {
                    self.requantize(arena, layer.output, dense)?;
                }
            } else {
                self.evaluate(arena, &layer, Region::whole(tensor.shape))?;
            }
            let [sums, kept] = self.lend(
                arena,
                [
                    (layer.output, Buffer::Sums),
                    (layer.output, Buffer::BaseSums),
                ],
            )?;
            copy(sums, kept);
        }
        Some(())
    }

    /// Puts the patch on the input and follows the change to the logits.
    ///
    /// Returns whether the logits were computed again.
    pub fn cover(&mut self, arena: &mut [u8], patch: Region, fill: i8) -> Option<bool> {
        self.save(arena, 0, patch)?;
        let shape = self.model.form(0)?.shape;
        let input = int8(arena.get_mut(self.layout.place(0, Buffer::Tensor))?);
        for row in 0..patch.height {
            input.get_mut(patch.row(row, shape))?.fill(fill);
        }
        self.compare(arena, 0)?;
        for index in 0..self.model.layer_count() {
            self.update(arena, index)?;
        }
        Some(!self.saved_of(self.model.layer_count())?.is_empty())
    }

    /// Puts everything back as the base inference left it.
    pub fn restore(&mut self, arena: &mut [u8]) -> Option<()> {
        for index in 0..self.model.tensor_count() {
            let region: Region = core::mem::take(self.saved.get_mut(index)?).into();
            *self.changed.get_mut(index)? = KeptRegion::default();
            if region.is_empty() {
                continue;
            }
            let [sums, kept] =
                self.lend(arena, [(index, Buffer::Sums), (index, Buffer::BaseSums)])?;
            copy(kept, sums);
            self.copy_rows(arena, index, region, true)?;
        }
        Some(())
    }

    /// The logits as they are now, made from the last layer's sums.
    pub fn logits<'a>(&self, arena: &'a mut [u8]) -> Option<&'a [f32]> {
        let last = self.model.layer_count();
        let layer = self.model.layer(last.checked_sub(1)?)?;
        let Quantiser { multipliers, .. } = layer.op.quantiser()?;
        let [sums, logits] = self.lend(arena, [(last, Buffer::Sums), (last, Buffer::Tensor)])?;
        let sums = accumulators(sums)?;
        let logits: &mut [f32] = bytemuck::try_cast_slice_mut(logits).ok()?;
        for (at, (logit, &mut sum)) in logits.iter_mut().zip(sums).enumerate() {
            *logit = sum as f32 * multipliers.get(at % multipliers.len().max(1))?;
        }
        Some(logits)
    }

    /// Evaluates what layer `index` makes of the changes before it.
    fn update(&mut self, arena: &mut [u8], index: usize) -> Option<()> {
        let layer = self.model.layer(index)?;
        let output = self.model.form(layer.output)?;
        let mut changed = Region::default();
        for &input in layer.inputs {
            changed = changed.union((*self.changed.get(usize::from(input))?).into());
        }
        if changed.is_empty() {
            return Some(());
        }
        let region = match &layer.op {
            Op::Conv2d(conv) => changed.reached_by(&conv.window, output.shape),
            Op::MaxPool(pool) => changed.reached_by(&pool.window, output.shape),
            Op::Lookup(_) | Op::Concat => changed,
            Op::Dense(_) => Region::whole(output.shape),
        };
        if region.is_empty() {
            return Some(());
        }
        self.save(arena, layer.output, region)?;
        if let Op::Dense(dense) = &layer.op {
            self.add_changes(arena, &layer, dense, changed)?;
            if !output.is_logits {
                self.requantize(arena, layer.output, dense)?;
            }
        } else {
            self.evaluate(arena, &layer, region)?;
        }
        if output.is_logits {
            Some(())
        } else {
            self.compare(arena, layer.output)
        }
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
        let form = self.model.form(tensor)?;
        if form.is_logits {
            return Some(());
        }
        let [base, undo] = self.lend(arena, [(tensor, Buffer::Tensor), (tensor, Buffer::Undo)])?;
        let rows = undo.chunks_exact_mut(region.row_elements(form.shape));
        for (row, kept) in rows.take(region.height).enumerate() {
            let now = base.get_mut(region.row(row, form.shape))?;
            if is_back {
                copy(kept, now);
            } else {
                copy(now, kept);
            }
        }
        Some(())
    }

    /// Shrinks what was saved of a tensor to the pixels that really changed.
    fn compare(&mut self, arena: &mut [u8], tensor: usize) -> Option<()> {
        let shape = self.model.form(tensor)?.shape;
        let saved = self.saved_of(tensor)?;
        let [base, undo] = self.lend(arena, [(tensor, Buffer::Tensor), (tensor, Buffer::Undo)])?;
        let channels = shape.channels.max(1);
        let mut changed = Region::default();
        for (row, kept) in undo
            .chunks_exact(saved.row_elements(shape))
            .take(saved.height)
            .enumerate()
        {
            let now = base.get(saved.row(row, shape))?;
            let differs = |(now, kept): (&u8, &u8)| now != kept;
            let Some(first) = now.iter().zip(kept).position(differs) else {
                continue;
            };
            let last = now.iter().zip(kept).rposition(differs).unwrap_or(first);
            let (first, last) = (first / channels, last / channels);
            changed = changed.union(Region {
                top: saved.top + row,
                left: saved.left + first,
                height: 1,
                width: last - first + 1,
            });
        }
        *self.changed.get_mut(tensor)? = changed.into();
        Some(())
    }

    /// Evaluates `region` of a layer that is not dense.
    fn evaluate(&mut self, arena: &mut [u8], layer: &Layer<'_>, region: Region) -> Option<()> {
        let output = self.model.form(layer.output)?;
        let mut first_channel = 0;
        for &input in layer.inputs {
            let from = self.layout.place(input.into(), Buffer::Tensor);
            let to = if output.is_logits {
                self.layout.place(layer.output, Buffer::Sums)
            } else {
                self.layout.place(layer.output, Buffer::Tensor)
            };
            let [x, y, scratch] = parts(arena, [from, to, self.layout.scratch()])?;
            let (x, scratch) = (int8(x), words(scratch)?);
            let mut y = Output::of(y, output.is_logits)?;
            let source = self.model.form(input.into())?.shape;
            for row in 0..region.height {
                let at = region.top + row;
                let columns = region.left..region.left + region.width;
                let elements = region.row(row, output.shape);
                match (&layer.op, y.part(elements.clone())?) {
                    (Op::Conv2d(conv), y) => {
                        conv2d::row(conv, InputRows::all(x), at, columns, scratch, y);
                    }
                    (Op::MaxPool(pool), Output::Int8(y)) => {
                        max_pool::row(pool, InputRows::all(x), at, columns, y);
                    }
                    (Op::Lookup(table), Output::Int8(y)) => {
                        lookup::apply(table, x.get(elements)?, y);
                    }
                    (Op::Concat, Output::Int8(y)) => concat::place(
                        x.get(region.row(row, source))?,
                        source.channels,
                        first_channel,
                        output.shape.channels,
                        y,
                    ),
                    _ => return None,
                }
            }
            first_channel += source.channels;
        }
        if let Op::Conv2d(conv) = &layer.op {
            let outputs = region.pixels() * output.shape.channels;
            self.macs += (outputs * conv.weights_per_output()) as u64;
        }
        Some(())
    }

    /// All sums of a dense layer from its whole input.
    fn sum_up(&mut self, arena: &mut [u8], layer: &Layer<'_>, dense: &Dense<'_>) -> Option<()> {
        let [x, sums] = self.lend(
            arena,
            [
                (layer.input(), Buffer::Tensor),
                (layer.output, Buffer::Sums),
            ],
        )?;
        dense::outputs(dense, int8(x), Output::Sums(accumulators(sums)?));
        self.macs += dense.weights.len() as u64;
        Some(())
    }

    /// Adds to a dense layer's sums what changed in its input.
    fn add_changes(
        &mut self,
        arena: &mut [u8],
        layer: &Layer<'_>,
        dense: &Dense<'_>,
        changed: Region,
    ) -> Option<()> {
        let input = layer.input();
        let shape: Shape = self.model.form(input)?.shape;
        let saved = self.saved_of(input)?;
        let [now, undo, sums] = self.lend(
            arena,
            [
                (input, Buffer::Tensor),
                (input, Buffer::Undo),
                (layer.output, Buffer::Sums),
            ],
        )?;
        let (now, undo, sums) = (int8(now), int8(undo), accumulators(sums)?);
        for row in 0..changed.height {
            let elements = changed.row(row, shape);
            let kept_row = (changed.top + row - saved.top) * saved.row_elements(shape);
            let kept = kept_row + (changed.left - saved.left) * shape.channels;
            let old = undo.get(kept..kept + elements.len())?;
            dense::accumulate_change(dense, elements.start, now.get(elements)?, old, sums);
        }
        self.macs += (changed.pixels() * shape.channels * dense.bias.len()) as u64;
        Some(())
    }

    /// A dense layer's int8 output from its sums.
    fn requantize(&self, arena: &mut [u8], tensor: usize, dense: &Dense<'_>) -> Option<()> {
        let [sums, output] =
            self.lend(arena, [(tensor, Buffer::Sums), (tensor, Buffer::Tensor)])?;
        dense::requantize_all(dense, accumulators(sums)?, int8(output));
        Some(())
    }
}
