//! The same map by whole inferences: little code, and no more arena than one of them and
//! the input take.

use super::{Occluder, OcclusionError, OcclusionReport};
use crate::arena::{check, copy, int8};
use crate::image::Model;
use crate::plan::{Mode, Plan};
use crate::run::{RunError, run};
use crate::softmax::{first_greatest, softmax_probability};
use crate::tap::Tap;

/// The same as [`super::occlude`], by one whole inference for each position at which the
/// patch changes a pixel. The bits of the map are the same.
///
/// Every inference is told to `sink`, which must not want a tensor. The arena holds what
/// the plan with the fewest bytes needs, and the input.
///
/// # Errors
/// [`OcclusionError`]; errors of `sink`, `begun` and `found` stop the work and come back
/// as [`OcclusionError::Stopped`].
pub fn occlude_by_inferences<T: Tap>(
    model: &Model<'_>,
    arena: &mut [u8],
    input: &[i8],
    occluder: &Occluder,
    sink: &mut T,
    begun: impl FnOnce(&mut T, usize, f32) -> Result<(), T::Error>,
    mut found: impl FnMut(&mut T, usize, f32) -> Result<(), T::Error>,
) -> Result<OcclusionReport, OcclusionError<T::Error>> {
    let shape = model.input_shape();
    let (rows, columns) = occluder.positions(shape).ok_or(OcclusionError::Window)?;
    let plan = model.plan(Mode::Fused).or(model.plan(Mode::Tapped));
    let plan = plan.ok_or(OcclusionError::Internal)?;
    let need_bytes = plan.arena_bytes().saturating_add(shape.elements());
    check(model, need_bytes, arena, input).map_err(OcclusionError::Arena)?;
    let (arena, covered) = arena
        .split_at_mut_checked(plan.arena_bytes())
        .ok_or(OcclusionError::Internal)?;
    let covered = covered.get_mut(..shape.elements()).map(int8);
    let covered = covered.ok_or(OcclusionError::Internal)?;

    let clean = logits(model, &plan, arena, input, sink)?;
    let classes = model.classes();
    let class = occluder.class.unwrap_or_else(|| first_greatest(clean));
    if class >= classes {
        return Err(OcclusionError::Class { class, classes });
    }
    let base_probability = softmax_probability(clean, class);
    begun(sink, class, base_probability).map_err(OcclusionError::Stopped)?;

    let mut inferences = 1;
    let mut patch = occluder.first_patch();
    for position in 0..rows * columns {
        copy(input, covered);
        for row in 0..patch.height {
            let under = covered.get_mut(patch.row(row, shape));
            under.unwrap_or_default().fill(occluder.fill);
        }
        let mut value = base_probability;
        if covered != input {
            value = softmax_probability(logits(model, &plan, arena, covered, sink)?, class);
            inferences += 1;
        }
        found(sink, position, value).map_err(OcclusionError::Stopped)?;
        occluder.move_patch(&mut patch, shape);
    }
    let macs = model.macs();
    Ok(OcclusionReport {
        class,
        base_probability,
        positions: rows * columns,
        macs_done: macs * inferences,
        macs_full: macs * (rows * columns) as u64,
    })
}

/// The logits of one inference.
#[inline(never)]
fn logits<'a, T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &'a mut [u8],
    input: &[i8],
    sink: &mut T,
) -> Result<&'a [f32], OcclusionError<T::Error>> {
    run(model, plan, arena, input, sink).map_err(|error| match error {
        RunError::Arena(error) => OcclusionError::Arena(error),
        RunError::ForeignPlan => OcclusionError::Internal,
        RunError::Tap(stop) => OcclusionError::Stopped(stop),
    })?;
    let logits = plan.logits(arena);
    logits.map_err(|_| OcclusionError::Internal)
}
