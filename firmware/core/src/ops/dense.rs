//! Fully connected layers, whole or by what changed.

use super::conv2d::dot;
use super::requantize::requantize;
use crate::image::Dense;

/// All outputs as int8.
pub fn outputs(dense: &Dense<'_>, input: &[i8], output: &mut [i8]) {
    for (value, (acc, &multiplier)) in output.iter_mut().zip(sums(dense, input)) {
        *value = requantize(acc, multiplier, &dense.quantiser);
    }
}

/// All accumulators, bias included.
pub fn accumulate(dense: &Dense<'_>, input: &[i8], output: &mut [i32]) {
    for (value, (acc, _)) in output.iter_mut().zip(sums(dense, input)) {
        *value = acc;
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
    let rows = dense.weights.chunks_exact(dense.inputs().max(1));
    for (acc, weights) in accumulators.iter_mut().zip(rows) {
        let weights = weights.get(first..).unwrap_or_default();
        let changes = new
            .iter()
            .zip(old)
            .map(|(&new, &old)| i32::from(new) - i32::from(old));
        *acc += changes
            .zip(weights)
            .map(|(change, &w)| change * i32::from(w))
            .sum::<i32>();
    }
}

/// Int8 outputs from accumulators.
pub fn requantize_all(dense: &Dense<'_>, accumulators: &[i32], output: &mut [i8]) {
    let multipliers = dense.quantiser.multipliers;
    for ((value, &acc), &multiplier) in output.iter_mut().zip(accumulators).zip(multipliers) {
        *value = requantize(acc, multiplier, &dense.quantiser);
    }
}

/// Each output's accumulator and multiplier.
fn sums<'a>(dense: &Dense<'a>, input: &'a [i8]) -> impl Iterator<Item = (i32, &'a f32)> {
    let zero = i32::from(dense.input_zero);
    let rows = dense.weights.chunks_exact(dense.inputs().max(1));
    let sums = rows
        .zip(dense.bias)
        .map(move |(weights, &bias)| bias + dot(input, weights, zero));
    sums.zip(dense.quantiser.multipliers)
}
