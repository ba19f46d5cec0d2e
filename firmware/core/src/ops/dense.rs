//! Fully connected layers, whole or by what changed.

use super::kernels;
use super::requantize::{clamp, to_int8};
use crate::image::Dense;

/// Rows of weights that are read together.
const ROWS: usize = 4;

/// All outputs as int8.
pub fn outputs(dense: &Dense<'_>, input: &[i8], output: &mut [i8]) {
    let zero = dense.quantiser.zero;
    evaluate(dense, input, output, |sum, multiplier| {
        to_int8(sum, multiplier, zero)
    });
    clamp(&dense.quantiser, output);
}

/// All accumulators, bias included.
pub fn accumulate(dense: &Dense<'_>, input: &[i8], output: &mut [i32]) {
    evaluate(dense, input, output, |sum, _| sum);
}

/// Every output from its accumulator and multiplier, by `finish`.
#[inline(always)]
fn evaluate<T>(dense: &Dense<'_>, input: &[i8], output: &mut [T], finish: impl Fn(i32, f32) -> T) {
    let inputs = dense.inputs().max(1);
    let parameters = dense
        .bias
        .chunks(ROWS)
        .zip(dense.quantiser.multipliers.chunks(ROWS));
    let rows = dense.weights.chunks((ROWS * inputs).max(1)).zip(parameters);
    for (values, (rows, (biases, multipliers))) in output.chunks_mut(ROWS).zip(rows) {
        let sums = if values.len() == ROWS {
            kernels::four_dots(input, dense.input_zero, rows)
        } else {
            let mut rows = rows.chunks_exact(inputs);
            [(); ROWS].map(|()| match rows.next() {
                Some(row) => kernels::dot(input, dense.input_zero, row),
                None => 0,
            })
        };
        let parameters = biases.iter().zip(multipliers);
        for ((value, sum), (&bias, &multiplier)) in values.iter_mut().zip(sums).zip(parameters) {
            *value = finish(bias + sum, multiplier);
        }
    }
}

/// Adds to the accumulators what changed: `Σ (new − old)·w` over the inputs
/// that begin at `first`.
pub fn accumulate_change(
    dense: &Dense<'_>,
    first: usize,
    new: &[i8],
    old: &[i8],
    accumulators: &mut [i32],
) {
    let weights = dense.weights.get(first..).unwrap_or_default();
    kernels::add_changes(new, old, weights, dense.inputs(), accumulators);
}

/// Int8 outputs from accumulators.
pub fn requantize_all(dense: &Dense<'_>, accumulators: &[i32], output: &mut [i8]) {
    let multipliers = dense.quantiser.multipliers;
    for ((value, &acc), &multiplier) in output.iter_mut().zip(accumulators).zip(multipliers) {
        *value = to_int8(acc, multiplier, dense.quantiser.zero);
    }
    clamp(&dense.quantiser, output);
}
