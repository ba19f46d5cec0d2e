//! Windows unfolded into columns of 16-bit numbers with the zero point taken
//! away, two pixels at a time, and multiplied with two filters at a time: every
//! number that is loaded serves twice.

use super::{Part, input_row};
use crate::arena::copy;
use crate::image::Conv2d;
use crate::ops::operands::{Filters, PART, PIXELS, Windows};
use crate::ops::{InputRows, Output, kernels};

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
        let multipliers = conv.quantiser.multipliers.get(first..);
        let scales = (multipliers.unwrap_or_default(), conv.quantiser.zero);
        let (mut x, mut start) = (columns.start, first);
        while x < columns.end {
            let is_int8 = matches!(output, Output::Int8(_));
            let left = if is_int8 { columns.end - x } else { 0 };
            let windows = whole_windows(conv, input, [y + x / width, x % width], left);
            let (mut pixels, mut step) = (PIXELS * windows.pairs, channels);
            // Of an odd number of pixels the last one is computed twice.
            if x + 1 == columns.end {
                step = 0;
            }
            if pixels == 0 {
                while pixels < PIXELS {
                    let x = (x + pixels).min(columns.end - 1);
                    let at = [y + x / width, x % width];
                    unfold(conv, input, at, group, pixels, scratch);
                    pixels += 1;
                }
            }
            let mut index = match output {
                Output::Int8(values) => {
                    let values = values.get_mut(start..).unwrap_or_default();
                    kernels::whole_pairs(scratch, &windows, &filters, scales, values, step)
                }
                Output::Sums(_) => 0,
            };
            while let Some(&bias) = filters.bias.get(index) {
                let mut at = start + index;
                for &sum in &kernels::dots(scratch, filters.from(index)) {
                    output.put(at, bias + sum, &conv.quantiser, first + index);
                    at += step;
                }
                index += 1;
            }
            x += pixels;
            start += pixels * channels;
        }
    }
}

/// The windows of the `left` pixels from `y` and `x` on that lie on the input, up to the first
/// that does not, or to the end of the row; none where they are less than two, or there is no
/// loop for them.
#[inline(never)]
fn whole_windows<'x>(
    conv: &Conv2d<'_>,
    input: InputRows<'x>,
    [y, x]: [usize; 2],
    left: usize,
) -> Windows<'x> {
    let (window, shape) = (&conv.window, conv.input);
    let mut windows = Windows {
        values: &[],
        stride: window.stride_w * shape.channels,
        run: window.kernel_w * shape.channels,
        runs: window.kernel_h,
        pitch: window.dilation_h * shape.row_elements(),
        zero: conv.input_zero,
        pairs: 0,
    };
    let from = (x * window.stride_w).wrapping_sub(window.pad_left);
    let top = (y * window.stride_h).wrapping_sub(window.pad_top);
    let end = from.wrapping_add(window.kernel_w);
    // Rows of less than a word are not for the loop, nor is a filter that is left alone.
    if kernels::WINDOWS
        && conv.groups == 1
        && window.dilation_w == 1
        && windows.run >= 4
        && conv.output.channels.is_multiple_of(2)
        && from < end
        && end <= shape.width
        && let Some(rows) = input.rows_from(shape, top)
        && let Some(values) = rows.get(from * shape.channels..)
    {
        let mut pixels = (shape.width - end) / window.stride_w.max(1) + 1;
        pixels = pixels.min(conv.output.width.saturating_sub(x));
        // Pixels that are their windows go on in the next row.
        let [height, width] = [conv.output.height, conv.output.width];
        if windows.run == windows.stride && [height, width] == [shape.height, shape.width] {
            pixels = left;
        }
        windows.values = values;
        windows.pairs = pixels.min(left) / PIXELS;
        if left == 1 {
            (windows.stride, windows.pairs) = (0, 1);
        }
        // Rows below the input are padding.
        let rows = (shape.height - top).div_ceil(window.dilation_h.max(1));
        windows.runs = windows.runs.min(rows);
    }
    windows
}

/// Writes the window of a pixel, the first or the second, into its column: part by part.
#[inline(always)]
fn unfold(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    [y, x]: [usize; 2],
    group: usize,
    pixel: usize,
    scratch: &mut [u32],
) {
    let window = &conv.window;
    let (channels, depth) = (conv.input.channels, conv.group_channels());
    // Taps that lie on the input as neighbours do in the filter.
    let are_neighbours = conv.groups == 1 && window.dilation_w == 1;
    let width = conv.input.width;
    let left = (x * window.stride_w).wrapping_sub(window.pad_left);
    let mut first = 0;
    while first < scratch.len() {
        let mut part = [conv.input_zero; PART];
        for ky in 0..window.kernel_h {
            let row = input_row(conv, input, y, ky).unwrap_or_default();
            let mut kx = 0;
            while kx < window.kernel_w {
                let at = left.wrapping_add(kx * window.dilation_w);
                let mut taps = 1;
                if at < width {
                    if are_neighbours {
                        taps = (window.kernel_w - kx).min(width - at);
                    }
                    let place = (ky * window.kernel_w + kx) * depth;
                    let from = at * channels + group * depth + first.saturating_sub(place);
                    let to = place.saturating_sub(first);
                    let end = (place + taps * depth).saturating_sub(first).min(PART);
                    if let Some(part) = part.get_mut(to..end) {
                        copy(row.get(from..).unwrap_or_default(), part);
                    }
                }
                kx += taps;
            }
        }
        kernels::widen(&part, conv.input_zero, first, pixel, scratch);
        first += PART;
    }
}
