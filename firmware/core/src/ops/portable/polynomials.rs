//! Products of polynomials in plain Rust: what the loops of the DSP kernels compute, and
//! in which order. What the numbers mean stands in `ops::conv2d::polynomials`.

use crate::ops::polynomial::{FIELD_BITS, Polynomials, columns_per_window};
use crate::ops::requantize::to_int8;

/// Whether rows are pooled in this way: only in tests. The plain kernels are faster where
/// 64-bit products are dear, and where a compiler vectorises.
pub const POOLS_SUMS: bool = false;

/// Moves no cells and puts no pixels: nothing is gained over doing it one by one.
pub fn whole_columns(
    _kernel: usize,
    _rows: [&[i8]; 2],
    _channels: usize,
    _zeros: i32,
    _cells: &mut [u32],
) -> usize {
    0
}

/// Pooled outputs of a row, `[W, O]`, from its columns. Clamped to int8 alone.
pub fn pool_row(scratch: &[u32], filters: &Polynomials<'_>, output: &mut [i8]) {
    let step = filters.bias.len();
    let filter_words = filters.words.len().checked_div(step).unwrap_or_default();
    let words = filters.words.chunks_exact(filter_words.max(1));
    let parameters = filters.bias.iter().zip(filters.multipliers);
    for (channel, (words, (&bias, &multiplier))) in words.zip(parameters).enumerate() {
        let (Some((&start, words)), Some(output)) =
            (words.split_first(), output.get_mut(channel..))
        else {
            return;
        };
        let mut outputs = output.iter_mut().step_by(step.max(1)).rev();
        let count = outputs.len();
        // What the accumulators to the right have of the pixel to their left, by row.
        let outside = columns_per_window(filters.kernel) - 1;
        let mut left = [0; 2];
        let cells = (filters.channels, filters.kernel);
        sums(
            tile(scratch, count, cells),
            (words, outside),
            start,
            cells,
            &mut left,
        );
        for at in (0..count).rev() {
            let cells_of = tile(scratch, at, cells);
            let taps = (words, outside + 1);
            let largest = sums(cells_of, taps, start, cells, &mut left);
            let counted_from = (start as i32).wrapping_sub(bias);
            if let Some(output) = outputs.next() {
                *output = to_int8(largest.wrapping_sub(counted_from), multiplier, filters.zero);
            }
        }
    }
}

/// From the columns of tile `at` on.
fn tile(scratch: &[u32], at: usize, (channels, kernel): (usize, usize)) -> &[u32] {
    scratch
        .get(at * channels * (kernel + 1)..)
        .unwrap_or_default()
}

/// The largest of the four sums of a tile, counted from the smallest that there is. `left`
/// is what the tile to the right has of them, and then what this one has of others.
fn sums(
    cells: &[u32],
    (words, columns): (&[u32], usize),
    start: u32,
    (channels, kernel): (usize, usize),
    left: &mut [u64; 2],
) -> i32 {
    const FIELD: u64 = (1 << FIELD_BITS) - 1;
    let start = u64::from(start);
    let begin = start + (start << FIELD_BITS);
    let signed = |word: u32| i64::from(word as i32);
    let mut sums = left.map(|left| begin.wrapping_add(left << (2 * FIELD_BITS)));
    let cells = cells.chunks_exact(kernel + 1);
    let taps = words.chunks_exact(kernel.max(1));
    for (cell, taps) in cells.zip(taps).take(channels * columns) {
        for (sum, cell) in sums.iter_mut().zip(cell.windows(kernel.max(1))) {
            for (&x, &w) in cell.iter().zip(taps) {
                *sum = sum.wrapping_add((signed(x) * signed(w)) as u64);
            }
        }
    }
    *left = sums.map(|sum| sum & FIELD);
    let pixels = sums.map(|sum| (sum >> FIELD_BITS & FIELD).max(sum >> (2 * FIELD_BITS) & FIELD));
    pixels.into_iter().fold(0, u64::max) as i32
}
