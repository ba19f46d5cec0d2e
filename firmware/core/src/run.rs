//! One inference: the steps of a plan over an arena.

use crate::arena::{accumulators, copy, int8, parts, words};
use crate::free;
use crate::image::{Conv2d, Layer, MaxPool, Model, Op, Shape, Window};
use crate::ops::{InputRows, Output, concat, conv2d, dense, lookup, max_pool};
use crate::plan::{Plan, Step};
use crate::sharing::first_row;
use crate::tap::Tap;
use core::ops::Range;

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError<E> {
    /// The arena has fewer bytes than the plan needs.
    ArenaTooSmall {
        /// What the plan needs.
        need_bytes: usize,
        /// What was given.
        have_bytes: usize,
    },
    /// The arena does not begin on a 4-byte boundary.
    ArenaMisaligned,
    /// Another number of input bytes than the network reads.
    InputLength {
        /// What the network reads.
        need_bytes: usize,
        /// What was given.
        have_bytes: usize,
    },
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
    let have_bytes = arena.len();
    let need_bytes = plan.arena_bytes();
    let whole = arena;
    let Some(arena) = whole.get_mut(..need_bytes) else {
        return Err(RunError::ArenaTooSmall {
            need_bytes,
            have_bytes,
        });
    };
    if !arena.as_ptr().addr().is_multiple_of(4) {
        return Err(RunError::ArenaMisaligned);
    }
    let expected = model.input_shape().elements();
    if input.len() != expected {
        return Err(RunError::InputLength {
            need_bytes: expected,
            have_bytes: input.len(),
        });
    }
    let place = plan.place(model, 0).ok_or(RunError::ForeignPlan)?;
    let start = arena.get_mut(place).ok_or(RunError::ForeignPlan)?;
    copy(input, int8(start));
    if tap.wants(0) {
        tap.activation(0, 0, input).map_err(RunError::Tap)?;
    }
    for (index, (step, record)) in plan.steps().zip(plan.steps).enumerate() {
        if tap.watches_arena() {
            free::parts(model, plan, index, whole, |part| tap.free(part));
        }
        let arena = whole.get_mut(..need_bytes).unwrap_or_default();
        match step {
            Step::Layer { layer, scratch } => {
                let layer = model.layer(layer).ok_or(RunError::ForeignPlan)?;
                run_layer(model, plan, arena, &layer, scratch, tap)?;
            }
            Step::ConvPool { conv, scratch, row } => {
                let rows = model.layer(conv).ok_or(RunError::ForeignPlan)?;
                let pooled = model.layer(conv + 1).ok_or(RunError::ForeignPlan)?;
                run_conv_pool(model, plan, arena, [&rows, &pooled], [scratch, row], tap)?;
            }
        }
        if tap.watches_arena() {
            let layers = free::layers(record);
            tap.stepped(layers.start + 1..layers.end + 1, whole);
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
    scratch: Range<usize>,
    tap: &mut T,
) -> Result<(), RunError<T::Error>> {
    let tensor = layer.output;
    let place = plan.place(model, tensor).ok_or(RunError::ForeignPlan)?;
    tap.begin(tensor);
    evaluate(model, plan, arena, layer, scratch).ok_or(RunError::ForeignPlan)?;
    tap.end(tensor);
    let output = arena.get_mut(place).ok_or(RunError::ForeignPlan)?;
    if tensor == model.layer_count() {
        let sums = accumulators(output).ok_or(RunError::ForeignPlan)?;
        return finish(&layer.op, tensor, sums, tap);
    }
    if tap.wants(tensor) {
        tap.activation(tensor, 0, int8(output))
            .map_err(RunError::Tap)?;
    }
    Ok(())
}

/// Taps the accumulators and turns them into logits where they lie.
fn finish<T: Tap>(
    op: &Op<'_>,
    tensor: usize,
    sums: &mut [i32],
    tap: &mut T,
) -> Result<(), RunError<T::Error>> {
    if tap.wants(tensor) {
        tap.accumulators(sums).map_err(RunError::Tap)?;
    }
    let multipliers = op
        .quantiser()
        .map_or(&[][..], |quantiser| quantiser.multipliers);
    for pixel in sums.chunks_exact_mut(multipliers.len().max(1)) {
        for (sum, &multiplier) in pixel.iter_mut().zip(multipliers) {
            *sum = bytemuck::cast(*sum as f32 * multiplier);
        }
    }
    tap.logits(bytemuck::must_cast_slice(sums))
        .map_err(RunError::Tap)
}

/// A convolution, each row of it pooled as soon as it is made.
fn run_conv_pool<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    layers: [&Layer<'_>; 2],
    beside: [Range<usize>; 2],
    tap: &mut T,
) -> Result<(), RunError<T::Error>> {
    let ([rows, pooled], [scratch, row]) = (layers, beside);
    let (Op::Conv2d(conv), Op::MaxPool(pool)) = (&rows.op, &pooled.op) else {
        return Err(RunError::ForeignPlan);
    };
    let from = plan
        .place(model, rows.input())
        .ok_or(RunError::ForeignPlan)?;
    let place = plan
        .place(model, pooled.output)
        .ok_or(RunError::ForeignPlan)?;
    let [made, pooled] = [rows.output, pooled.output];
    let mut begun = 0;
    for at in 0..conv.output.height {
        // The output may lie over input rows that were read: never both at once.
        let [x, scratch, made_row] = parts(arena, [from.clone(), scratch.clone(), row.clone()])
            .ok_or(RunError::ForeignPlan)?;
        let (x, made_row) = (int8(x), int8(made_row));
        let scratch = words(scratch).ok_or(RunError::ForeignPlan)?;
        tap.begin(made);
        let output = Output::Int8(made_row);
        let x = InputRows::all(x);
        conv2d::row(conv, x, at, 0..conv.output.width, scratch, output);
        tap.end(made);
        if tap.wants(made) {
            tap.activation(made, at * conv.output.row_elements(), made_row)
                .map_err(RunError::Tap)?;
        }
        let [y, made_row] =
            parts(arena, [place.clone(), row.clone()]).ok_or(RunError::ForeignPlan)?;
        let (y, made_row) = (int8(y), int8(made_row));
        tap.begin(pooled);
        let row_elements = pool.output.row_elements();
        while begun < pool.output.height && first_row(pool.input, &pool.window, begun) <= at {
            y.get_mut(begun * row_elements..(begun + 1) * row_elements)
                .unwrap_or_default()
                .fill(i8::MIN);
            begun += 1;
        }
        max_pool::include(pool, made_row, at, y);
        tap.end(pooled);
    }
    if tap.wants(pooled) {
        let y = arena.get_mut(place).ok_or(RunError::ForeignPlan)?;
        tap.activation(pooled, 0, int8(y)).map_err(RunError::Tap)?;
    }
    Ok(())
}

/// One layer. `None` where the plan does not belong to the model.
fn evaluate(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    layer: &Layer<'_>,
    scratch: Range<usize>,
) -> Option<()> {
    let to = plan.place(model, layer.output)?;
    for (position, &input) in layer.inputs.iter().enumerate() {
        let (from, to) = (plan.place(model, input.into())?, to.clone());
        match &layer.op {
            Op::Conv2d(Conv2d {
                window,
                input,
                output,
                ..
            })
            | Op::MaxPool(MaxPool {
                window,
                input,
                output,
            }) => {
                let places = [from, to, scratch.clone()];
                slide(&layer.op, window, [*input, *output], arena, places)?;
            }
            // Its output may lie over its input.
            Op::Lookup(table) => {
                for (to, at) in to.zip(from) {
                    let x = bytemuck::cast(*arena.get(at)?);
                    *arena.get_mut(to)? = bytemuck::cast(lookup::entry(table, x));
                }
            }
            Op::Dense(dense) => {
                let [x, y] = parts(arena, [from, to])?;
                let is_logits = layer.output == model.layer_count();
                dense::outputs(dense, int8(x), Output::of(y, is_logits)?);
            }
            Op::Concat => {
                let [x, y] = parts(arena, [from, to])?;
                place_input(model, layer, position, int8(x), int8(y));
            }
        }
    }
    Some(())
}

/// A layer that slides a window, row by row. Its output may lie over the rows of its
/// input that are behind it, so that of these nothing is lent.
fn slide(
    op: &Op<'_>,
    window: &Window,
    [input, output]: [Shape; 2],
    arena: &mut [u8],
    [from, to, scratch]: [Range<usize>; 3],
) -> Option<()> {
    let row_bytes = to.len().checked_div(output.height)?;
    for at in 0..output.height {
        let first = first_row(input, window, at);
        let left = from.start + first * input.row_elements();
        let start = to.start + at * row_bytes;
        let places = [left..from.end, start..start + row_bytes, scratch.clone()];
        let [x, y, scratch] = parts(arena, places)?;
        let x = InputRows::from(first, int8(x));
        match op {
            Op::Conv2d(conv) => {
                let is_logits = row_bytes > output.row_elements();
                let y = Output::of(y, is_logits)?;
                conv2d::row(conv, x, at, 0..output.width, words(scratch)?, y);
            }
            Op::MaxPool(pool) => max_pool::row(pool, x, at, 0..output.width, int8(y)),
            Op::Dense(_) | Op::Lookup(_) | Op::Concat => return None,
        }
    }
    Some(())
}

/// Input number `position` of a concatenation.
fn place_input(model: &Model<'_>, layer: &Layer<'_>, position: usize, x: &[i8], y: &mut [i8]) {
    let channels = |tensor: usize| model.form(tensor).map_or(0, |t| t.shape.channels);
    let (mut first, mut own) = (0, 0);
    for &tensor in layer.inputs.iter().take(position + 1) {
        first += own;
        own = channels(tensor.into());
    }
    concat::place(x, own, first, channels(layer.output), y);
}

/// Softmax of the logits at `class`, in f32, stabilised by the largest logit.
///
/// The host and every board use this function, so that their probabilities
/// have the same bits.
pub fn softmax_probability(logits: &[f32], class: usize) -> f32 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = logits
        .iter()
        .map(|&logit| libm::expf(logit - largest))
        .sum();
    logits
        .get(class)
        .map_or(0.0, |&logit| libm::expf(logit - largest) / total)
}
