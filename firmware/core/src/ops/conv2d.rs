//! Convolution, any stride, dilation, padding and groups.

use super::requantize::requantize;
use crate::image::Conv2d;
use core::ops::Range;

/// Output pixels `columns` of row `y`, as int8 `[columns, O]`.
pub fn row(conv: &Conv2d<'_>, input: &[i8], y: usize, columns: Range<usize>, output: &mut [i8]) {
    let channels = conv.output.channels;
    for (x, pixel) in columns.zip(output.chunks_exact_mut(channels)) {
        let multipliers = conv.quantiser.multipliers.iter();
        for (o, (value, &multiplier)) in pixel.iter_mut().zip(multipliers).enumerate() {
            *value = requantize(
                accumulate(conv, input, y, x, o),
                multiplier,
                &conv.quantiser,
            );
        }
    }
}

/// Output pixels `columns` of row `y`, as accumulators `[columns, O]`.
pub fn accumulate_row(
    conv: &Conv2d<'_>,
    input: &[i8],
    y: usize,
    columns: Range<usize>,
    output: &mut [i32],
) {
    let channels = conv.output.channels;
    for (x, pixel) in columns.zip(output.chunks_exact_mut(channels)) {
        for (o, value) in pixel.iter_mut().enumerate() {
            *value = accumulate(conv, input, y, x, o);
        }
    }
}

/// `bias + Σ (x − zero)·w` over the part of the window that lies on the input:
/// padding has the value `zero` and adds nothing.
#[inline]
fn accumulate(conv: &Conv2d<'_>, input: &[i8], y: usize, x: usize, o: usize) -> i32 {
    let window = &conv.window;
    let depth = conv.group_channels();
    let first_channel = o / (conv.output.channels / conv.groups).max(1) * depth;
    let zero = i32::from(conv.input_zero);
    let weights = conv.weights_per_output();
    let weights = conv
        .weights
        .get(o * weights..(o + 1) * weights)
        .unwrap_or_default();

    let mut sum = conv.bias.get(o).copied().unwrap_or_default();
    let tap_rows = weights.chunks_exact((window.kernel_w * depth).max(1));
    for (ky, tap_row) in tap_rows.enumerate() {
        let at_y = (y * window.stride_h + ky * window.dilation_h).wrapping_sub(window.pad_top);
        if at_y >= conv.input.height {
            continue;
        }
        let row_start = at_y * conv.input.row_elements();
        let left = x * window.stride_w;
        if window.dilation_w == 1 && conv.groups == 1 {
            // The taps that lie on the input are neighbours: one dot product.
            let first = window.pad_left.saturating_sub(left);
            let last = window
                .kernel_w
                .min((conv.input.width + window.pad_left).saturating_sub(left));
            if first < last {
                let start = row_start + (left + first - window.pad_left) * depth;
                let taps = tap_row.get(first * depth..last * depth).unwrap_or_default();
                let pixels = input.get(start..start + taps.len()).unwrap_or_default();
                sum += dot(pixels, taps, zero);
            }
            continue;
        }
        for (kx, taps) in tap_row.chunks_exact(depth).enumerate() {
            let at_x = (left + kx * window.dilation_w).wrapping_sub(window.pad_left);
            if at_x >= conv.input.width {
                continue;
            }
            let start = row_start + at_x * conv.input.channels + first_channel;
            let pixels = input.get(start..start + depth).unwrap_or_default();
            sum += dot(pixels, taps, zero);
        }
    }
    sum
}

/// `Σ (x − zero)·w`.
#[inline]
pub(super) fn dot(pixels: &[i8], weights: &[i8], zero: i32) -> i32 {
    let products = pixels.iter().zip(weights);
    products
        .map(|(&x, &w)| (i32::from(x) - zero) * i32::from(w))
        .sum()
}
