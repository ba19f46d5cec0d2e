//! A convolution by 3×3 windows at stride 1, four neighbouring pixels of a row by 6 products
//! where taps take 12: Winograd's F(4, 3) along the row, in integers (Lavin and Gray, *Fast
//! Algorithms for Convolutional Neural Networks*, 2016; the points are 0, ±1, ±2 and ∞).
//!
//! Of each row of a filter, `w`, and of six neighbours under four windows, `d`, their zero
//! point taken away, there are six numbers each. Products at the same position add up over
//! rows and channels to `m`:
//!
//! ```text
//! position  of a filter            of the input
//! 0         6·w₀                   4·d₀ − 5·d₂ + d₄
//! 1         −4·(w₀ + w₁ + w₂)      −4·d₁ − 4·d₂ + d₃ + d₄
//! 2         −4·(w₀ − w₁ + w₂)      4·d₁ − 4·d₂ − d₃ + d₄
//! 3         w₀ + 2·w₁ + 4·w₂       −2·d₁ − d₂ + 2·d₃ + d₄
//! 4         w₀ − 2·w₁ + 4·w₂       2·d₁ − d₂ − 2·d₃ + d₄
//! 5         24·w₂                  4·d₁ − 5·d₃ + d₅
//!
//! 24·o₀ = m₀ + m₁ + m₂ + m₃ + m₄        24·o₂ = m₁ + m₂ + 4·(m₃ + m₄)
//! 24·o₁ = m₁ − m₂ + 2·(m₃ − m₄)         24·o₃ = m₁ − m₂ + 8·(m₃ − m₄) + m₅
//! ```
//!
//! The numbers fit 16 bits: at most 3,072 and 2,550. Sums may leave 32 bits, as these are
//! right modulo 2^32, where `24·o` fits 32 bits at the end: where `24 · 255 · Σ|w|` of a
//! filter is below `2^31` ([`fits`]). Then `o` is `24·o / 8`, times the inverse of 3.
//!
//! Two filters meet two tiles of four pixels at a time. A word has the numbers of two
//! channels, of filters in the order of `wide`: `[O / 2, position, 3, I / 2, 2]`, the last the
//! two filters. At a position the tiles take turns as the columns of two pixels do.

use super::polynomials;
use crate::image::format::kernel;
use crate::image::{Conv2d, Shape, Window};
use crate::ops::packed::{COMPARES_WORDS, POSITIONS, TILE, position_words};
#[cfg(dsp)]
use {super::tiles, crate::ops::Output};
#[cfg(any(dsp, test))]
use {
    super::{Part, input_row},
    crate::arena::copy,
    crate::ops::kernels,
};

/// The largest `Σ|w|` of a filter whose sums fit.
pub const MAX_WEIGHT_SUM: u32 = i32::MAX as u32 / (24 * 255);

/// Whether there is a loop for a convolution by this window.
pub fn suits(input: Shape, output: Shape, window: &Window, groups: usize) -> bool {
    polynomials::is_window(window, groups)
        && window.kernel_h == 3
        && input.channels.is_multiple_of(4)
        && output.channels.is_multiple_of(2)
        && output.width >= TILE
}

/// Whether every sum of a filter fits.
pub fn fits(filter: &[i8]) -> bool {
    polynomials::magnitude(filter) <= MAX_WEIGHT_SUM
}

/// Bytes of scratch of a convolution of so many input channels, a multiple of 4: two tiles,
/// and six pixels with padding.
pub fn scratch_bytes(channels: usize) -> usize {
    4 * POSITIONS * position_words(channels) + POSITIONS * channels + 4
}

/// Whether the windows of a convolution are such, and where [`COMPARES_WORDS`] says so, whether
/// all its sums fit.
pub(crate) fn is_sound(conv: &Conv2d<'_>) -> bool {
    let mut filters = conv
        .weights()
        .chunks_exact(conv.weights_per_output().max(1));
    suits(conv.input, conv.output, &conv.window, conv.groups)
        && (!COMPARES_WORDS || filters.all(fits))
}

/// Int8 outputs by tiles, where a row has as many; others as any other convolution has them.
#[cfg(dsp)]
#[inline(never)]
pub(super) fn evaluate(part: &Part<'_, '_>, scratch: &mut [u32], output: &mut Output<'_>) {
    match output {
        Output::Int8(values) if kernels::WINOGRAD && part.columns.len() >= TILE => {
            by_tiles(part, scratch, values);
        }
        _ => tiles::evaluate(part, scratch, output),
    }
}

/// Pixels of one row, two tiles at a time. The last tile begins so that it ends with them: it
/// may make pixels once more that the tile before it has made.
#[cfg(any(dsp, test))]
pub(super) fn by_tiles(part: &Part<'_, '_>, scratch: &mut [u32], output: &mut [i8]) {
    let columns = &part.columns;
    let last = columns.len().saturating_sub(TILE);
    let mut at = 0;
    while at < columns.len() {
        let mut tile = 0;
        while tile < 2 {
            let start = (at + tile * TILE).min(last);
            unfold(part, columns.start + start, tile, scratch);
            tile += 1;
        }
        let starts = [at.min(last), (at + TILE).min(last)];
        kernels::tile_pair(scratch, part.conv, starts, output);
        at += 2 * TILE;
    }
}

/// Transforms what lies under the windows of four pixels, from column `x` on.
#[cfg(any(dsp, test))]
fn unfold(part: &Part<'_, '_>, x: usize, tile: usize, scratch: &mut [u32]) {
    let conv = part.conv;
    let (channels, width) = (conv.input.channels, conv.input.width);
    let words = POSITIONS * position_words(channels);
    let (numbers, padded) = scratch.split_at_mut(words.min(scratch.len()));
    let padded: &mut [i8] = bytemuck::must_cast_slice_mut(padded);
    let pad = conv.window.pad_left;
    let first = x.saturating_sub(pad);
    for ky in 0..3 {
        let row = input_row(conv, part.input, part.y, ky).unwrap_or_default();
        let mut pixels = row.get(first * channels..).unwrap_or_default();
        // Six pixels, and a byte more that is read.
        if x < pad || first + POSITIONS >= width || row.is_empty() {
            padded.fill(conv.input_zero);
            let before = pad.saturating_sub(x) * channels;
            copy(pixels, padded.get_mut(before..).unwrap_or_default());
            pixels = padded;
        }
        let from = ky * channels + 2 * tile;
        let numbers = numbers.get_mut(from..).unwrap_or_default();
        kernels::transform(pixels, channels, conv.input_zero, numbers);
    }
}

/// Whether a convolution is computed so.
#[inline(always)]
pub(super) fn is_chosen(conv: &Conv2d<'_>) -> bool {
    conv.kernel == kernel::WINOGRAD
}
