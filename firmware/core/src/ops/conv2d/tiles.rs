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
            let at = [x, next].map(|x| [y + x / width, x % width]);
            unfold(conv, input, at, group, scratch);
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
            while let Some(&bias) = filters.bias.get(index) {
                let [one, other] = kernels::dots(scratch, filters.from(index));
                let (at, channel) = (start + index, first + index);
                output.put(at, bias + one, &conv.quantiser, channel);
                output.put(at + step, bias + other, &conv.quantiser, channel);
                index += 1;
            }
            x += PIXELS;
            start += PIXELS * channels;
        }
    }
}

/// Writes the windows of two pixels into their columns.
#[inline(never)]
fn unfold(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    at: [[usize; 2]; PIXELS],
    group: usize,
    scratch: &mut [u32],
) {
    let window = &conv.window;
    let (channels, depth) = (conv.input.channels, conv.group_channels());
    #[cfg(dsp)]
    if unfold_pixels(conv, input, at, scratch) {
        return;
    }
    // Taps that lie on the input as neighbours do in the filter.
    let are_neighbours = conv.groups == 1 && window.dilation_w == 1;
    let run = |taps: usize| if are_neighbours { taps } else { 1 };
    let width = conv.input.width;
    let are_on_input = |at: usize, taps: usize| at < width && taps <= width - at;
    let rows_after = (window.kernel_h - 1) * window.dilation_h;
    for (pixel, [y, x]) in at.into_iter().enumerate() {
        let left = (x * window.stride_w).wrapping_sub(window.pad_left);
        let mut column = Column::new(scratch, pixel, conv.input_zero);
        let mut kernel_h = window.kernel_h;
        let taps = run(window.kernel_w);
        if taps == window.kernel_w && are_on_input(left, taps) {
            let top = (y * window.stride_h).wrapping_sub(window.pad_top);
            let start = left * channels + group * depth;
            let rows = input.rows_from(conv.input, top);
            if let Some(values) = rows.and_then(|rows| rows.get(start..))
                && rows_after < conv.input.height - top
            {
                let pitch = window.dilation_h * conv.input.row_elements();
                column.push(values, kernel_h, taps * depth, pitch);
                kernel_h = 0;
            }
        }
        for ky in 0..kernel_h {
            let row = input_row(conv, input, y, ky).unwrap_or_default();
            let (mut at, mut kx) = (left, 0);
            while kx < window.kernel_w {
                // Neighbours that are on the input at once, others one by one.
                let taps = run(window.kernel_w - kx);
                let taps = if are_on_input(at, taps) { taps } else { 1 };
                let values = row.get(at.wrapping_mul(channels) + group * depth..);
                match values.filter(|_| at < width && !row.is_empty()) {
                    Some(values) => column.push(values, 1, taps * depth, 0),
                    None => column.pad(taps * depth),
                }
                at = at.wrapping_add(taps * window.dilation_w);
                kx += taps;
            }
        }
        column.finish();
    }
}

/// The same of windows of 1×1 in one row, no part of which is padding. Gives whether they are
/// such.
#[cfg(dsp)]
#[inline(never)]
fn unfold_pixels(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    at: [[usize; 2]; PIXELS],
    scratch: &mut [u32],
) -> bool {
    let [[y, x], [below, next]] = at;
    if conv.window.kernel_h * conv.window.kernel_w != 1 || conv.groups != 1 || below != y {
        return false;
    }
    let row = input_row(conv, input, y, 0).unwrap_or_default();
    let step = conv.window.stride_w * conv.input.channels;
    let from = |x: usize| row.get(x * step..).unwrap_or_default();
    let pixels = [from(x), from(next)];
    kernels::two_pixels(pixels, conv.input.channels, conv.input_zero, scratch)
}
