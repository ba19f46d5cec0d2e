//! Windows unfolded into columns of 16-bit numbers with the zero point taken
//! away, two pixels at a time, and multiplied with two filters at a time: every
//! number that is loaded serves twice.

use super::input_row;
use crate::image::Conv2d;
use crate::ops::kernels::{self, Column};
use core::ops::Range;

/// Output pixels that are computed together.
pub(super) const PIXELS: usize = 2;

/// Filters that are applied together.
const FILTERS: usize = 2;

/// Bytes of the column of one pixel.
pub(super) fn column_bytes(taps: usize) -> usize {
    2 * taps.next_multiple_of(4)
}

pub(super) fn evaluate<T>(
    conv: &Conv2d<'_>,
    input: &[i8],
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    output: &mut [T],
    finish: impl Fn(i32, usize) -> T,
) {
    let words = PIXELS * column_bytes(conv.weights_per_output()) / 4;
    let scratch = scratch.get_mut(..words).unwrap_or_default();
    for group in 0..conv.groups {
        let pairs = output.chunks_mut(PIXELS * conv.output.channels.max(1));
        for (x, pixels) in columns.clone().step_by(PIXELS).zip(pairs) {
            // Of an odd number of pixels the last one is computed twice.
            let next = (x + 1).min(columns.end - 1);
            unfold(conv, input, [y, x], group, scratch, 0);
            unfold(conv, input, [y, next], group, scratch, 1);
            multiply(conv, group, scratch, pixels, &finish);
        }
    }
}

/// One group's channels of two pixels from their columns.
fn multiply<T>(
    conv: &Conv2d<'_>,
    group: usize,
    columns: &[u32],
    pixels: &mut [T],
    finish: &impl Fn(i32, usize) -> T,
) {
    let (channels, taps) = (conv.output.channels, conv.weights_per_output());
    let whole_quads = taps.next_multiple_of(4);
    let group_outputs = channels / conv.groups.max(1);
    let first = group * group_outputs;
    // Up to three weights of the next filter are read and multiplied with 0.
    let filters = |channels: [usize; 2]| {
        let [_, next] = channels;
        let whole = next * taps + whole_quads <= conv.weights.len();
        let length = if whole { whole_quads } else { taps };
        channels.map(|channel| {
            let filter = conv.weights.get(channel * taps..channel * taps + length);
            filter.unwrap_or_default()
        })
    };
    for channel in (first..first + group_outputs).step_by(FILTERS) {
        // Of an odd number of channels the last one is computed twice and kept once.
        let next = (channel + 1).min(first + group_outputs - 1);
        let sums = kernels::products(columns, filters([channel, next]));
        for (channel, sums) in (channel..=next).zip(sums) {
            let bias = conv.bias.get(channel).copied().unwrap_or_default();
            let mut at = channel;
            for sum in sums {
                if let Some(value) = pixels.get_mut(at) {
                    *value = finish(bias + sum, channel);
                }
                at += channels;
            }
        }
    }
}

/// Writes the window of one pixel into its column, the first or the second.
fn unfold(
    conv: &Conv2d<'_>,
    input: &[i8],
    at: [usize; 2],
    group: usize,
    scratch: &mut [u32],
    pixel: usize,
) {
    let ([y, x], window) = (at, &conv.window);
    let (channels, depth) = (conv.input.channels, conv.group_channels());
    let left = (x * window.stride_w).wrapping_sub(window.pad_left);
    let mut column = Column::new(scratch, pixel, conv.input_zero);
    for ky in 0..window.kernel_h {
        let Some(row) = input_row(conv, input, y, ky) else {
            column.pad(window.kernel_w * depth);
            continue;
        };
        if conv.groups == 1 && window.dilation_w == 1 {
            // The taps that lie on the input are neighbours.
            let before = window.kernel_w.min(left.wrapping_neg());
            let (before, start) = if left < conv.input.width {
                (0, left)
            } else {
                (before, 0)
            };
            let inside = (window.kernel_w - before).min(conv.input.width - start);
            let start = start * depth;
            column.pad(before * depth);
            column.push(row.get(start..start + inside * depth).unwrap_or_default());
            column.pad((window.kernel_w - before - inside) * depth);
            continue;
        }
        let mut at = left;
        for _ in 0..window.kernel_w {
            if at < conv.input.width {
                let start = at * channels + group * depth;
                column.push(row.get(start..start + depth).unwrap_or_default());
            } else {
                column.pad(depth);
            }
            at = at.wrapping_add(window.dilation_w);
        }
    }
    column.finish();
}
