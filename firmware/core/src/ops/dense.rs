//! Fully connected layers, whole or by what changed.

use super::requantize::{clamp, to_int8};
use super::{Output, kernels};
use crate::image::{Dense, Quantiser};

/// Rows of weights that are read together.
const ROWS: usize = 4;

/// All outputs. What the input has after its elements is not read.
pub fn outputs(dense: &Dense<'_>, input: &[i8], mut output: Output<'_>) {
    let (inputs, outputs) = (dense.inputs(), dense.bias.len());
    let input = input.get(..inputs).unwrap_or_default();
    // Of fewer outputs than are computed together, one at a time.
    let (step, row_bytes) = if outputs < ROWS {
        (1, 0)
    } else {
        (ROWS, inputs)
    };
    let mut next = 0;
    while next < outputs {
        // The last ones begin earlier: some outputs are computed twice.
        let first = next.min(outputs - step);
        let rows = dense.weights.get(first * inputs..).unwrap_or_default();
        let sums = kernels::four_dots(input, dense.input_zero, rows, row_bytes);
        for (channel, &sum) in (first..next + step).zip(&sums) {
            let bias = dense.bias.get(channel).copied().unwrap_or_default();
            output.put(channel, bias + sum, &dense.quantiser, channel);
        }
        next += step;
    }
    output.clamp(&dense.quantiser);
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
    let Quantiser {
        multipliers, zero, ..
    } = dense.quantiser;
    for ((value, &sum), &multiplier) in output.iter_mut().zip(accumulators).zip(multipliers) {
        *value = to_int8(sum, multiplier, zero);
    }
    clamp(&dense.quantiser, output);
}
