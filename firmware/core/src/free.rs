//! What of the arena holds nothing between two steps.

use crate::image::Model;
use crate::image::format::{StepRecord, step};
use crate::plan::{Plan, Step};
use core::ops::Range;

/// Calls `found` for each part of `arena` that holds nothing which step `index`
/// or a later one reads, in order.
pub(crate) fn parts(
    model: &Model<'_>,
    plan: &Plan<'_>,
    index: usize,
    arena: &mut [u8],
    mut found: impl FnMut(&mut [u8]),
) {
    let mut at = 0;
    while at < arena.len() {
        let live = (0..model.tensor_count())
            .filter(|&tensor| is_live(model, plan, index, tensor))
            .filter_map(|tensor| plan.place(model, tensor))
            .filter(|place| place.end > at)
            .min_by_key(|place| place.start);
        let next = live.unwrap_or(arena.len()..arena.len());
        if let Some(part) = arena.get_mut(at..next.start) {
            found(part);
        }
        at = next.end;
    }
}

/// Whether `tensor` is there when step `index` begins, and still needed.
fn is_live(model: &Model<'_>, plan: &Plan<'_>, index: usize, tensor: usize) -> bool {
    let (before, from_now) = plan.steps.split_at(index.min(plan.steps.len()));
    let mut written = before.iter().flat_map(layers);
    let is_there = tensor == 0 || written.any(|layer| layer + 1 == tensor);
    let mut to_come = from_now.iter().flat_map(layers);
    let is_read = to_come.any(|layer| {
        let mut inputs = model.inputs(layer).iter();
        inputs.any(|&input| usize::from(input) == tensor)
    });
    // Whoever asked for the run reads the logits.
    is_there && (is_read || tensor == model.layer_count())
}

/// The layers that a step runs.
pub(crate) fn layers(record: &StepRecord) -> Range<usize> {
    let first = usize::from(record.layer);
    first..first + if record.kind == step::CONV_POOL { 2 } else { 1 }
}

impl Plan<'_> {
    /// Bytes of arena from its beginning to the last one in use while the step
    /// runs that writes `tensor`: what is still needed of earlier steps, what the
    /// step writes, and what it needs beside. 0 for a tensor that no step writes.
    pub fn in_use_bytes(&self, model: &Model<'_>, tensor: usize) -> usize {
        let steps = || self.steps().zip(self.steps).enumerate();
        let written = |record| layers(record).any(|layer| layer + 1 == tensor);
        let Some((index, (step, record))) = steps().find(|(_, (_, record))| written(record)) else {
            return 0;
        };
        let beside = match step {
            Step::Layer { scratch, .. } => scratch.end,
            Step::ConvPool { row, .. } => row.end,
        };
        let held = (0..model.tensor_count()).filter(|&other| {
            is_live(model, self, index, other) || layers(record).any(|layer| layer + 1 == other)
        });
        let ends = held.filter_map(|other| self.place(model, other));
        ends.map(|place| place.end).fold(beside, usize::max)
    }
}
