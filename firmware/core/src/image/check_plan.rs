//! The check of one plan: every layer once, after those that it reads, and
//! nothing overwritten that is still needed.

use super::check::elements;
use super::error::{ImageError, Part, PlanProblem};
use super::format::{NOT_PLACED, StepRecord, op, step};
use super::model::Model;
use crate::MAX_TENSORS;
use crate::free;
use crate::ops;
use crate::plan::{Mode, Plan, Step};
use crate::sharing;
use core::ops::Range;

/// From the step that writes a tensor to the last step that reads it.
#[derive(Clone, Copy)]
struct Life {
    written: usize,
    last_read: usize,
}

impl Life {
    /// Of a tensor that no step has written yet.
    const NONE: Self = Self {
        written: usize::MAX,
        last_read: 0,
    };

    fn is_there(&self) -> bool {
        self.written != usize::MAX
    }
}

pub(super) fn check(model: &Model<'_>, index: usize) -> Result<(), ImageError> {
    let Some(record) = model.plans.get(index) else {
        return Ok(());
    };
    let problem = |problem| ImageError::Plan {
        mode: record.mode,
        problem,
    };
    elements::<StepRecord>(model.bytes, Part::Steps, record.steps)?;
    let placements: &[u32] = elements(model.bytes, Part::Placements, record.placements)?;
    if placements.len() != model.tensor_count() {
        return Err(problem(PlanProblem::Placement {
            tensor: placements.len(),
        }));
    }
    let known = Mode::ALL.iter().find(|mode| **mode as u32 == record.mode);
    let earlier = model
        .plans
        .iter()
        .take(index)
        .any(|other| other.mode == record.mode);
    let plan = known
        .and_then(|mode| model.plan(*mode))
        .filter(|_| !earlier);
    let plan = plan.ok_or(problem(PlanProblem::Mode))?;

    let lives = lives(model, &plan).map_err(problem)?;
    check_places(model, &plan).map_err(problem)?;
    check_overlaps(model, &plan, &lives).map_err(problem)
}

/// Walks the steps: every layer once, after what it reads, fusions legal.
fn lives(model: &Model<'_>, plan: &Plan<'_>) -> Result<[Life; MAX_TENSORS], PlanProblem> {
    let mut lives = [Life::NONE; MAX_TENSORS];
    let [input, ..] = &mut lives;
    input.written = 0;
    for (index, (record, step)) in plan.steps.iter().zip(plan.steps()).enumerate() {
        let wrong = PlanProblem::Steps { step: index };
        let first = usize::from(record.layer);
        if record.kind > step::CONV_POOL || first >= model.layer_count() {
            return Err(wrong);
        }
        if let Step::ConvPool { ref row, .. } = step {
            check_fusion(model, first, row).ok_or(PlanProblem::Fusion { step: index })?;
        }
        check_scratch(model, &step).ok_or(PlanProblem::Placement { tensor: first + 1 })?;
        for number in free::layers(record) {
            let layer = model.layer(number).ok_or(wrong)?;
            for &input in layer.inputs {
                let life = lives.get_mut(usize::from(input));
                life.filter(|life| life.is_there()).ok_or(wrong)?.last_read = index;
            }
            let life = lives.get_mut(layer.output);
            *life.filter(|life| !life.is_there()).ok_or(wrong)? = Life {
                written: index,
                last_read: index,
            };
        }
    }
    // The logits are read by whoever asked for the run.
    let last = plan.steps.len();
    if let Some(life) = lives.get_mut(model.layer_count()) {
        life.last_read = last;
    }
    let mut tensors = lives.iter().take(model.tensor_count());
    if tensors.all(Life::is_there) {
        Ok(lives)
    } else {
        Err(PlanProblem::Steps { step: last })
    }
}

/// The scratch is as large as the kernel needs, on a word boundary.
fn check_scratch(model: &Model<'_>, step: &Step) -> Option<()> {
    let (Step::Layer { layer, scratch }
    | Step::ConvPool {
        conv: layer,
        scratch,
        ..
    }) = step;
    let need_bytes = ops::scratch_bytes(&model.layer(*layer)?.op);
    // No scratch begins nowhere else: inside a tensor it could not be lent.
    let is_nowhere = matches!(step, Step::Layer { .. }) && need_bytes == 0;
    let is_placed = scratch.start.is_multiple_of(4) && !(is_nowhere && scratch.start > 0);
    (scratch.len() == need_bytes && is_placed).then_some(())
}

