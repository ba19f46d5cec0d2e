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

use super::{Part, input_row};
use crate::arena::copy;
use crate::image::{Conv2d, Window};
use crate::ops::operands::{PaddedRows, TILE};
use crate::ops::{Output, kernels};

/// Bytes of a padded row for `columns` output pixels.
pub(super) fn row_bytes(columns: usize, window: &Window) -> usize {
    columns.next_multiple_of(TILE) + window.kernel_w.next_multiple_of(TILE)
}

/// Of int8 outputs most of a channel may be done at once.
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
    for (ky, row) in rows.chunks_exact_mut(row_bytes.max(1)).enumerate() {
        pad(conv, input_row(conv, input, y, ky), columns.start, row);
    }
    let rows = PaddedRows {
        bytes: rows,
        row_bytes,
        kernel_w: conv.window.kernel_w,
    };
    let filters = conv
        .padded_weights
        .chunks_exact(conv.weights_per_output().max(1));
    for (channel, (filter, &bias)) in filters.zip(conv.bias).enumerate() {
        // Every window is whole, padding included: the zero point's part is the same.
        let weight_sum = kernels::weight_sum(filter);
        let start = bias.wrapping_sub(i32::from(conv.input_zero) * weight_sum);
        let done = match output {
            Output::Int8(values) => {
                let values = values.get_mut(channel..).unwrap_or_default();
                let scale = conv.quantiser.scale(channel);
                kernels::whole_tiles(&rows, filter, start, scale, values, channels)
            }
            Output::Sums(_) => 0,
        };
        let mut next = done * channels + channel;
        for at in (done..count).step_by(TILE) {
            for sum in kernels::four_pixels(&rows, at, filter, start) {
                // The pixels of the last tile that there are not lie outside.
                output.put(next, sum, &conv.quantiser, channel);
                next += channels;
            }
        }
    }
}

/// Fills `padded` with what lies under the windows from output column `first` on.
fn pad(conv: &Conv2d<'_>, row: Option<&[i8]>, first: usize, padded: &mut [i8]) {
    let row = row.unwrap_or_default();
    let left = conv.window.pad_left.saturating_sub(first);
    let row = row.get(first.saturating_sub(conv.window.pad_left)..);
    let row = row.unwrap_or_default();
    let (before, rest) = padded.split_at_mut(left.min(padded.len()));
    let (inside, after) = rest.split_at_mut(row.len().min(rest.len()));
    before.fill(conv.input_zero);
    copy(row, inside);
    after.fill(conv.input_zero);
}
