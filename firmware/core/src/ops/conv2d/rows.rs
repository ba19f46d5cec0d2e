//! One input channel, windows side by side: the taps of neighbouring pixels are
//! neighbours, so four pixels are computed from the rows as they lie.
//!
//! The rows under the windows are copied once, padded with the zero point, so
//! that no pixel is an exception. A copied row has room for whole tiles of four
//! pixels and whole words of four taps:
//!
//! ```text
//! |<- pad ->|<------- input row ------->|<- pad ->|<- up to whole tiles ->|
//! ```

use super::Part;
#[cfg(any(dsp, test))]
use super::{channelwise, tiles};
use crate::image::Window;
use crate::ops::Output;
#[cfg(any(dsp, test))]
use crate::ops::operands::PIXELS;
use crate::ops::operands::TILE;
#[cfg(not(dsp))]
use {
    super::input_row,
    crate::arena::copy,
    crate::image::Conv2d,
    crate::ops::{kernels, operands::PaddedRows},
};

/// Bytes of a padded row for `columns` output pixels.
pub(super) fn row_bytes(columns: usize, window: &Window) -> usize {
    columns.next_multiple_of(TILE) + window.kernel_w.next_multiple_of(TILE)
}

/// The same sums from unfolded windows, by the loop that a core with the DSP extension has
/// for these: one for rows as well would take flash for a layer that is first, and mostly
/// pooled as sums. Where the scratch is too small for two windows, in narrow layers, they
/// are made product by product.
#[cfg(any(dsp, test))]
pub(super) fn unfolded(part: &Part<'_, '_>, scratch: &mut [u32], output: &mut Output<'_>) {
    // A plan's bytes are used, all of them: the tests hold it to what is written.
    scratch.fill(0);
    let column_bytes = tiles::column_bytes(part.conv.weights_per_output());
    if PIXELS * column_bytes <= size_of_val(scratch) {
        tiles::evaluate(part, scratch, output);
    } else {
        channelwise::evaluate(part, output);
    }
}

/// All channels of the part's pixels.
#[cfg(not(dsp))]
pub(super) fn evaluate(part: &Part<'_, '_>, scratch: &mut [u32], output: &mut Output<'_>) {
    let Part {
        conv,
        input,
        y,
        ref columns,
    } = *part;
    let (count, channels) = (columns.len(), conv.output.channels);
    let row_bytes = row_bytes(count, &conv.window);
    let scratch: &mut [i8] = bytemuck::must_cast_slice_mut(scratch);
    let rows = scratch.get_mut(..conv.window.kernel_h * row_bytes);
    let rows = rows.unwrap_or_default();
    for ky in 0..conv.window.kernel_h {
        let row = rows.get_mut(ky * row_bytes..(ky + 1) * row_bytes);
        let under = input_row(conv, input, y, ky);
        pad(conv, under, columns.start, row.unwrap_or_default());
    }
    let rows = PaddedRows {
        bytes: rows,
        row_bytes,
        kernel_w: conv.window.kernel_w,
    };
    let taps = conv.weights_per_output();
    for (channel, &bias) in conv.bias.iter().enumerate() {
        let filter = conv
            .padded_weights
            .get(channel * taps..(channel + 1) * taps);
        let filter = filter.unwrap_or_default();
        // Every window is whole, padding included: the zero point's part is the same.
        let weight_sum = kernels::weight_sum(filter);
        let start = bias.wrapping_sub(i32::from(conv.input_zero) * weight_sum);
        let mut next = channel;
        for at in (0..count).step_by(TILE) {
            for sum in kernels::four_pixels(&rows, at, filter, start) {
                // The pixels of the last tile that there are not lie outside.
                output.put(next, sum, &conv.quantiser, channel);
                next += channels;
            }
        }
    }
}

/// Fills `padded` with what lies under the windows from output column `first` on.
#[cfg(not(dsp))]
fn pad(conv: &Conv2d<'_>, row: Option<&[i8]>, first: usize, padded: &mut [i8]) {
    let left = conv.window.pad_left.saturating_sub(first);
    let from = first.saturating_sub(conv.window.pad_left);
    let row = row.and_then(|row| row.get(from..)).unwrap_or_default();
    padded.fill(conv.input_zero);
    copy(row, padded.get_mut(left..).unwrap_or_default());
}
