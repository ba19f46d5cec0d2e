//! What the processor does: four bytes of input, the same for all filters of a register,
//! times the weights of those filters.

pub(crate) mod portable;

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod vnni;

use bytemuck::{AnyBitPattern, NoUninit, Pod};

/// One instruction set.
///
/// A value of a type that implements this is the proof that the processor has the
/// instructions: it is made where that was asked, and nowhere else.
pub(crate) trait Instructions: Copy {
    /// An input as it is kept between load and product.
    type Number: Pod;
    /// A weight.
    type Weight: Pod + From<i8>;
    /// Weights of [`Self::LANES`] filters, `[LANES, TAPS]`.
    type Weights: NoUninit + AnyBitPattern;
    /// Sums of [`Self::LANES`] filters.
    type Sums: Copy;

    /// Filters of a register.
    const LANES: usize;
    /// Inputs in four bytes, which are multiplied and added up at once.
    const TAPS: usize = 4 / size_of::<Self::Number>();
    /// Registers of sums that four pixels have room for.
    const MAX_VECTORS: usize;

    /// The number that stands for `input`.
    fn number(input: i8, zero: i8) -> Self::Number;

    /// What the sum of a filter begins with: the bias, and what makes products of numbers
    /// the products of `input − zero`.
    fn start(bias: i32, zero: i8, weight_sum: i32) -> i32;

    /// Sums from the first [`Self::LANES`] of `start`.
    fn sums(self, start: &[i32]) -> Self::Sums;

    /// `sums + Σ number · weight` of the numbers in four bytes.
    fn add(self, sums: Self::Sums, numbers: [u8; 4], weights: &Self::Weights) -> Self::Sums;

    /// The larger of each pair of sums.
    fn larger(self, sums: Self::Sums, others: Self::Sums) -> Self::Sums;

    /// Writes the sums themselves, as many as `to` holds.
    fn write(self, sums: Self::Sums, to: &mut [i32]);

    /// Writes what becomes of the sums, as many as `to` holds: the engine's contract, by
    /// the first [`Self::LANES`] of `multipliers`.
    fn requantise(self, sums: Self::Sums, multipliers: &[f32], range: &Range, to: &mut [i8]);

    /// Does `work` with these instructions switched on for everything that is inlined.
    fn switched_on(self, work: impl Work<Self>);
}

/// What is done with instructions.
pub(crate) trait Work<I> {
    /// Does it. To be inlined, so that it is made of them.
    fn done_by(self, instructions: I);
}

/// Where requantised sums lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub zero: i8,
    pub min: i8,
    pub max: i8,
}

/// A product this far from 0 saturates, whatever the zero point: further ones may be taken
/// for it before they become integers.
#[cfg(target_arch = "x86_64")]
const SATURATED: f32 = 1024.0;

/// Copies as many as `to` holds, which is less than a register at the last filters.
#[inline(always)]
fn put<T: Copy, const LANES: usize>(from: [T; LANES], to: &mut [T]) {
    if let Some(whole) = to.first_chunk_mut() {
        *whole = from;
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = from;
        }
    }
}

/// The first elements of a slice that was made long enough; zeros where it was not.
#[inline(always)]
fn first<T: Copy + Default, const LANES: usize>(from: &[T]) -> [T; LANES] {
    from.first_chunk().copied().unwrap_or([T::default(); LANES])
}
