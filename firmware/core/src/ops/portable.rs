//! Sums of products and maxima in plain Rust, for cores without SIMD and for
//! compilers that find their own.

mod polynomials;
#[cfg(test)]
mod winograd;

pub use polynomials::{POOLS_SUMS, pool_row, whole_columns};
#[cfg(test)]
pub use winograd::{tile_pair, transform};

use super::operands::{Filters, PART, PIXELS, PaddedRows, TILE, Windows};

/// Whether there is a loop for depthwise convolutions.
pub const NINE_TAPS: bool = false;

/// `start + Σ x·w` of four neighbouring pixels with one input channel, the first
/// of them at `at` in each row.
#[inline]
pub fn four_pixels(rows: &PaddedRows<'_>, at: usize, filter: &[i8], start: i32) -> [i32; TILE] {
    let mut sums = [start; TILE];
    let tap_rows = filter.chunks_exact(rows.kernel_w.max(1));
    for (row, taps) in rows.bytes.chunks_exact(rows.row_bytes.max(1)).zip(tap_rows) {
        let pixels = row.get(at..).unwrap_or_default();
        for (x, &w) in pixels.windows(TILE).zip(taps) {
            for (sum, &x) in sums.iter_mut().zip(x) {
                // What does not fit on the way fits at the end.
                *sum = sum.wrapping_add(i32::from(x) * i32::from(w));
            }
        }
    }
    sums
}

/// `Σ w` of a filter.
#[inline]
pub fn weight_sum(filter: &[i8]) -> i32 {
    filter.iter().map(|&w| i32::from(w)).sum()
}

/// Writes a part of the window of a pixel, the first or the second, from tap `first` on, into its
/// column, the zero point taken away, as 16-bit numbers: the columns lie one after the other.
pub fn widen(part: &[i8; PART], zero: i8, first: usize, pixel: usize, columns: &mut [u32]) {
    let columns: &mut [i16] = bytemuck::must_cast_slice_mut(columns);
    let length = columns.len() / PIXELS;
    let column = columns.get_mut(pixel * length..(pixel + 1) * length);
    let column = column.and_then(|column| column.get_mut(first..));
    for (number, &value) in column.unwrap_or_default().iter_mut().zip(part) {
        *number = i16::from(value) - i16::from(zero);
    }
}

/// Whether there is a loop for windows as they lie in the input.
pub const WINDOWS: bool = false;

/// Requantised outputs of two pixels; gives how many channels are done. None: here
/// nothing is gained over [`dots`].
pub fn whole_pairs(
    _columns: &mut [u32],
    _windows: &Windows<'_>,
    _filters: &Filters<'_>,
    _scales: (&[f32], i8),
    _output: &mut [i8],
    _step: usize,
) -> usize {
    0
}

/// `Σ x·w` of a filter with the columns of two pixels.
#[inline]
pub fn dots(columns: &[u32], filter: &[i8]) -> [i32; 2] {
    let columns: &[i16] = bytemuck::must_cast_slice(columns);
    let (first, second) = columns.split_at(columns.len() / 2);
    [first, second].map(|column| {
        let products = column.iter().zip(filter);
        products.map(|(&x, &w)| i32::from(x) * i32::from(w)).sum()
    })
}

/// Adds `Σ (x − zero)·w` to each sum; its weights begin `row_bytes` after those of the
/// sum before it.
pub fn add_dots(input: &[i8], zero: i8, weights: &[i8], row_bytes: usize, sums: &mut [i32]) {
    let zero = i16::from(zero);
    for (sum, row) in sums.iter_mut().zip(weights.chunks(row_bytes.max(1))) {
        let products = input.iter().zip(row);
        *sum += products
            .map(|(&x, &w)| i32::from(i16::from(x) - zero) * i32::from(w))
            .sum::<i32>();
    }
}

/// Adds `Σ (new − old)·w` to each sum; its weights begin `row_bytes` after those of
/// the sum before it.
pub fn add_changes(new: &[i8], old: &[i8], weights: &[i8], row_bytes: usize, sums: &mut [i32]) {
    for (sum, row) in sums.iter_mut().zip(weights.chunks(row_bytes.max(1))) {
        let changes = new.iter().zip(old).zip(row);
        *sum += changes
            .map(|((&new, &old), &w)| i32::from(i16::from(new) - i16::from(old)) * i32::from(w))
            .sum::<i32>();
    }
}

/// What lies under a window of four neighbouring channels, the first at `first`, added up by
/// channel: `taps` rows and columns, `steps` values from one to the next of each.
pub fn add_up(values: &[i8], first: usize, taps: [usize; 2], steps: [usize; 2]) -> [i32; 4] {
    let mut sums = [0; 4];
    for row in 0..taps[0] {
        for column in 0..taps[1] {
            let values = values.get(first + row * steps[0] + column * steps[1]..);
            for (sum, &value) in sums.iter_mut().zip(values.unwrap_or_default()) {
                *sum += i32::from(value);
            }
        }
    }
    sums
}

/// Takes the larger of each pair into `largest`.
#[inline]
pub fn maximum(largest: &mut [i8], candidates: &[i8]) {
    for (largest, &candidate) in largest.iter_mut().zip(candidates) {
        *largest = (*largest).max(candidate);
    }
}
