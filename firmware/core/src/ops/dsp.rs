//! Sums of products and maxima for Cortex-M cores with the DSP extension.
//!
//! `SXTB16` makes two 16-bit numbers of bytes 0 and 2 of a word, and of bytes 1
//! and 3; `SMLAD` multiplies two such pairs and adds both products. Activations
//! and weights are taken apart alike, so that pairs meet without being sorted,
//! and `SXTAB16` takes the zero point away on the way. Words are loaded from any
//! address: these cores do that.

mod instructions;
mod loops;

use super::operands::PART;
#[cfg(dsp)]
use super::operands::{Filters, Windows};
use crate::arena::copy;
use instructions::{max8, smlad, ssub16, sxtab16, sxtab16_odd, sxtb16, sxtb16_odd};

#[cfg(dsp)]
pub use loops::{
    NINE_TAPS, POOLS_SUMS, WINOGRAD, nine_taps, pool_row, tile_pair, transform, whole_columns,
};

/// Four 16-bit numbers: 0 and 2 in the first word, 1 and 3 in the second.
type Quad = [u32; 2];

fn word(bytes: &[i8; 4]) -> u32 {
    u32::from_le_bytes(bytes.map(|byte| byte as u8))
}

/// The word of up to four bytes; the bytes that there are not are 0.
#[inline(never)]
fn part_word(bytes: &[i8]) -> u32 {
    let mut word = 0;
    for &byte in bytes.iter().rev() {
        word = word << 8 | u32::from(byte as u8);
    }
    word
}

/// The word at `at`; the bytes that there are not are 0.
#[inline(never)]
fn word_at(bytes: &[i8], at: usize) -> u32 {
    let bytes = bytes.get(at..).unwrap_or_default();
    bytes.first_chunk().map_or_else(|| part_word(bytes), word)
}

/// `−zero`, twice.
fn negated(zero: i8) -> u32 {
    let half = u32::from(-i16::from(zero) as u16);
    half | half << 16
}

/// Writes a part of the window of a pixel, the first or the second, from tap `first` on, into its
/// column, the zero point taken away: as quads, those of the two taking turns.
#[inline(never)]
pub fn widen(part: &[i8; PART], zero: i8, first: usize, pixel: usize, columns: &mut [u32]) {
    let negated = negated(zero);
    let columns = columns.get_mut(first + 2 * pixel..).unwrap_or_default();
    for (quads, bytes) in columns.chunks_mut(4).zip(part.as_chunks().0) {
        let bytes = word(bytes);
        if let Some(quad) = quads.first_chunk_mut() {
            *quad = [sxtab16(negated, bytes), sxtab16_odd(negated, bytes)];
        }
    }
}

/// Whether there is a loop for windows as they lie in the input.
#[cfg(dsp)]
pub const WINDOWS: bool = cfg!(not(soft_float));

/// Requantised outputs of two pixels, clamped to int8 alone, from their columns;
/// the second pixel lies `step` bytes after the first. Gives how many channels are
/// done. The scales are the multipliers and the zero point.
///
/// Where there are windows the columns are made of these, two after the other: all channels of
/// all their pixels are done, or none.
#[cfg(dsp)]
#[inline(always)]
pub fn whole_pairs(
    columns: &mut [u32],
    windows: &Windows<'_>,
    filters: &Filters<'_>,
    scales: (&[f32], i8),
    output: &mut [i8],
    step: usize,
) -> usize {
    let quads = columns.as_chunks_mut().0.as_chunks_mut().0;
    loops::filter_pairs(quads, windows, filters, scales, output, step)
}

/// `Σ x·w` of a filter with the columns of two pixels.
///
/// The filter goes on where numbers are 0. For the few outputs that [`whole_pairs`] leaves.
#[inline(never)]
pub fn dots(columns: &[u32], filter: &[i8]) -> [i32; 2] {
    let quads: &[[Quad; 2]] = columns.as_chunks().0.as_chunks().0;
    let (mut first, mut second) = (0, 0);
    for (&[one, other], w) in quads.iter().zip(filter.as_chunks().0) {
        let w = word(w);
        let (even, odd) = (sxtb16(w), sxtb16_odd(w));
        first = smlad(one[1], odd, smlad(one[0], even, first));
        second = smlad(other[1], odd, smlad(other[0], even, second));
    }
    [first, second]
}

/// Inputs of a dense layer that are taken at once, from the stack.
const INPUTS: usize = 256;

