//! Sums of products for Cortex-M cores of ARMv6-M, which have eight registers for most
//! instructions and one product an instruction.
//!
//! One loop serves convolutions and dense layers: four sums whose products share a factor.
//! What is seldom computed is that of `portable`.

mod four_dots;

#[cfg(thumb1)]
pub use super::portable::{
    NINE_TAPS, POOLS_SUMS, WINDOWS, add_changes, add_up, dots, four_pixels, maximum, pool_row,
    weight_sum, whole_columns, whole_pairs, widen,
};
pub use four_dots::FourDots;

/// Adds `Σ (x − zero)·w` to each sum; its weights begin `row_bytes` after those of the
/// sum before it.
pub fn add_dots(input: &[i8], zero: i8, weights: &[i8], row_bytes: usize, sums: &mut [i32]) {
    let dots = FourDots::new(1, input.len(), 0);
    let mut rows = weights.chunks(row_bytes.max(1));
    for sums in sums.chunks_mut(4) {
        let mut four = [0; 4];
        let mut row = || rows.next().unwrap_or_default();
        let first = row();
        // Of rows that there are not, the first one is computed.
        let others = [1, 2, 3].map(|at| if at < sums.len() { row() } else { first });
        let [second, third, fourth] = others;
        dots.add_dense(input, zero, [first, second, third, fourth], &mut four);
        for (sum, more) in sums.iter_mut().zip(four) {
            *sum = sum.wrapping_add(more);
        }
    }
}
