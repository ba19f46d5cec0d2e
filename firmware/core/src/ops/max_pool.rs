//! Maximum over a window. Padding never wins.

use super::{InputRows, kernels};
use crate::image::MaxPool;
use core::ops::Range;

/// Output pixels `columns` of row `y`, `[columns, C]`.
pub fn row(
    pool: &MaxPool,
    input: InputRows<'_>,
    y: usize,
    columns: Range<usize>,
    output: &mut [i8],
) {
    let window = &pool.window;
    output.fill(i8::MIN);
    for ky in 0..window.kernel_h {
        let at_y = (y * window.stride_h + ky * window.dilation_h).wrapping_sub(window.pad_top);
        if let Some(row) = input.row(pool.input, at_y) {
            include_row(pool, row, columns.clone(), output);
        }
    }
}

/// Takes row `input_y` of the input into every row of `output` whose window
/// holds it. `output` is the whole output, first filled with [`i8::MIN`].
pub fn include(pool: &MaxPool, row: &[i8], input_y: usize, output: &mut [i8]) {
    let window = &pool.window;
    // Distances from the first row of each window: the next window is a stride on.
    let mut distance = input_y + window.pad_top;
    let reach = (window.kernel_h - 1) * window.dilation_h;
    for output_row in output.chunks_exact_mut(pool.output.row_elements().max(1)) {
        if distance <= reach && distance.is_multiple_of(window.dilation_h) {
            include_row(pool, row, 0..pool.output.width, output_row);
        }
        let Some(next) = distance.checked_sub(window.stride_h) else {
            return;
        };
        distance = next;
    }
}

/// Takes each pair of pixels into one of `output`, `[W, C]`.
pub(crate) fn include_pairs(row: &[i8], channels: usize, output: &mut [i8]) {
    let mut candidates = row.chunks_exact(channels.max(1));
    for pixel in output.chunks_exact_mut(channels.max(1)) {
        for _ in 0..2 {
            kernels::maximum(pixel, candidates.next().unwrap_or_default());
        }
    }
}

fn include_row(pool: &MaxPool, row: &[i8], columns: Range<usize>, output: &mut [i8]) {
    let (window, channels) = (&pool.window, pool.input.channels.max(1));
    let pixels = output.chunks_exact_mut(channels);
    let mut left = (columns.start * window.stride_w).wrapping_sub(window.pad_left);
    for pixel in pixels {
        let mut at_x = left;
        for _ in 0..window.kernel_w {
            if at_x < pool.input.width {
                let start = at_x * channels;
                let candidates = row.get(start..start + channels).unwrap_or_default();
                kernels::maximum(pixel, candidates);
            }
            at_x = at_x.wrapping_add(window.dilation_w);
        }
        left = left.wrapping_add(window.stride_w);
    }
}
