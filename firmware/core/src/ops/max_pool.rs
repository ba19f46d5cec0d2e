//! Maximum over a window. Padding never wins.

use crate::image::MaxPool;
use core::ops::Range;

/// Output pixels `columns` of row `y`, `[columns, C]`.
pub fn row(pool: &MaxPool, input: &[i8], y: usize, columns: Range<usize>, output: &mut [i8]) {
    let window = &pool.window;
    output.fill(i8::MIN);
    for ky in 0..window.kernel_h {
        let at_y = (y * window.stride_h + ky * window.dilation_h).wrapping_sub(window.pad_top);
        if at_y >= pool.input.height {
            continue;
        }
        let start = at_y * pool.input.row_elements();
        let row = input
            .get(start..start + pool.input.row_elements())
            .unwrap_or_default();
        include_row(pool, row, columns.clone(), output);
    }
}

/// Takes row `input_y` of the input into every row of `output` whose window
/// holds it. `output` is the whole output, first filled with [`i8::MIN`].
pub fn include(pool: &MaxPool, row: &[i8], input_y: usize, output: &mut [i8]) {
    let window = &pool.window;
    let output_rows = output.chunks_exact_mut(pool.output.row_elements().max(1));
    for (y, output_row) in output_rows.enumerate() {
        let distance = (input_y + window.pad_top).wrapping_sub(y * window.stride_h);
        let in_window = distance.is_multiple_of(window.dilation_h)
            && distance / window.dilation_h < window.kernel_h;
        if in_window {
            include_row(pool, row, 0..pool.output.width, output_row);
        }
    }
}

fn include_row(pool: &MaxPool, row: &[i8], columns: Range<usize>, output: &mut [i8]) {
    let window = &pool.window;
    let channels = pool.input.channels;
    for (x, pixel) in columns.zip(output.chunks_exact_mut(channels.max(1))) {
        for kx in 0..window.kernel_w {
            let at_x = (x * window.stride_w + kx * window.dilation_w).wrapping_sub(window.pad_left);
            if at_x >= pool.input.width {
                continue;
            }
            let candidates = row
                .get(at_x * channels..(at_x + 1) * channels)
                .unwrap_or_default();
            for (largest, &candidate) in pixel.iter_mut().zip(candidates) {
                *largest = (*largest).max(candidate);
            }
        }
    }
}
