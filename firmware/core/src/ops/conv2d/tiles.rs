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
    let words = column_bytes(conv.weights_per_output()) / 4;
    let channels = conv.output.channels.max(1);
    for group in 0..conv.groups {
        let mut x = columns.start;
        for pixels in output.chunks_mut(PIXELS * channels) {
            if pixels.len() == PIXELS * channels {
                let scratch = scratch.get_mut(..PIXELS * words).unwrap_or_default();
                tile::<T, PIXELS>(conv, input, [y, x], group, scratch, pixels, &finish);
            } else {
                let scratch = scratch.get_mut(..words).unwrap_or_default();
                tile::<T, 1>(conv, input, [y, x], group, scratch, pixels, &finish);
            }
            x += PIXELS;
        }
    }
}

/// One group's channels of `P` neighbouring output pixels, the first of them at
/// row and column `at`.
fn tile<T, const P: usize>(
    conv: &Conv2d<'_>,
    input: &[i8],
    at: [usize; 2],
    group: usize,
    scratch: &mut [u32],
    pixels: &mut [T],
    finish: &impl Fn(i32, usize) -> T,
) {
    let [y, x] = at;
    for pixel in 0..P {
        unfold::<P>(conv, input, [y, x + pixel], group, scratch, pixel);
    }
    let (channels, taps) = (conv.output.channels, conv.weights_per_output());
    let group_outputs = channels / conv.groups.max(1);
    let first = group * group_outputs;
    let range = first..first + group_outputs;
    let filters = conv
        .weights
        .get(range.start * taps..range.end * taps)
        .unwrap_or_default();
    let biases = conv.bias.get(range).unwrap_or_default();
    let pairs = filters.chunks((FILTERS * taps).max(1));
    let mut channel = first;
    for (pair, biases) in pairs.zip(biases.chunks(FILTERS)) {
        let (filter, next) = pair.split_at_checked(taps).unwrap_or((pair, &[]));
        // An odd number of channels: the last one is computed twice and kept once.
        let next = if next.is_empty() { filter } else { next };
        let sums = kernels::products::<P>(scratch, [filter, next]);
        for (sums, &bias) in sums.iter().zip(biases) {
            let mut at = channel;
            for &sum in sums {
                if let Some(value) = pixels.get_mut(at) {
                    *value = finish(bias + sum, channel);
                }
                at += channels;
            }
            channel += 1;
        }
    }
}

/// Writes the window of one pixel into its column: pixel `pixel` of `P`.
fn unfold<const P: usize>(
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
    let mut column = Column::<P>::new(scratch, pixel, conv.input_zero);
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
