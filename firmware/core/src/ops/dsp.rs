//! Sums of products and maxima for Cortex-M cores with the DSP extension.
//!
//! `SXTB16` makes two 16-bit numbers of bytes 0 and 2 of a word, and of bytes 1
//! and 3; `SMLAD` multiplies two such pairs and adds both products. Activations
//! and weights are taken apart alike, so that pairs meet without being sorted,
//! and `SXTAB16` takes the zero point away on the way. Words are loaded from any
//! address: these cores do that.

mod instructions;

use instructions::{max8, pkhbt, smlad, smladx, ssub16, sxtab16, sxtab16_odd, sxtb16, sxtb16_odd};

/// Pixels that [`four_pixels`] computes.
const TILE: usize = 4;

/// Four 16-bit numbers: 0 and 2 in the first word, 1 and 3 in the second.
type Quad = [u32; 2];

fn word(bytes: &[i8; 4]) -> u32 {
    u32::from_le_bytes(bytes.map(|byte| byte as u8))
}

/// The word of up to three bytes; the rest is 0.
fn part(bytes: &[i8]) -> u32 {
    let mut word = [0; 4];
    for (to, &from) in word.iter_mut().zip(bytes) {
        *to = from as u8;
    }
    u32::from_le_bytes(word)
}

/// `−zero`, twice.
fn negated(zero: i8) -> u32 {
    let half = u32::from(-i16::from(zero) as u16);
    half | half << 16
}

/// `Σ (x − zero)·w` of four neighbouring pixels with one input channel, the first
/// of them at `at` in each of `rows`; `filter` has `kernel_w` taps a row.
#[inline(always)]
pub fn four_pixels(
    rows: &[i8],
    row_bytes: usize,
    at: usize,
    filter: &[i8],
    kernel_w: usize,
    zero: i8,
) -> [i32; TILE] {
    match kernel_w {
        3 => four_pixels_of::<3>(rows, row_bytes, at, filter, zero),
        5 => four_pixels_of::<5>(rows, row_bytes, at, filter, zero),
        _ => four_pixels_of_any(rows, row_bytes, at, filter, kernel_w, zero),
    }
}

/// With the kernel's width known, nothing about its taps is left to run time.
fn four_pixels_of<const KERNEL_W: usize>(
    rows: &[i8],
    row_bytes: usize,
    at: usize,
    filter: &[i8],
    zero: i8,
) -> [i32; TILE] {
    let zero = negated(zero);
    let mut sums = [0; TILE];
    let (tap_rows, _) = filter.as_chunks::<KERNEL_W>();
    for (row, taps) in rows.chunks_exact(row_bytes.max(1)).zip(tap_rows) {
        let row = row.get(at..).unwrap_or_default();
        add_row(&mut sums, row, taps, zero);
    }
    sums
}

fn four_pixels_of_any(
    rows: &[i8],
    row_bytes: usize,
    at: usize,
    filter: &[i8],
    kernel_w: usize,
    zero: i8,
) -> [i32; TILE] {
    let zero = negated(zero);
    let mut sums = [0; TILE];
    let tap_rows = filter.chunks_exact(kernel_w.max(1));
    for (row, taps) in rows.chunks_exact(row_bytes.max(1)).zip(tap_rows) {
        let row = row.get(at..).unwrap_or_default();
        add_row(&mut sums, row, taps, zero);
    }
    sums
}

/// Adds the products of one row of taps, four taps at a time: eight bytes of the
/// row lie under four taps of four pixels.
#[inline(always)]
fn add_row(sums: &mut [i32; TILE], mut row: &[i8], taps: &[i8], zero: u32) {
    let (fours, rest) = taps.as_chunks::<4>();
    for four in fours {
        let Some((bytes, _)) = row.split_first_chunk::<8>() else {
            return;
        };
        add_taps(sums, bytes, word(four), zero);
        row = row.get(4..).unwrap_or_default();
    }
    let Some((bytes, _)) = row.split_first_chunk::<8>() else {
        return;
    };
    match rest {
        [] => {}
        &[w] => add_tap(sums, bytes, w, zero),
        more => add_taps(sums, bytes, part(more), zero),
    }
}

