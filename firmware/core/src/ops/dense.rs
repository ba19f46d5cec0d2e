//! Fully connected layers, whole or by what changed.

use super::{Output, kernels};
use crate::image::Dense;

/// Rows of weights that are read together.
const ROWS: usize = 4;

/// All outputs.
pub fn outputs(dense: &Dense<'_>, input: &[i8], mut output: Output<'_>) {
    let inputs = dense.inputs();
    let rows = dense.weights.chunks((ROWS * inputs).max(1));
    for (first, rows) in (0..).step_by(ROWS).zip(rows) {
        let sums = if rows.len() == ROWS * inputs {
            kernels::four_dots(input, dense.input_zero, rows)
        } else {
            let mut rows = rows.chunks_exact(inputs.max(1));
            [(); ROWS].map(|()| match rows.next() {
                Some(row) => kernels::dot(input, dense.input_zero, row),
                None => 0,
            })
        };
        for ((channel, sum), &bias) in (first..).zip(sums).zip(dense.bias.iter().skip(first)) {
            output.put(channel, bias + sum, &dense.quantiser, channel);
        }
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
    let mut output = Output::Int8(output);
    for (channel, &sum) in accumulators.iter().enumerate() {
        output.put(channel, sum, &dense.quantiser, channel);
    }
    output.clamp(&dense.quantiser);
}
