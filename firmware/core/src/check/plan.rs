//! The check of one plan: every layer once, after those that it reads, and
//! nothing overwritten that is still needed.

use super::{SpanField, check_spans};
use crate::free;
use crate::image::format::{PlanRecord, StepRecord, op, step};
use crate::image::{ImageError, Model, Op, Part, PlanProblem};
use crate::ops;
use crate::plan::{Mode, Plan, Step};
use crate::rows::{HAS_CHAINS, Links};
use crate::sharing;
use core::mem::offset_of;
use core::ops::Range;

const SPANS: [SpanField; 2] = [
    SpanField::new(
        Part::Steps,
        offset_of!(PlanRecord, steps),
        size_of::<StepRecord>(),
    ),
    SpanField::new(Part::Placements, offset_of!(PlanRecord, placements), 4),
];

pub(super) fn check(
    model: &Model<'_>,
    index: usize,
    record: &PlanRecord,
) -> Result<(), ImageError> {
    let problem = |problem| ImageError::Plan {
        mode: record.mode,
        problem,
    };
    check_spans(model.bytes, record, &SPANS)?;
    let placements = record.placements.count as usize;
    if placements != model.tensor_count() {
        return Err(problem(PlanProblem::Placement { tensor: placements }));
    }
    // Modes ascend, so that none comes twice.
    let before = index
        .checked_sub(1)
        .and_then(|index| model.plans.get(index));
    let is_new = before.is_none_or(|before| before.mode < record.mode);
    let mode = Mode::of(record.mode).filter(|_| is_new);
    let mode = mode.ok_or(problem(PlanProblem::Mode))?;
    let plan = model.plan_of(mode, record);
    // Looked at first: a step is held against all the others.
    if plan.steps.len() > model.layer_count() {
        let step = model.layer_count();
        return Err(problem(PlanProblem::Steps { step }));
    }
    if !plan.can_run() {
        // Nobody is given it.
        return Ok(());
    }
    check_place(model, &plan, 0, false).map_err(problem)?;
    let mut layers = 0;
    for index in 0..plan.steps.len() {
        layers += check_step(model, &plan, index).map_err(problem)?;
    }
    // Each step writes what none before it has written.
    if layers == model.layer_count() {
        Ok(())
    } else {
        let step = plan.steps.len();
        Err(problem(PlanProblem::Steps { step }))
    }
}

/// The number of layers that step `index` runs: each for the first time, after those
/// that it reads, where there is room for it.
fn check_step(model: &Model<'_>, plan: &Plan<'_>, index: usize) -> Result<usize, PlanProblem> {
    let wrong = PlanProblem::Steps { step: index };
    let record = plan.steps.get(index).ok_or(wrong)?;
    let step = Step::from(record);
    let first = step.layers.start;
    let is_known = match record.kind {
        step::ROWS => step.layers.len() > 1,
        kind => kind <= step::CONV_POOL && record.layers == 0,
    };
    if !is_known || step.layers.end > model.layer_count() {
        return Err(wrong);
    }
    if step.is_fused() {
        check_fusion(model, &step).ok_or(PlanProblem::Fusion { step: index })?;
    }
    for layer in step.layers.clone() {
        if !is_in_turn(model, plan, index, &step, layer) {
            return Err(wrong);
        }
    }
    check_scratch(model, plan, &step).ok_or(PlanProblem::Placement { tensor: first + 1 })?;
    for layer in step.layers.clone() {
        let tensor = layer + 1;
        check_place(model, plan, tensor, tensor < step.output())?;
    }
    match overwritten(model, plan, index, &step) {
        Some(tensor) => Err(PlanProblem::Overlap {
            step: index,
            tensor,
        }),
        None => Ok(step.layers.len()),
    }
}

/// Layers of which each alone reads the one before it, and nothing else twice: a convolution
/// and the max-pool after it, with one row of the convolution in the arena; or a chain of
/// layers that need every row, with the rows under their windows.
fn check_fusion(model: &Model<'_>, step: &Step) -> Option<()> {
    let first = step.layers.start;
    for layer in first + 1..step.layers.end {
        let mut reads = 0;
        for other in 0..model.layer_count() {
            for &input in model.inputs(other) {
                reads += usize::from(usize::from(input) == layer);
            }
        }
        if reads != 1 || !model.reads(layer, layer) {
            return None;
        }
    }
    let row_bytes = if HAS_CHAINS && step.is_chain {
        let mut links = Links::NONE;
        links.take(model, step.layers.clone())?;
        if model.is_last(step.output()) || !links.need_all_rows() {
            return None;
        }
        links.row_bytes()
    } else {
        let [conv, pool] = model.layers.get(first..)?.first_chunk()?;
        let are_pair = conv.op == op::CONV && pool.op == op::MAX_POOL;
        let row_elements = model.shape(first + 1)?.row_elements();
        are_pair.then_some(row_elements)?
    };
    (step.row.len() == row_bytes).then_some(())
}

