//! One output at a time: for groups of one output channel, where nothing that is
//! read is read again for another channel.

use super::{Part, input_row};
use crate::ops::Output;

pub(super) fn evaluate(part: &Part<'_, '_>, output: &mut Output<'_>) {
    let (conv, channels) = (part.conv, part.conv.output.channels);
    let mut at = 0;
    for x in part.columns.clone() {
        for channel in 0..channels {
            let bias = conv.bias.get(channel).copied().unwrap_or_default();
            let sum = bias.wrapping_add(sum(part, x, channel));
            output.put(at, sum, &conv.quantiser, channel);
            at += 1;
        }
    }
}

/// `Σ (x − zero)·w` of the window of output column `x`; the filter's number is also
/// its group's.
fn sum(part: &Part<'_, '_>, x: usize, group: usize) -> i32 {
    let (conv, window) = (part.conv, &part.conv.window);
    let (zero, depth) = (i32::from(conv.input_zero), conv.group_channels());
    let mut weights = conv.weights.iter().skip(group * conv.weights_per_output());
    let mut sum = 0;
    for ky in 0..window.kernel_h {
        let row = input_row(conv, part.input, part.y, ky).unwrap_or_default();
        let mut at = (x * window.stride_w).wrapping_sub(window.pad_left);
        for _ in 0..window.kernel_w {
            let start = at.wrapping_mul(conv.input.channels);
            for channel in group * depth..(group + 1) * depth {
                let weight = weights.next().copied().unwrap_or_default();
                let value = row.get(start.wrapping_add(channel));
                // Padding adds nothing: on the left, on the right, above and below.
                if let Some(&x) = value.filter(|_| at < conv.input.width) {
                    sum += (i32::from(x) - zero) * i32::from(weight);
                }
            }
            at = at.wrapping_add(window.dilation_w);
        }
    }
    sum
}
