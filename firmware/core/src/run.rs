//! One inference: the steps of a plan over an arena.

mod chain;

use crate::accelerator::{Accelerator, NoAccelerator};
use crate::arena::{ArenaError, accumulators, check, copy, int8, parts, two_parts, words};
use crate::free;
use crate::image::{Conv2d, Layer, MaxPool, Model, Op, Sliding};
use crate::ops::conv2d::{PooledPart, joins_rows, polynomials, pooled as pooled_sums, pools_sums};
use crate::ops::{InputRows, Output, combine, concat, dense, lookup, max_pool, slide};
use crate::plan::{Plan, Step};
use crate::rows::HAS_CHAINS;
use crate::sharing::first_row;
use crate::tap::Tap;
use core::ops::Range;

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError<E> {
    /// It cannot begin.
    Arena(ArenaError),
    /// The plan is not one of this model.
    ForeignPlan,
    /// The tap stopped the run.
    Tap(E),
}

/// Runs `model` once on `input`, `[H, W, C]`, as `plan` lays it out in `arena`.
///
/// Only the first [`Plan::arena_bytes`] of the arena are touched, unless the tap
/// writes to what is free. The logits are there afterwards: [`Plan::logits`].
///
/// # Errors
/// [`RunError`]; after an error the arena holds nothing of use.
pub fn run<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    input: &[i8],
    tap: &mut T,
) -> Result<(), RunError<T::Error>> {
    run_with(model, plan, arena, input, tap, &mut NoAccelerator)
}

/// The same, with what `accelerator` computes left to it.
///
/// Where a tap watches the arena, everything is computed there, as a board does.
///
/// # Errors
/// [`RunError`]; after an error the arena holds nothing of use.
pub fn run_with<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    input: &[i8],
    tap: &mut T,
    accelerator: &mut impl Accelerator,
) -> Result<(), RunError<T::Error>> {
    check(model, plan.arena_bytes(), arena, input).map_err(RunError::Arena)?;
    steps(model, plan, arena, input, tap, accelerator).map_err(|stop| match stop {
        Some(error) => RunError::Tap(error),
        None => RunError::ForeignPlan,
    })
}

/// What stopped the steps: the tap with this error, or nothing but a plan that is
/// not the model's.
type Stop<T> = Option<<T as Tap>::Error>;

/// Puts the input into its place, and runs the steps. `whole` has at least the bytes
/// that the plan needs.
#[inline(never)]
fn steps<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    whole: &mut [u8],
    input: &[i8],
    tap: &mut T,
    accelerator: &mut impl Accelerator,
) -> Result<(), Stop<T>> {
    let place = plan.place(0).ok_or(None)?;
    copy(input, int8(whole.get_mut(place).ok_or(None)?));
    if tap.wants(0) {
        tap.activation(0, 0, input).map_err(Some)?;
    }
    for (index, step) in plan.steps().enumerate() {
        if tap.watches_arena() {
            free::parts(model, plan, index, whole, |part| tap.free(part));
        }
        let arena = whole.get_mut(..plan.arena_bytes()).ok_or(None)?;
        let layer = model.layer(step.layers.start);
        let layer = layer.as_ref().ok_or(None)?;
        if HAS_CHAINS && step.is_chain {
            chain::run(model, plan, arena, &step, tap)?;
        } else if step.is_fused() {
            run_conv_pool(model, plan, arena, layer, &step, tap, accelerator)?;
        } else {
            run_layer(model, plan, arena, layer, &step.scratch, tap, accelerator)?;
        }
        if tap.watches_arena() {
            tap.stepped(step.layers.start + 1..step.output() + 1, whole);
        }
    }
    Ok(())
}