/// Adds `Σ (x − zero)·w` to each sum; its weights begin `row_bytes` after those of the
/// sum before it, and go on for three bytes after the last.
pub fn add_dots(input: &[i8], zero: i8, weights: &[i8], row_bytes: usize, sums: &mut [i32]) {
    let mut numbers = [Quad::default(); INPUTS / 4];
    let negated = negated(zero);
    let mut rows = weights;
    for input in input.chunks(INPUTS) {
        let (words, rest) = input.as_chunks();
        let number = |bytes| [sxtab16(negated, bytes), sxtab16_odd(negated, bytes)];
        for (quad, bytes) in numbers.iter_mut().zip(words) {
            *quad = number(word(bytes));
        }
        if let Some(quad) = numbers.get_mut(words.len()).filter(|_| !rest.is_empty()) {
            // Bytes that there are not are the zero point.
            let zeros = u32::from_le_bytes([zero as u8; 4]);
            *quad = number(part_word(rest) | zeros << (8 * rest.len() as u32 % u32::BITS));
        }
        let count = input.len().div_ceil(4);
        add_products(numbers.get(..count), rows, row_bytes, sums);
        rows = rows.get(INPUTS..).unwrap_or_default();
    }
}

/// Changes of inputs of a dense layer that are taken at once.
const CHANGES: usize = 64;

/// Adds `Σ (new − old)·w` to each sum; its weights begin `row_bytes` after those of
/// the sum before it, and go on for three bytes after the last.
#[inline(never)]
pub fn add_changes(new: &[i8], old: &[i8], weights: &[i8], row_bytes: usize, sums: &mut [i32]) {
    let mut numbers = [Quad::default(); CHANGES / 4];
    let (mut rows, mut at) = (weights, 0);
    while at < new.len() {
        let mut count = 0;
        for quad in &mut numbers {
            if at < new.len() {
                let (new, old) = (word_at(new, at), word_at(old, at));
                let (even, odd) = (sxtb16(old), sxtb16_odd(old));
                *quad = [ssub16(sxtb16(new), even), ssub16(sxtb16_odd(new), odd)];
                at += 4;
                count += 1;
            }
        }
        add_products(numbers.get(..count), rows, row_bytes, sums);
        rows = rows.get(CHANGES..).unwrap_or_default();
    }
}

/// Adds the products of numbers with as many weights of a row to each sum, four rows at a
/// time. The last number's weights may be those of the next row: it is 0 there.
#[inline(never)]
fn add_products(numbers: Option<&[Quad]>, rows: &[i8], row_bytes: usize, sums: &mut [i32]) {
    let numbers = numbers.unwrap_or_default();
    let mut rows = rows;
    let rest = sums.len() % 4;
    let are_four = sums.len() > 4;
    // Where they are no whole fours, the first ones are computed with rows that come again,
    // or one by one.
    let mut at = 0;
    while at < rest {
        let stride = if are_four { row_bytes } else { 0 };
        let left = sums.get_mut(at..).unwrap_or_default();
        let mut four = [0; 4];
        copy(left, &mut four);
        loops::four_rows(numbers, rows, stride, &mut four);
        let done = if are_four { rest } else { 1 };
        copy(four.get(..done).unwrap_or_default(), left);
        rows = rows.get(done * row_bytes..).unwrap_or_default();
        at += done;
    }
    for four in sums.get_mut(rest..).unwrap_or_default().as_chunks_mut().0 {
        loops::four_rows(numbers, rows, row_bytes, four);
        rows = rows.get(4 * row_bytes..).unwrap_or_default();
    }
}

/// What lies under a window of four neighbouring channels, the first at `first`, added up by
/// channel: `taps` rows and columns, `steps` values from one to the next of each. Sums fit 16
/// bits.
#[inline(always)]
pub fn add_up(values: &[i8], first: usize, taps: [usize; 2], steps: [usize; 2]) -> [i32; 4] {
    let mut sums = [0; 2];
    let mut rows = values.get(first..).unwrap_or_default();
    for _ in 0..taps[0] {
        loops::add_row(rows, taps[1], steps[1], &mut sums);
        rows = rows.get(steps[0]..).unwrap_or_default();
    }
    let [even, odd] = sums;
    let low = |sums: u32| i32::from(sums as i16);
    let high = |sums: u32| sums as i32 >> 16;
    [low(even), low(odd), high(even), high(odd)]
}

/// Takes the larger of each pair of bytes into `largest`.
#[inline(always)]
fn take(largest: &mut [i8; 4], candidates: &[i8; 4]) {
    let bytes = max8(word(largest), word(candidates)).to_le_bytes();
    *largest = bytes.map(|byte| byte as i8);
}

/// Takes the larger of each pair into `largest`.
#[inline(never)]
pub fn maximum(largest: &mut [i8], candidates: &[i8]) {
    // The last word may hold bytes of the one before it again: a maximum does not mind.
    let (Some(last), Some(candidate)) = (largest.last_chunk_mut(), candidates.last_chunk()) else {
        for (largest, &candidate) in largest.iter_mut().zip(candidates) {
            *largest = (*largest).max(candidate);
        }
        return;
    };
    take(last, candidate);
    let fours = largest.as_chunks_mut().0.iter_mut();
    for (largest, candidates) in fours.zip(candidates.as_chunks().0) {
        take(largest, candidates);
    }
}
