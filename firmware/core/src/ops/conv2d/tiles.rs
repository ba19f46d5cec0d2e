//! Windows unfolded into columns of 16-bit numbers with the zero point taken
//! away, two pixels at a time, and multiplied with two filters at a time: every
//! number that is loaded serves twice.

use super::{Part, input_row};
use crate::image::Conv2d;
use crate::ops::kernels::{self, Column};
use crate::ops::operands::Filters;
use crate::ops::{InputRows, Output};

/// Output pixels that are computed together.
pub(super) const PIXELS: usize = 2;

/// Filters that are applied together.
const FILTERS: usize = 2;

/// Bytes of the column of one pixel.
pub(super) fn column_bytes(taps: usize) -> usize {
    2 * taps.next_multiple_of(4)
}

/// Of int8 outputs most of two pixels may be done at once. Columns that a row has not are
/// those of the rows below it.
#[inline(never)]
pub(super) fn evaluate(part: &Part<'_, '_>, scratch: &mut [u32], output: &mut Output<'_>) {
    let Part {
        conv,
        input,
        y,
        ref columns,
    } = *part;
    let taps = conv.weights_per_output();
    let (width, channels) = (conv.output.width.max(1), conv.output.channels.max(1));
    let scratch = scratch.get_mut(..PIXELS * column_bytes(taps) / 4);
    let scratch = scratch.unwrap_or_default();
    let group_outputs = channels / conv.groups.max(1);
    for group in 0..conv.groups {
        let first = group * group_outputs;
        let filters = Filters::of_group(conv, first, group_outputs);
        let (mut x, mut start) = (columns.start, first);
        while x < columns.end {
            // Of an odd number of pixels the last one is computed twice.
            let next = (x + 1).min(columns.end - 1);
            for pixel in 0..PIXELS {
                let x = if pixel == 0 { x } else { next };
                let at = [y + x / width, x % width];
                unfold(conv, input, at, group, scratch, pixel);
            }
            let step = (next - x) * channels;
            let mut index = match output {
                Output::Int8(values) => {
                    let values = values.get_mut(start..).unwrap_or_default();
                    let multipliers = conv.quantiser.multipliers.get(first..);
                    let scales = (multipliers.unwrap_or_default(), conv.quantiser.zero);
                    kernels::whole_pairs(scratch, &filters, scales, values, step)
                }
                Output::Sums(_) => 0,
            };
            while index < group_outputs {
                // Of an odd number of channels the last one, too, or of one the only one.
                let next = (index + 1).min(group_outputs - 1);
                let sums = kernels::products(scratch, filters.pair([index, next]));
                for (filter, &[one, other]) in sums.iter().enumerate() {
                    let index = if filter == 0 { index } else { next };
                    let bias = filters.bias.get(index).copied().unwrap_or_default();
                    let (at, channel) = (start + index, first + index);
                    output.put(at, bias + one, &conv.quantiser, channel);
                    output.put(at + step, bias + other, &conv.quantiser, channel);
                }
                index += FILTERS;
            }
            x += PIXELS;
            start += PIXELS * channels;
        }
    }
}

/// Writes the window of one pixel into its column, the first or the second.
#[inline(never)]
fn unfold(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    at: [usize; 2],
    group: usize,
    scratch: &mut [u32],
    pixel: usize,
) {
    let ([y, x], window) = (at, &conv.window);
    let (channels, depth) = (conv.input.channels, conv.group_channels());
    let left = (x * window.stride_w).wrapping_sub(window.pad_left);
    // Taps that lie on the input as neighbours do in the filter.
    let is_whole = conv.groups == 1 && window.dilation_w == 1;
    let run = if is_whole { window.kernel_w } else { 1 };
    let mut column = Column::new(scratch, pixel, conv.input_zero);
    for ky in 0..window.kernel_h {
        let Some(row) = input_row(conv, input, y, ky) else {
            column.pad(window.kernel_w * depth);
            continue;
        };
        let (mut at, mut kx) = (left, 0);
        while kx < window.kernel_w {
            // Taps before the input, on it, and after it.
            let (before, first) = if at < conv.input.width {
                (0, at)
            } else {
                (run.min(at.wrapping_neg()), 0)
            };
            let inside = (run - before).min(conv.input.width - first);
            let start = first * channels + group * depth;
            column.pad(before * depth);
            column.push(row.get(start..start + inside * depth).unwrap_or_default());
            column.pad((run - before - inside) * depth);
            at = at.wrapping_add(window.dilation_w);
            kx += run;
        }
    }
    column.finish();
}