/// One layer as a whole.
fn run_layer<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    layer: &Layer<'_>,
    scratch: &Range<usize>,
    tap: &mut T,
    accelerator: &mut impl Accelerator,
) -> Result<(), Stop<T>> {
    let tensor = layer.output;
    tap.begin(tensor);
    if is_accelerated(layer, false, tap, accelerator) {
        accelerate(model, plan, arena, layer, accelerator).ok_or(None)?;
    } else {
        evaluate(model, plan, arena, layer, scratch).ok_or(None)?;
    }
    tap.end(tensor);
    let place = plan.place(tensor).ok_or(None)?;
    if tensor == model.layer_count() {
        let sums = arena.get_mut(place).and_then(accumulators).ok_or(None)?;
        return finish(&layer.op, tensor, sums, tap).map_err(Some);
    }
    tap_whole(tensor, arena, place, tap)
}

/// Taps the accumulators and turns them into logits where they lie.
fn finish<T: Tap>(
    op: &Op<'_>,
    tensor: usize,
    sums: &mut [i32],
    tap: &mut T,
) -> Result<(), T::Error> {
    if tap.wants(tensor) {
        tap.accumulators(sums)?;
    }
    to_logits(op, sums);
    tap.logits(bytemuck::must_cast_slice(sums))
}

/// Turns accumulators of the last layer into the bits of logits.
pub(crate) fn to_logits(op: &Op<'_>, sums: &mut [i32]) {
    let quantiser = op.quantiser();
    let multipliers = quantiser.map_or(&[][..], |quantiser| quantiser.multipliers);
    for pixel in sums.chunks_exact_mut(multipliers.len().max(1)) {
        for (sum, &multiplier) in pixel.iter_mut().zip(multipliers) {
            *sum = bytemuck::cast(*sum as f32 * multiplier);
        }
    }
}

/// A convolution, each row of it pooled as soon as it is made.
fn run_conv_pool<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    conv: &Layer<'_>,
    step: &Step,
    tap: &mut T,
    accelerator: &mut impl Accelerator,
) -> Result<(), Stop<T>> {
    let (made, pooled) = (conv.output, step.output());
    let layer = model.layer(made);
    let Some(Op::MaxPool(pool)) = layer.as_ref().map(|layer| &layer.op) else {
        return Err(None);
    };
    let from = plan.place(conv.input()).ok_or(None)?;
    let place = plan.place(pooled).ok_or(None)?;
    if !tap.wants(made) && is_accelerated(conv, true, tap, accelerator) {
        tap.begin(made);
        take(arena, &from, conv, accelerator).ok_or(None)?;
        let rows = arena.get_mut(place.clone()).ok_or(None)?;
        let rows = int8(rows).chunks_exact_mut(pool.output.row_elements().max(1));
        for (y, row) in rows.enumerate() {
            accelerator.pooled_row(y, row);
        }
        tap.end(made);
        return tap_whole(pooled, arena, place, tap);
    }
    if let Op::Conv2d(conv) = &conv.op
        && pools_sums(conv, pool)
        && !tap.wants(made)
    {
        tap.begin(made);
        for y in 0..pool.output.height {
            pooled_row(conv, pool, arena, &from, &place, step, y).ok_or(None)?;
            tap.between_rows();
        }
        tap.end(made);
        return tap_whole(pooled, arena, place, tap);
    }
    let is_accelerated = is_accelerated(conv, false, tap, accelerator);
    if is_accelerated {
        take(arena, &from, conv, accelerator).ok_or(None)?;
    }
    let mut begun = 0;
    for at in 0..pool.input.height {
        tap.begin(made);
        if is_accelerated {
            let row = arena.get_mut(step.row.clone()).ok_or(None)?;
            accelerator.row(at, Output::Int8(int8(row)));
        } else {
            // The output may lie over input rows that were read.
            let rows = at..at + 1;
            slide_rows(&conv.op, arena, &from, &step.row, &step.scratch, rows).ok_or(None)?;
        }
        tap.end(made);
        let [y, row] = two_parts(arena, place.clone(), step.row.clone()).ok_or(None)?;
        let (y, row) = (int8(y), int8(row));
        if tap.wants(made) {
            tap.activation(made, at * row.len(), row).map_err(Some)?;
        }
        tap.begin(pooled);
        let row_elements = pool.output.row_elements();
        while begun < pool.output.height && first_row(pool.input, &pool.window, begun) <= at {
            y.get_mut(begun * row_elements..(begun + 1) * row_elements)
                .unwrap_or_default()
                .fill(i8::MIN);
            begun += 1;
        }
        max_pool::include(pool, row, at, y);
        tap.end(pooled);
    }
    tap_whole(pooled, arena, place, tap)
}