/// Whether a layer of a step runs for the first time, and what it reads was written before
/// the step, or by the layer before it in the step.
fn is_in_turn(model: &Model<'_>, plan: &Plan<'_>, index: usize, step: &Step, layer: usize) -> bool {
    for &input in model.inputs(layer) {
        let is_made_in_it = layer > step.layers.start && usize::from(input) == layer;
        if !is_made_in_it && !free::is_written(plan, index, input.into()) {
            return false;
        }
    }
    !free::is_written(plan, index, layer + 1)
}

/// The scratch is as large as the kernel needs, on a word boundary, and lies in the
/// arena with the row after it.
fn check_scratch(model: &Model<'_>, plan: &Plan<'_>, step: &Step) -> Option<()> {
    let mut need_bytes = 0;
    for layer in step.layers.clone() {
        let layer = model.layer(layer);
        need_bytes = ops::scratch_bytes(&layer.as_ref()?.op).max(need_bytes);
    }
    if step.is_fused() && !step.is_chain {
        let (conv, pool) = (
            model.layer(step.layers.start),
            model.layer(step.output() - 1),
        );
        if let Op::MaxPool(pool) = &pool.as_ref()?.op {
            need_bytes = ops::fused_scratch_bytes(&conv.as_ref()?.op, step.row.len(), pool);
        }
    }
    let Range { start, end } = step.scratch_and_row();
    // What is nowhere begins nowhere else: inside a tensor it could not be lent.
    let is_placed = start.is_multiple_of(4) && (end > start || start == 0);
    let fits = step.scratch.len() == need_bytes && end <= plan.arena_bytes;
    (is_placed && fits).then_some(())
}

/// A tensor that is not fused away lies in the arena, logits aligned.
fn check_place(
    model: &Model<'_>,
    plan: &Plan<'_>,
    tensor: usize,
    is_fused_away: bool,
) -> Result<(), PlanProblem> {
    let is_sound = match plan.place(tensor) {
        Some(place) => {
            let is_aligned = !model.is_last(tensor) || place.start.is_multiple_of(4);
            !is_fused_away && is_aligned && place.end <= plan.arena_bytes
        }
        None => is_fused_away,
    };
    if is_sound {
        Ok(())
    } else {
        Err(PlanProblem::Placement { tensor })
    }
}

/// The tensor that a step writes over, and that it or a later step still reads; or its
/// own output, where what it needs beside lies over that.
fn overwritten(model: &Model<'_>, plan: &Plan<'_>, index: usize, step: &Step) -> Option<usize> {
    let (output, beside) = (plan.place(step.output())?, step.scratch_and_row());
    (0..model.tensor_count()).find(|&tensor| {
        let Some(place) = plan.place(tensor) else {
            return false;
        };
        if tensor == step.output() {
            return overlap(&place, &beside);
        }
        let is_lost = || {
            free::is_live(model, plan, index + 1, tensor)
                || !follows(model, step, tensor, &output, &place)
        };
        free::is_live(model, plan, index, tensor)
            && (overlap(&place, &beside) || overlap(&place, &output) && is_lost())
    })
}

/// Whether `tensor` is what the step slides over, and its output stays behind what of
/// it, at `place`, is still to be read.
fn follows(
    model: &Model<'_>,
    step: &Step,
    tensor: usize,
    output: &Range<usize>,
    place: &Range<usize>,
) -> bool {
    let mut layers = step.layers.clone();
    let is_input = layers.any(|layer| model.reads(layer, tensor));
    let lag = sharing::step_lag_bytes(model, step, tensor).filter(|_| is_input);
    lag.is_some_and(|lag| output.start.saturating_add(lag) <= place.start)
}

/// Whether two ranges share a byte; an empty one shares none.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start.max(b.start) < a.end.min(b.end)
}
