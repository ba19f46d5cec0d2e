//! Fully connected layers, whole or by what changed.

use super::{Output, kernels};
use crate::arena::copy;
use crate::image::Dense;

/// Outputs that are computed together.
const OUTPUTS: usize = 64;

/// All outputs. What the input has after its elements is not read.
pub fn outputs(dense: &Dense<'_>, input: &[i8], mut output: Output<'_>) {
    let inputs = dense.inputs();
    let input = input.get(..inputs).unwrap_or_default();
    let mut weights = dense.padded_weights;
    let mut channel = 0;
    for bias in dense.bias.chunks(OUTPUTS) {
        let mut sums = [0; OUTPUTS];
        let sums = sums.get_mut(..bias.len()).unwrap_or_default();
        copy(bias, sums);
        kernels::add_dots(input, dense.input_zero, weights, inputs, sums);
        output.put_all(channel, sums, &dense.quantiser, channel);
        channel += OUTPUTS;
        weights = weights.get(OUTPUTS * inputs..).unwrap_or_default();
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
    let weights = dense.padded_weights.get(first..).unwrap_or_default();
    kernels::add_changes(new, old, weights, dense.inputs(), accumulators);
}

/// Int8 outputs from accumulators.
pub fn requantize_all(dense: &Dense<'_>, accumulators: &[i32], output: &mut [i8]) {
    let mut output = Output::Int8(output);
    output.put_all(0, accumulators, &dense.quantiser, 0);
    output.clamp(&dense.quantiser);
}
