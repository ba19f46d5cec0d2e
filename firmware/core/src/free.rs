//! Finds ranges of the arena that are free between two steps.

use crate::image::Model;
use crate::plan::{Plan, Step};

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
        let mut next = arena.len()..arena.len();
        for tensor in 0..model.tensor_count() {
            if !is_live(model, plan, index, tensor) {
                continue;
            }
            match plan.place(tensor) {
                Some(place) if place.end > at && place.start < next.start => next = place,
                _ => {}
            }
        }
        if let Some(part) = arena.get_mut(at..next.start) {
            found(part);
        }
        at = next.end;
    }
}

/// Whether `tensor` is there when step `index` begins, and still needed.
pub(crate) fn is_live(model: &Model<'_>, plan: &Plan<'_>, index: usize, tensor: usize) -> bool {
    // Whoever asked for the run reads the logits.
    is_written(plan, index, tensor)
        && (tensor == model.layer_count() || is_read(model, plan, index, tensor))
}

/// Whether `tensor` is there when step `index` begins.
pub(crate) fn is_written(plan: &Plan<'_>, index: usize, tensor: usize) -> bool {
    for record in plan.steps.get(..index).unwrap_or_default() {
        let layers = Step::from(record).layers;
        if layers.start < tensor && tensor <= layers.end {
            return true;
        }
    }
    tensor == 0
}

/// Whether step `index` or a later one reads `tensor`.
fn is_read(model: &Model<'_>, plan: &Plan<'_>, index: usize, tensor: usize) -> bool {
    for record in plan.steps.get(index..).unwrap_or_default() {
        for layer in Step::from(record).layers {
            if model.reads(layer, tensor) {
                return true;
            }
        }
    }
    false
}

impl Plan<'_> {
    /// Bytes of arena from its beginning to the last one in use while the step
    /// runs that writes `tensor`: what is still needed of earlier steps, what the
    /// step writes, and what it needs beside. 0 for a tensor that no step writes.
    pub fn in_use_bytes(&self, model: &Model<'_>, tensor: usize) -> usize {
        let Some(layer) = tensor.checked_sub(1) else {
            return 0;
        };
        let mut steps = self.steps().enumerate();
        let Some((index, step)) = steps.find(|(_, step)| step.layers.contains(&layer)) else {
            return 0;
        };
        let held = (0..model.tensor_count()).filter(|&other| {
            let is_made = (step.layers.start + 1..=step.layers.end).contains(&other);
            is_made || is_live(model, self, index, other)
        });
        let ends = held.filter_map(|other| self.place(other));
        ends.map(|place| place.end).fold(step.row.end, usize::max)
    }
}
