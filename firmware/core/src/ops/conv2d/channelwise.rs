//! One filter for each channel, or of one channel, by any window: product by product, or by
//! `sums` where the image says so.

use super::Part;
use super::sums::{self, Under};
use crate::image::format::kernel;
use crate::ops::Output;
use core::ops::Range;

/// Which of `kernel` taps along one axis lie on the input: `dilation` from one to the next,
/// the first at `start` of an axis of `size`; before it, `start` has wrapped around.
#[inline(never)]
fn on_input(start: usize, dilation: usize, kernel: usize, size: usize) -> Range<usize> {
    let (mut first, mut end, mut at) = (0, 0, start);
    for tap in 0..kernel {
        if at < size {
            if end == 0 {
                first = tap;
            }
            end = tap + 1;
        }
        at = at.wrapping_add(dilation);
    }
    first..end
}

/// All channels of the part's pixels. Columns that a row has not are those of the rows
/// below it.
pub(super) fn evaluate(part: &Part<'_, '_>, output: &mut Output<'_>) {
    let (conv, window) = (part.conv, &part.conv.window);
    let zero = i32::from(conv.input_zero);
    let (width, inputs) = (conv.output.width.max(1), conv.input.channels);
    let pitch = window.dilation_h * conv.input.row_elements();
    let step = window.dilation_w * inputs;
    let mut at = 0;
    for x in part.columns.clone() {
        let (y, x) = (part.y + x / width, x % width);
        let top = (y * window.stride_h).wrapping_sub(window.pad_top);
        let left = (x * window.stride_w).wrapping_sub(window.pad_left);
        let rows = on_input(top, window.dilation_h, window.kernel_h, conv.input.height);
        let columns = on_input(left, window.dilation_w, window.kernel_w, conv.input.width);
        let top = top.wrapping_add(rows.start * window.dilation_h);
        let left = left.wrapping_add(columns.start * window.dilation_w);
        let values = part.input.rows_from(conv.input, top).unwrap_or_default();
        let first = left.wrapping_mul(inputs);
        if conv.kernel == kernel::SUMS {
            let under = Under {
                values: values.get(first..).unwrap_or_default(),
                taps: [rows.len(), columns.len()],
                steps: [pitch, step],
            };
            sums::pixel(conv, &under, at, output);
            at += conv.output.channels;
            continue;
        }
        let mut weight = rows.start * window.kernel_w + columns.start;
        for (channel, &bias) in conv.bias.iter().enumerate() {
            let mut sum = bias;
            let lane = channel.min(inputs.wrapping_sub(1));
            let mut value = first.wrapping_add(lane);
            let mut tap = weight;
            for _ in rows.clone() {
                let weights = conv.padded_weights.get(tap..tap + columns.len());
                let mut column = value;
                for &w in weights.unwrap_or_default() {
                    if let Some(&x) = values.get(column) {
                        sum += (i32::from(x) - zero) * i32::from(w);
                    }
                    column += step;
                }
                value = value.wrapping_add(pitch);
                tap += window.kernel_w;
            }
            weight += window.kernel_h * window.kernel_w;
            output.put(at, sum, &conv.quantiser, channel);
            at += 1;
        }
    }
}
