//! One filter for each channel, or of one channel, by any window: product by product.
//! Average pools come as such convolutions.

use super::{Part, input_row};
use crate::ops::Output;

/// All channels of the part's pixels. Columns that a row has not are those of the rows
/// below it.
pub(super) fn evaluate(part: &Part<'_, '_>, output: &mut Output<'_>) {
    let (conv, window) = (part.conv, &part.conv.window);
    let zero = i32::from(conv.input_zero);
    let width = conv.output.width.max(1);
    let mut at = 0;
    for x in part.columns.clone() {
        let (y, x) = (part.y + x / width, x % width);
        let left = (x * window.stride_w).wrapping_sub(window.pad_left);
        let mut filters = conv.weights();
        let inputs = conv.input.channels;
        for (channel, &bias) in conv.bias.iter().enumerate() {
            let mut sum = bias;
            let lane = channel.min(inputs.wrapping_sub(1));
            for ky in 0..window.kernel_h {
                let row = input_row(conv, part.input, y, ky).unwrap_or_default();
                let (weights, rest) = filters.split_at(window.kernel_w.min(filters.len()));
                filters = rest;
                let mut column = left;
                for &w in weights {
                    let value = row.get(column.wrapping_mul(inputs).wrapping_add(lane));
                    if let Some(&x) = value.filter(|_| column < conv.input.width) {
                        sum += (i32::from(x) - zero) * i32::from(w);
                    }
                    column = column.wrapping_add(window.dilation_w);
                }
            }
            output.put(at, sum, &conv.quantiser, channel);
            at += 1;
        }
    }
}
