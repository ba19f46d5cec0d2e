//! One output at a time: for groups of one output channel, where nothing that is
//! read is read again for another channel.

use super::{Part, input_row};
use crate::image::Conv2d;
use crate::ops::{InputRows, Output};

pub(super) fn evaluate(part: &Part<'_, '_>, output: &mut Output<'_>) {
    let Part {
        conv,
        input,
        y,
        ref columns,
    } = *part;
    let channels = conv.output.channels.max(1);
    let filters = conv.weights.chunks_exact(conv.weights_per_output().max(1));
    for (x, pixel) in columns.clone().zip((0..).step_by(channels)) {
        for (channel, (filter, &bias)) in filters.clone().zip(conv.bias).enumerate() {
            let sum = bias + sum(conv, input, [y, x], channel, filter);
            output.put(pixel + channel, sum, &conv.quantiser, channel);
        }
    }
}

/// `Σ (x − zero)·w` over the part of the window that lies on the input: padding
/// has the value `zero` and adds nothing.
fn sum(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    at: [usize; 2],
    group: usize,
    filter: &[i8],
) -> i32 {
    let (window, depth) = (&conv.window, conv.group_channels().max(1));
    let zero = i32::from(conv.input_zero);
    let [y, x] = at;
    let mut sum = 0;
    let tap_rows = filter.chunks_exact((window.kernel_w * depth).max(1));
    for (ky, tap_row) in tap_rows.enumerate() {
        let Some(row) = input_row(conv, input, y, ky) else {
            continue;
        };
        let mut at = (x * window.stride_w).wrapping_sub(window.pad_left);
        for taps in tap_row.chunks_exact(depth) {
            if at < conv.input.width {
                let start = at * conv.input.channels + group * depth;
                let pixel = row.get(start..start + depth).unwrap_or_default();
                let products = pixel.iter().zip(taps);
                sum += products
                    .map(|(&x, &w)| (i32::from(x) - zero) * i32::from(w))
                    .sum::<i32>();
            }
            at = at.wrapping_add(window.dilation_w);
        }
    }
    sum
}
