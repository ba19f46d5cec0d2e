//! Fully connected layers, whole or by what changed.

use super::requantize::to_int8;
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
        put_all(dense, channel, sums, &mut output);
        channel += OUTPUTS;
        weights = weights.get(OUTPUTS * inputs..).unwrap_or_default();
    }
    output.clamp(&dense.quantiser);
}

/// The outputs from `first` on, of these sums.
#[inline(never)]
fn put_all(dense: &Dense<'_>, first: usize, sums: &[i32], output: &mut Output<'_>) {
    let (zero, multipliers) = (dense.quantiser.zero, dense.quantiser.multipliers);
    for (channel, &sum) in (first..).zip(sums) {
        match output {
            Output::Int8(values) => {
                if let Some(value) = values.get_mut(channel)
                    && let Some(&multiplier) = multipliers.get(channel)
                {
                    *value = to_int8(sum, multiplier, zero);
                }
            }
            Output::Sums(places) => {
                if let Some(place) = places.get_mut(channel) {
                    *place = sum;
                }
            }
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
    let weights = dense.padded_weights.get(first..).unwrap_or_default();
    kernels::add_changes(new, old, weights, dense.inputs(), accumulators);
}

/// Int8 outputs from accumulators.
pub fn requantize_all(dense: &Dense<'_>, accumulators: &[i32], output: &mut [i8]) {
    let mut output = Output::Int8(output);
    put_all(dense, 0, accumulators, &mut output);
    output.clamp(&dense.quantiser);
}