/// Whether the accelerator computes a layer, or it and the max-pool after it.
fn is_accelerated(
    layer: &Layer<'_>,
    pooled: bool,
    tap: &impl Tap,
    accelerator: &impl Accelerator,
) -> bool {
    accelerator.computes(layer.output - 1, pooled) && !tap.watches_arena()
}

/// Gives the input of a layer to the accelerator. It is the accelerator's own then, so that
/// the output may lie over the input.
fn take(
    arena: &mut [u8],
    from: &Range<usize>,
    layer: &Layer<'_>,
    accelerator: &mut impl Accelerator,
) -> Option<()> {
    accelerator.take(layer.output - 1, int8(arena.get_mut(from.clone())?));
    Some(())
}

/// One layer by the accelerator.
fn accelerate(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    layer: &Layer<'_>,
    accelerator: &mut impl Accelerator,
) -> Option<()> {
    let from = plan.place(layer.input())?;
    take(arena, &from, layer, accelerator)?;
    let to = plan.place(layer.output)?;
    let row_bytes = to.len().checked_div(layer.shape.height)?;
    let is_logits = layer.output == model.layer_count();
    let rows = arena.get_mut(to)?.chunks_exact_mut(row_bytes.max(1));
    for (y, row) in rows.enumerate() {
        accelerator.row(y, Output::of(row, is_logits)?);
    }
    Some(())
}

/// Taps a tensor that is there as a whole.
fn tap_whole<T: Tap>(
    tensor: usize,
    arena: &mut [u8],
    place: Range<usize>,
    tap: &mut T,
) -> Result<(), Stop<T>> {
    if tap.wants(tensor) {
        let y = arena.get_mut(place).ok_or(None)?;
        tap.activation(tensor, 0, int8(y)).map_err(Some)?;
    }
    Ok(())
}

/// Row `y` of a pooled convolution whose sums are pooled, from the input to the output.
fn pooled_row(
    conv: &Conv2d<'_>,
    pool: &MaxPool,
    arena: &mut [u8],
    from: &Range<usize>,
    to: &Range<usize>,
    step: &Step,
    y: usize,
) -> Option<()> {
    let need_bytes = polynomials::needs(conv, pool);
    // The output may lie over input rows that the scratch holds by now.
    let beside = step.scratch_and_row();
    let [x, beside_it] = two_parts(arena, from.clone(), beside.clone())?;
    let (scratch, rest) = beside_it.split_at_mut_checked(need_bytes)?;
    rest.fill(0);
    let part = PooledPart {
        y,
        is_first: y == 0,
        columns: 0..pool.output.width,
    };
    pooled_sums::fill(conv, InputRows::all(int8(x)), &part, words(scratch)?);
    let row_elements = pool.output.row_elements();
    let start = to.start + y * row_elements;
    let [beside_it, row] = two_parts(arena, beside, start..start + row_elements)?;
    let scratch = words(beside_it.get_mut(..need_bytes)?)?;
    pooled_sums::pooled_row(conv, scratch, int8(row));
    Some(())
}