/// A convolution whose only reader is the max-pool after it, with one row of
/// it in the arena.
fn check_fusion(model: &Model<'_>, conv: usize, row: &Range<usize>) -> Option<()> {
    let made = conv + 1;
    let operator = |layer: usize| Some(model.layers.get(layer)?.op);
    let are_pair = operator(conv)? == op::CONV && operator(made)? == op::MAX_POOL;
    let reads = |layer: usize| {
        let inputs = model.inputs(layer).iter();
        inputs.filter(|&&input| usize::from(input) == made).count()
    };
    let readers: usize = (0..model.layer_count()).map(reads).sum();
    let is_private = reads(made) == 1 && readers == 1;
    let row_elements = model.form(made)?.shape.row_elements();
    (are_pair && is_private && row.len() == row_elements).then_some(())
}

/// Every tensor that is not fused away lies in the arena, logits aligned, and so
/// does what each step needs beside them.
fn check_places(model: &Model<'_>, plan: &Plan<'_>) -> Result<(), PlanProblem> {
    for tensor in 0..model.tensor_count() {
        let fused = plan.steps.iter().any(|record| {
            record.kind == step::CONV_POOL && usize::from(record.layer) + 1 == tensor
        });
        let place = plan.place(model, tensor);
        let offset = plan.placements.get(tensor).copied().unwrap_or(NOT_PLACED);
        let aligned = model
            .form(tensor)
            .is_some_and(|t| !t.is_logits || offset % 4 == 0);
        let fits = match place {
            Some(range) => !fused && range.end <= plan.arena_bytes,
            None => fused,
        };
        if !fits || !aligned {
            return Err(PlanProblem::Placement { tensor });
        }
    }
    for step in plan.steps() {
        let (layer, end) = match step {
            Step::Layer { layer, scratch } => (layer, scratch.end),
            Step::ConvPool { conv, row, .. } => (conv, row.end),
        };
        if end > plan.arena_bytes {
            return Err(PlanProblem::Placement { tensor: layer + 1 });
        }
    }
    Ok(())
}

/// No step writes over a tensor that a later step still reads, nor over its own
/// input before it has read it.
fn check_overlaps(
    model: &Model<'_>,
    plan: &Plan<'_>,
    lives: &[Life; MAX_TENSORS],
) -> Result<(), PlanProblem> {
    for (index, step) in plan.steps().enumerate() {
        let (written, beside) = match &step {
            Step::Layer { layer, scratch } => (layer + 1, scratch.clone()),
            Step::ConvPool { conv, scratch, row } => (conv + 2, scratch.start..row.end),
        };
        let place = plan.place(model, written);
        if place.as_ref().is_some_and(|place| overlap(place, &beside)) {
            return Err(PlanProblem::Overlap {
                step: index,
                tensor: written,
            });
        }
        for (tensor, life) in lives.iter().enumerate().take(model.tensor_count()) {
            // The input is there before the first step.
            let started = tensor == 0 || life.written < index;
            let live = started && life.last_read >= index;
            let Some(other) = plan.place(model, tensor).filter(|_| live) else {
                continue;
            };
            let written_over = place.as_ref().is_some_and(|place| {
                overlap(place, &other)
                    && !(life.last_read == index && follows(model, &step, tensor, place, &other))
            });
            if written_over || overlap(&beside, &other) {
                return Err(PlanProblem::Overlap {
                    step: index,
                    tensor,
                });
            }
        }
    }
    Ok(())
}

/// Whether `tensor` is what the step slides over, and its output at `place` stays
/// behind what of it, at `other`, is still to be read.
fn follows(
    model: &Model<'_>,
    step: &Step,
    tensor: usize,
    place: &Range<usize>,
    other: &Range<usize>,
) -> bool {
    let (Step::Layer { layer, .. } | Step::ConvPool { conv: layer, .. }) = *step;
    let is_input = matches!(model.inputs(layer), [input] if usize::from(*input) == tensor);
    let lag = sharing::step_lag_bytes(model, step).filter(|_| is_input);
    lag.is_some_and(|lag| place.start.saturating_add(lag) <= other.start)
}

/// Whether two ranges share a byte; an empty one shares none.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start.max(b.start) < a.end.min(b.end)
}
