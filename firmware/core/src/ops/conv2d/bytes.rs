//! A convolution before a 2×2 max-pool, pooled before it is requantised, on cores that
//! multiply one byte at a time.
//!
//! The scratch is that of `polynomials`, which has half of it left: the rows under the
//! windows of two output rows, padded with the zero point, `[KH + 1, W, I]` in bytes, and
//! then, for each filter, what its sums begin with.

use super::{PooledPart, input_row, polynomials};
use crate::arena::copy;
use crate::image::{Conv2d, MaxPool};
use crate::ops::thumb1::FourDots;
use crate::ops::{InputRows, kernels, requantize};

/// Bytes of a padded row: `columns` pooled outputs.
fn row_bytes(conv: &Conv2d<'_>, columns: usize) -> usize {
    (2 * columns + conv.window.kernel_w - 1) * conv.input.channels
}

/// Bytes of all rows, a multiple of 4.
fn rows_bytes(conv: &Conv2d<'_>, columns: usize) -> usize {
    ((conv.window.kernel_h + 1) * row_bytes(conv, columns)).next_multiple_of(4)
}

/// Whether rows of `conv`, pooled by `pool`, can be computed in this way: where there are
/// polynomials, and the scratch has room.
pub(crate) fn is_possible(conv: &Conv2d<'_>, pool: &MaxPool) -> bool {
    let needs = polynomials::needs(conv, pool);
    needs > 0
        && pool.output.width == conv.output.width / 2
        && rows_bytes(conv, pool.output.width) + 4 * conv.bias.len() <= needs
}

/// Puts into `scratch` what a part of a row of the pooled output is made of. Rows have to
/// come in order, because of what the row before left there.
pub(crate) fn fill(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    part: &PooledPart,
    scratch: &mut [u32],
) {
    let columns = part.columns.len();
    let row_bytes = row_bytes(conv, columns).max(1);
    if part.is_first {
        // A plan's bytes are used, all of them: the tests hold it to what is written.
        scratch.fill(0);
    }
    let split = (rows_bytes(conv, columns) / 4).min(scratch.len());
    let (rows, starts) = scratch.split_at_mut(split);
    let rows: &mut [i8] = bytemuck::must_cast_slice_mut(rows);
    let mut first = 0;
    if part.is_first {
        let filters = conv
            .weights()
            .chunks_exact(conv.weights_per_output().max(1));
        for (start, (filter, &bias)) in starts.iter_mut().zip(filters.zip(conv.bias)) {
            // Every window is whole, padding included: the zero point's part is the same.
            let zeros = i32::from(conv.input_zero) * kernels::weight_sum(filter);
            *start = bias.wrapping_sub(zeros) as u32;
        }
    } else {
        first = conv.window.kernel_h - 1;
        let kept = 2 * row_bytes..(first + 2) * row_bytes;
        if kept.start <= kept.end && kept.end <= rows.len() {
            rows.copy_within(kept, 0);
        }
    }
    for (ky, row) in rows.chunks_exact_mut(row_bytes).enumerate().skip(first) {
        let under = input_row(conv, input, 2 * part.y, ky);
        put_row(conv, under, 2 * part.columns.start, row);
    }
}

/// Puts what lies under the windows from output column `first` on, of a row of the input
/// with its padding; `None` is padding.
fn put_row(conv: &Conv2d<'_>, row: Option<&[i8]>, first: usize, padded: &mut [i8]) {
    let (channels, pad) = (conv.input.channels, conv.window.pad_left);
    padded.fill(conv.input_zero);
    let from = first.saturating_sub(pad) * channels;
    let row = row.unwrap_or_default().get(from..).unwrap_or_default();
    let left = pad.saturating_sub(first) * channels;
    copy(row, padded.get_mut(left..).unwrap_or_default());
}

/// A part of a row of the pooled output, `[columns, O]`, from what [`fill`] left in
/// `scratch`.
pub(crate) fn pooled_row(conv: &Conv2d<'_>, scratch: &[u32], output: &mut [i8]) {
    let columns = output.len() / conv.output.channels.max(1);
    let depth = conv.input.channels;
    let row_bytes = row_bytes(conv, columns);
    let split = (rows_bytes(conv, columns) / 4).min(scratch.len());
    let (rows, starts) = scratch.split_at(split);
    let rows: &[i8] = bytemuck::must_cast_slice(rows);
    let dots = FourDots::new(
        conv.window.kernel_h,
        conv.window.kernel_w * depth,
        row_bytes,
    );
    let filters = conv
        .weights()
        .chunks_exact(conv.weights_per_output().max(1));
    let channels = conv.output.channels.max(1);
    for (channel, (filter, &start)) in filters.zip(starts).enumerate() {
        let (multiplier, zero) = conv.quantiser.scale(channel);
        let values = output.get_mut(channel..).unwrap_or_default();
        let mut under = rows;
        for value in values.iter_mut().step_by(channels) {
            let [a, b, c, d] = dots.tile(filter, under, depth, start as i32);
            *value = requantize::to_int8(a.max(b).max(c.max(d)), multiplier, zero);
            under = under.get(2 * depth..).unwrap_or_default();
        }
    }
    requantize::clamp(&conv.quantiser, output);
}