#[inline(always)]
fn add_taps(sums: &mut [i32; TILE], bytes: &[i8; 8], taps: u32, zero: u32) {
    let &[a, b, c, d, e, f, g, h] = bytes;
    let (low, high) = (word(&[a, b, c, d]), word(&[e, f, g, h]));
    let (x02, x13) = (sxtab16(zero, low), sxtab16_odd(zero, low));
    let (x46, x57) = (sxtab16(zero, high), sxtab16_odd(zero, high));
    // Their halves are the other way round, and so is what `SMLADX` multiplies.
    let (x42, x53) = (pkhbt(x46, x02), pkhbt(x57, x13));
    let (w02, w13) = (sxtb16(taps), sxtb16_odd(taps));
    let [first, second, third, fourth] = sums;
    *first = smlad(x13, w13, smlad(x02, w02, *first));
    *second = smladx(x42, w13, smlad(x13, w02, *second));
    *third = smladx(x53, w13, smladx(x42, w02, *third));
    *fourth = smlad(x46, w13, smladx(x53, w02, *fourth));
}

#[inline(always)]
fn add_tap(sums: &mut [i32; TILE], bytes: &[i8; 8], tap: i8, zero: u32) {
    let &[a, b, c, d, ..] = bytes;
    let bytes = word(&[a, b, c, d]);
    let (x02, x13) = (sxtab16(zero, bytes), sxtab16_odd(zero, bytes));
    let w = i32::from(tap);
    let [first, second, third, fourth] = sums;
    *first += i32::from(x02 as i16) * w;
    *second += i32::from(x13 as i16) * w;
    *third += i32::from((x02 >> 16) as i16) * w;
    *fourth += i32::from((x13 >> 16) as i16) * w;
}

/// Writes the window of one pixel, the zero point taken away, as quads: those of
/// `P` pixels take turns.
pub struct Column<'a, const P: usize> {
    quads: &'a mut [[Quad; P]],
    pixel: usize,
    zero: i8,
    /// Numbers written so far.
    at: usize,
}

impl<'a, const P: usize> Column<'a, P> {
    /// The column of pixel `pixel` in the scratch of `P`.
    pub fn new(scratch: &'a mut [u32], pixel: usize, zero: i8) -> Self {
        Self {
            quads: scratch.as_chunks_mut().0.as_chunks_mut().0,
            pixel,
            zero,
            at: 0,
        }
    }

    /// Appends what lies on the input.
    pub fn push(&mut self, values: &[i8]) {
        let head = self.at.wrapping_neg() % 4;
        let (head, values) = values.split_at_checked(head).unwrap_or((values, &[]));
        for &value in head {
            self.push_one(value);
        }
        let (fours, tail) = values.as_chunks::<4>();
        let zero = negated(self.zero);
        let quads = self.quads.get_mut(self.at / 4..).unwrap_or_default();
        for (quads, four) in quads.iter_mut().zip(fours) {
            if let Some(quad) = quads.get_mut(self.pixel) {
                *quad = [sxtab16(zero, word(four)), sxtab16_odd(zero, word(four))];
            }
        }
        self.at += 4 * fours.len();
        for &value in tail {
            self.push_one(value);
        }
    }

    /// Appends padding.
    pub fn pad(&mut self, count: usize) {
        for _ in 0..count {
            self.push_one(self.zero);
        }
    }

    /// Fills the column up.
    pub fn finish(mut self) {
        self.pad(self.at.wrapping_neg() % 4);
    }

    fn push_one(&mut self, value: i8) {
        let number = u32::from((i16::from(value) - i16::from(self.zero)) as u16);
        let quads = self.quads.get_mut(self.at / 4);
        if let Some([even, odd]) = quads.and_then(|quads| quads.get_mut(self.pixel)) {
            match self.at % 4 {
                0 => *even = number,
                1 => *odd = number,
                2 => *even |= number << 16,
                _ => *odd |= number << 16,
            }
        }
        self.at += 1;
    }
}