/// One layer. `None` where the plan does not belong to the model.
fn evaluate(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    layer: &Layer<'_>,
    scratch: &Range<usize>,
) -> Option<()> {
    let to = plan.place(layer.output)?;
    let shape = layer.shape;
    let mut first_channel = 0;
    for &input in layer.inputs {
        let from = plan.place(input.into())?;
        match &layer.op {
            Op::Conv2d(_) | Op::MaxPool(_) | Op::DepthToSpace(_) => {
                let Sliding { input, window, .. } = layer.op.sliding()?;
                let joins = matches!(&layer.op, Op::Conv2d(conv) if joins_rows(conv));
                let bytes = to.len().checked_div(shape.height)?;
                let (mut at, mut start) = (0, to.start);
                while at < shape.height {
                    let mut rows = 1;
                    if joins {
                        // As many as reach to the first row that they read, or all.
                        let first = first_row(*input, window, at) * input.row_elements();
                        let mut room = (from.start + first).saturating_sub(start);
                        if from.end <= start {
                            room = to.len();
                        }
                        rows = room.checked_div(bytes)?.max(1).min(shape.height - at);
                    }
                    let end = start + rows * bytes;
                    slide_rows(
                        &layer.op,
                        arena,
                        &from,
                        &(start..end),
                        scratch,
                        at..at + rows,
                    )?;
                    (at, start) = (at + rows, end);
                }
            }
            Op::Lookup(table) => look_up(table, arena, from, to.clone())?,
            Op::Add(_) | Op::Mul(_) => {
                let &[_, second] = layer.inputs else {
                    return None;
                };
                let second = plan.place(second.into())?;
                return combine_parts(&layer.op, arena, [from, second], to);
            }
            Op::Dense(dense) => {
                let [x, y] = two_parts(arena, from, to.clone())?;
                dense::outputs(
                    dense,
                    int8(x),
                    Output::of(y, layer.output == model.layer_count())?,
                );
            }
            Op::Concat => {
                let channels = model.shape(input.into())?.channels;
                let [x, y] = two_parts(arena, from, to.clone())?;
                let all_channels = shape.channels;
                concat::place(int8(x), channels, first_channel, all_channels, int8(y));
                first_channel += channels;
            }
        }
    }
    Some(())
}

/// A table's entries for what lies at `from`. The output may lie over the input, or
/// before it over a part of it.
#[inline(never)]
fn look_up(table: &[i8], arena: &mut [u8], from: Range<usize>, to: Range<usize>) -> Option<()> {
    for (to, at) in to.zip(from) {
        let x = bytemuck::cast(*arena.get(at)?);
        *arena.get_mut(to)? = bytemuck::cast(lookup::entry(table, x));
    }
    Some(())
}

/// Elements that are combined at once.
const PART: usize = 32;

/// A sum or product of what lies at two places. The output may lie over each of them, or
/// before it over a part of it: a part of both is copied before it is written.
#[inline(never)]
fn combine_parts(
    op: &Op<'_>,
    arena: &mut [u8],
    [a, b]: [Range<usize>; 2],
    to: Range<usize>,
) -> Option<()> {
    let mut copies = [[0_i8; PART]; 2];
    let mut at = 0;
    while at < to.len() {
        let count = PART.min(to.len() - at);
        let [first, second] = &mut copies;
        copy(int8(arena.get_mut(a.start + at..)?), first);
        copy(int8(arena.get_mut(b.start + at..)?), second);
        let start = to.start + at;
        let y = int8(arena.get_mut(start..start + count)?);
        combine(op, [first, second], y)?;
        at += count;
    }
    Some(())
}

/// Rows `rows` of a layer that slides a window, from the input to rows with the scratch.
/// The output may lie over the rows of the input that are behind it, so that of these
/// nothing is lent.
#[inline(never)]
fn slide_rows(
    op: &Op<'_>,
    arena: &mut [u8],
    from: &Range<usize>,
    to: &Range<usize>,
    scratch: &Range<usize>,
    rows: Range<usize>,
) -> Option<()> {
    let Sliding {
        input,
        window,
        output,
    } = op.sliding()?;
    let first = first_row(*input, window, rows.start);
    // Of a chain's tensor the first row that is there is not the tensor's first.
    let left = from.start.wrapping_add(first * input.row_elements());
    let is_logits = to.len() > rows.len() * output.row_elements();
    let [x, y, scratch] = parts(arena, [left..from.end, to.clone(), scratch.clone()])?;
    slide(
        op,
        InputRows::from(first, int8(x)),
        rows.start,
        0..rows.len() * output.width,
        words(scratch)?,
        Output::of(y, is_logits)?,
    )
}
