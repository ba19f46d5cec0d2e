//! A convolution before a 2×2 max-pool, its sums by products of polynomials, pooled
//! before they are requantised.
//!
//! Two neighbouring numbers make one word, and so do two neighbouring taps, the other way
//! round. With `B = 2^21` the product of two words has three sums in fields of 21 bits:
//!
//! ```text
//! (x₀ + x₁·B) · (w₁ + w₀·B) = x₀·w₁ + (x₀·w₀ + x₁·w₁)·B + x₁·w₀·B²
//! output pixel                 −1       0                    +1
//! ```
//!
//! 64 bits add up these products over all taps and channels. The middle field is then the
//! sum of an even output pixel; the upper field and the lower field of the accumulator to
//! the right are what the pixel after it is made of.
//!
//! A sum that is not negative and fits 21 bits stays in its field. The inputs, their zero
//! point taken away, span 255 steps around 0, so a filter's sums span `255 · Σ|w|`: where
//! that is below `2^21`, every sum fits, from the smallest one on counted ([`fits`]).
//! What only a part of the taps adds up to lies between the same bounds.
//!
//! Requantisation never decreases, so the largest of four sums becomes the largest of
//! four outputs.

use super::{PooledPart, input_row};
use crate::image::format::kernel;
use crate::image::{Conv2d, MaxPool, Shape, Window};
use crate::ops::kernels::{pool_row, whole_columns};
use crate::ops::packed::COMPARES_WORDS;
use crate::ops::polynomial::{FIELD_BITS, Polynomials, columns_per_window};
use crate::ops::{InputRows, requantize};

/// The largest `Σ|w|` of a filter whose sums fit a field.
pub const MAX_WEIGHT_SUM: u32 = ((1 << FIELD_BITS) - 1) / 255;

/// Whether there is a loop for a convolution by this window, pooled by that one.
pub fn suits(window: &Window, groups: usize, pool: &Window) -> bool {
    is_window(window, groups) && is_pool(pool)
}

/// Whether it is the window of such a convolution, whatever follows.
pub(super) fn is_window(window: &Window, groups: usize) -> bool {
    matches!((window.kernel_h, window.kernel_w), (3, 3) | (5, 5))
        && [window.stride_h, window.stride_w] == [1; 2]
        && [window.dilation_h, window.dilation_w] == [1; 2]
        && groups == 1
}

fn is_pool(pool: &Window) -> bool {
    [pool.kernel_h, pool.kernel_w] == [2; 2]
        && [pool.stride_h, pool.stride_w] == [2; 2]
        && [pool.dilation_h, pool.dilation_w] == [1; 2]
        && [pool.pad_top, pool.pad_left] == [0; 2]
}

/// Whether every sum of a filter fits a field.
pub fn fits(filter: &[i8]) -> bool {
    magnitude(filter) <= MAX_WEIGHT_SUM
}

/// `Σ|w|` of a filter.
pub(super) fn magnitude(filter: &[i8]) -> u32 {
    let magnitudes = filter.iter().map(|w| u32::from(w.unsigned_abs()));
    magnitudes.sum()
}

/// Words of an image that a filter takes: what its sums are counted from, and its taps.
pub fn filter_words(window: &Window, channels: usize) -> usize {
    1 + columns_per_window(window.kernel_w) * channels * window.kernel_h
}

/// The words of a filter, `[KH, KW, I]`, of inputs with this zero point.
///
/// The first is the smallest sum without bias, negated. The others hold two taps each:
/// `[(KW + 1) / 2, I, KH]`, and where there is no second tap it is 0.
pub fn words(
    filter: &[i8],
    window: &Window,
    channels: usize,
    input_zero: i8,
) -> impl Iterator<Item = u32> {
    let window = *window;
    let all = 0..filter_words(&window, channels);
    all.map(move |index| word(filter, &window, channels, input_zero, index))
}

fn word(filter: &[i8], window: &Window, channels: usize, input_zero: i8, index: usize) -> u32 {
    let Some(index) = index.checked_sub(1) else {
        return counted_from(filter, input_zero);
    };
    let (rows, channels) = (window.kernel_h.max(1), channels.max(1));
    let (column, ky) = (index / rows, index % rows);
    let (kx, channel) = (2 * (column / channels), column % channels);
    let first = (ky * window.kernel_w + kx) * channels + channel;
    let tap = |at: usize| filter.get(at).map_or(0, |&w| i32::from(w) as u32);
    let second = if kx + 1 < window.kernel_w {
        tap(first + channels)
    } else {
        0
    };
    second.wrapping_add(tap(first) << FIELD_BITS)
}

/// The smallest sum of a filter without bias, negated.
fn counted_from(filter: &[i8], input_zero: i8) -> u32 {
    let zero = i32::from(input_zero);
    let mut start = 0_i32;
    for &w in filter {
        let furthest = if w > 0 { 128 + zero } else { 127 - zero };
        start = start.wrapping_add(i32::from(w).wrapping_abs().wrapping_mul(furthest));
    }
    start as u32
}

/// Whether the words of a convolution are as many as its loop reads, and where
/// [`COMPARES_WORDS`] says so, those of its weights, all of whose sums fit.
pub(crate) fn are_sound(conv: &Conv2d<'_>) -> bool {
    let Conv2d {
        window,
        groups,
        input_zero,
        packed,
        ..
    } = conv;
    let channels = conv.input.channels;
    if !is_window(window, *groups) {
        return false;
    }
    let filter_words = filter_words(window, channels);
    if !COMPARES_WORDS {
        return packed.len() == conv.output.channels * filter_words;
    }
    let (mut weights, mut packed) = (conv.weights(), *packed);
    while !weights.is_empty() {
        let filter = weights.split_at_checked(conv.weights_per_output());
        let (Some((filter, other_filters)), Some((words, other_words))) =
            (filter, packed.split_at_checked(filter_words))
        else {
            return false;
        };
        if !fits(filter) {
            return false;
        }
        for (index, &found) in words.iter().enumerate() {
            if found != word(filter, window, channels, *input_zero, index) {
                return false;
            }
        }
        (weights, packed) = (other_filters, other_words);
    }
    packed.is_empty()
}