/// `Σ x·w` of two filters with the columns of `P` pixels, by filter and pixel.
#[inline(always)]
pub fn products<const P: usize>(columns: &[u32], filters: [&[i8]; 2]) -> [[i32; P]; 2] {
    let quads: &[[Quad; P]] = columns.as_chunks().0.as_chunks().0;
    let [(first, rest), (second, other_rest)] = filters.map(|filter| filter.as_chunks::<4>());
    let mut sums = [[0; P]; 2];
    for ((quads, a), b) in quads.iter().zip(first).zip(second) {
        add_quads(&mut sums, quads, [word(a), word(b)]);
    }
    if let (Some(quads), false) = (quads.last(), rest.is_empty()) {
        add_quads(&mut sums, quads, [part(rest), part(other_rest)]);
    }
    sums
}

#[inline(always)]
fn add_quads<const P: usize>(sums: &mut [[i32; P]; 2], quads: &[Quad; P], weights: [u32; 2]) {
    let weights = weights.map(|word| (sxtb16(word), sxtb16_odd(word)));
    for (sums, (w02, w13)) in sums.iter_mut().zip(weights) {
        for (sum, &[x02, x13]) in sums.iter_mut().zip(quads) {
            *sum = smlad(x13, w13, smlad(x02, w02, *sum));
        }
    }
}

/// `Σ (x − zero)·w` of the input with `Q` rows of weights.
#[inline(always)]
pub fn dots<const Q: usize>(input: &[i8], zero: i8, rows: [&[i8]; Q]) -> [i32; Q] {
    let zero = negated(zero);
    let (fours, rest) = input.as_chunks::<4>();
    let rows = rows.map(|row| row.get(..input.len()).unwrap_or_default().as_chunks::<4>());
    let mut sums = [0; Q];
    for (at, four) in fours.iter().enumerate() {
        let (x02, x13) = (sxtab16(zero, word(four)), sxtab16_odd(zero, word(four)));
        for (sum, (row, _)) in sums.iter_mut().zip(rows) {
            if let Some(w) = row.get(at).map(word) {
                *sum = smlad(x13, sxtb16_odd(w), smlad(x02, sxtb16(w), *sum));
            }
        }
    }
    if !rest.is_empty() {
        // Where there is no input, there is no weight: its product is 0.
        let (x02, x13) = (sxtab16(zero, part(rest)), sxtab16_odd(zero, part(rest)));
        for (sum, (_, rest)) in sums.iter_mut().zip(rows) {
            let w = part(rest);
            *sum = smlad(x13, sxtb16_odd(w), smlad(x02, sxtb16(w), *sum));
        }
    }
    sums
}

/// `Σ (new − old)·w`.
#[inline]
pub fn change(new: &[i8], old: &[i8], row: &[i8]) -> i32 {
    let row = row.get(..new.len()).unwrap_or_default();
    let [(new, new_rest), (old, old_rest), (row, rest)] = [new, old, row].map(<[i8]>::as_chunks);
    let add = |sum, [new, old, w]: [u32; 3]| {
        let x02 = ssub16(sxtb16(new), sxtb16(old));
        let x13 = ssub16(sxtb16_odd(new), sxtb16_odd(old));
        smlad(x13, sxtb16_odd(w), smlad(x02, sxtb16(w), sum))
    };
    let mut sum = 0;
    for ((new, old), w) in new.iter().zip(old).zip(row) {
        sum = add(sum, [word(new), word(old), word(w)]);
    }
    if rest.is_empty() {
        sum
    } else {
        add(sum, [part(new_rest), part(old_rest), part(rest)])
    }
}

/// Takes the larger of each pair into `largest`.
#[inline]
pub fn maximum(largest: &mut [i8], candidates: &[i8]) {
    let take = |largest: &mut [i8; 4], candidates: &[i8; 4]| {
        let bytes = max8(word(largest), word(candidates)).to_le_bytes();
        *largest = bytes.map(|byte| byte as i8);
    };
    // The last word may hold bytes of the one before it again: a maximum does not mind.
    if let (Some(largest), Some(candidates)) = (largest.last_chunk_mut(), candidates.last_chunk()) {
        take(largest, candidates);
    } else {
        for (largest, &candidate) in largest.iter_mut().zip(candidates) {
            *largest = (*largest).max(candidate);
        }
    }
    let fours = largest.as_chunks_mut().0.iter_mut();
    for (largest, candidates) in fours.zip(candidates.as_chunks().0) {
        take(largest, candidates);
    }
}