/// Bytes of scratch for rows of `conv` that are pooled in this way; 0 where they are not.
pub(crate) fn needs(conv: &Conv2d<'_>, pool: &MaxPool) -> usize {
    if conv.packed_for(kernel::POLYNOMIALS).is_empty() || !is_pool(&pool.window) {
        return 0;
    }
    scratch_bytes(conv.input, &conv.window, pool.output)
}

/// Whether rows of `conv`, pooled by `pool`, can be computed in this way.
pub(crate) fn is_possible(conv: &Conv2d<'_>, pool: &MaxPool) -> bool {
    needs(conv, pool) > 0
}

/// Bytes of scratch for rows of `pooled`, a multiple of 4: what lies under the windows of
/// two output rows, in words.
///
/// An image's plan has them for every build, whether it computes in this way or not.
pub fn scratch_bytes(input: Shape, window: &Window, pooled: Shape) -> usize {
    let columns = pooled.width + columns_per_window(window.kernel_w) - 1;
    4 * columns * input.channels * (window.kernel_h + 1)
}

/// Puts into `scratch` what a part of a row of the pooled output is made of. Rows have to
/// come in order, because of what the row before left there.
pub(crate) fn fill(
    conv: &Conv2d<'_>,
    input: InputRows<'_>,
    part: &PooledPart,
    scratch: &mut [u32],
) {
    let rows = conv.window.kernel_h + 1;
    let columns = part.columns.len() + columns_per_window(conv.window.kernel_w) - 1;
    let scratch = scratch.get_mut(..columns * conv.input.channels * rows);
    let scratch = scratch.unwrap_or_default();
    // The rows of the output before are two rows up.
    let mut ky = if part.is_first { 0 } else { rows - 2 };
    while ky < rows {
        let upper = input_row(conv, input, 2 * part.y, ky).unwrap_or_default();
        let lower = input_row(conv, input, 2 * part.y, ky + 1).unwrap_or_default();
        put_rows(conv, [upper, lower], part.columns.start, scratch);
        ky += 2;
    }
}

/// Moves every cell two rows up, and puts two rows of the input below, from the two columns
/// `start` on. An empty row is padding.
///
/// The words of a cell lie one below the other on the input; then comes the next channel,
/// and after the last channel the next two columns.
fn put_rows(conv: &Conv2d<'_>, [upper, lower]: [&[i8]; 2], start: usize, scratch: &mut [u32]) {
    let (channels, pad) = (conv.input.channels.max(1), conv.window.pad_left);
    let column = channels * (conv.window.kernel_h + 1);
    // Columns whose first pixel is padding, or both.
    let before = pad.div_ceil(2).saturating_sub(start);
    let (left, rest) = scratch.split_at_mut((before * column).min(scratch.len()));
    put_columns(conv, [upper, lower], start, left);
    let start = start + before;
    let first = (2 * start - pad) * channels;
    let from = |row| <[i8]>::get(row, first..).unwrap_or_default();
    let pixels = [from(upper), from(lower)];
    let whole = whole_columns(conv.window.kernel_h, pixels, channels, zeros(conv), rest);
    let rest = rest.get_mut(whole * column..).unwrap_or_default();
    put_columns(conv, [upper, lower], start + whole, rest);
}

/// What is taken from the word of two numbers, for their zero point.
fn zeros(conv: &Conv2d<'_>) -> i32 {
    i32::from(conv.input_zero).wrapping_mul(1 + (1 << FIELD_BITS))
}

/// The same of column `first` and all after it, one number at a time: what is left of a
/// row or right of it is padding.
#[inline(never)]
fn put_columns(conv: &Conv2d<'_>, [upper, lower]: [&[i8]; 2], first: usize, cells: &mut [u32]) {
    let (channels, zeros) = (conv.input.channels.max(1), zeros(conv));
    let number = |row: &[i8], at: usize| i32::from(*row.get(at).unwrap_or(&conv.input_zero));
    let word = |row: &[i8], at: usize| {
        let second = number(row, at.wrapping_add(channels)) << FIELD_BITS;
        number(row, at).wrapping_add(second).wrapping_sub(zeros) as u32
    };
    let pixel = (2 * first).wrapping_sub(conv.window.pad_left);
    let mut at = pixel.wrapping_mul(channels);
    let mut channel = 0;
    for cell in cells.chunks_exact_mut((conv.window.kernel_h + 1).max(1)) {
        let mut words = [word(upper, at), word(lower, at)];
        for pair in cell.as_chunks_mut().0.iter_mut().rev() {
            core::mem::swap(pair, &mut words);
        }
        at = at.wrapping_add(1);
        channel += 1;
        if channel == channels {
            channel = 0;
            at = at.wrapping_add(channels);
        }
    }
}

/// A part of a row of the pooled output, `[columns, O]`, from what [`fill`] left in
/// `scratch`.
pub(crate) fn pooled_row(conv: &Conv2d<'_>, scratch: &[u32], output: &mut [i8]) {
    let filters = Polynomials {
        kernel: conv.window.kernel_h,
        channels: conv.input.channels,
        words: conv.packed_for(kernel::POLYNOMIALS),
        bias: conv.bias,
        multipliers: conv.quantiser.multipliers,
        zero: conv.quantiser.zero,
    };
    pool_row(scratch, &filters, output);
    requantize::clamp(&conv.quantiser, output);
}
