//! Plain Rust: pairs of 16-bit numbers, which compilers multiply and add up at once.

use super::{Instructions, Range, Work, first, put};
use bytemuck::{Pod, Zeroable};
use cortexscope_core::ops::requantize::to_int8;

const LANES: usize = 8;

/// No more than every processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// `[LANES, 2]`.
#[repr(C, align(32))]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(crate) struct Weights([[i16; 2]; LANES]);

impl Instructions for Portable {
    type Number = i16;
    type Weight = i16;
    type Weights = Weights;
    type Sums = [i32; LANES];

    const LANES: usize = LANES;
    const MAX_VECTORS: usize = 1;

    #[inline(always)]
    fn number(input: i8, zero: i8) -> i16 {
        i16::from(input) - i16::from(zero)
    }

    fn start(bias: i32, _zero: i8, _weight_sum: i32) -> i32 {
        bias
    }

    #[inline(always)]
    fn sums(self, start: &[i32]) -> Self::Sums {
        first(start)
    }

    #[inline(always)]
    fn add(self, mut sums: Self::Sums, numbers: [u8; 4], weights: &Weights) -> Self::Sums {
        let [x, y]: [i16; 2] = bytemuck::must_cast(numbers);
        for (sum, [w, v]) in sums.iter_mut().zip(weights.0) {
            let products = i32::from(x) * i32::from(w) + i32::from(y) * i32::from(v);
            // What does not fit on the way fits at the end.
            *sum = sum.wrapping_add(products);
        }
        sums
    }

    #[inline(always)]
    fn larger(self, sums: Self::Sums, others: Self::Sums) -> Self::Sums {
        std::array::from_fn(|lane| sums[lane].max(others[lane]))
    }

    #[inline(always)]
    fn write(self, sums: Self::Sums, to: &mut [i32]) {
        put(sums, to);
    }

    #[inline(always)]
    fn requantise(self, sums: Self::Sums, multipliers: &[f32], range: &Range, to: &mut [i8]) {
        let multipliers: [f32; LANES] = first(multipliers);
        let values = std::array::from_fn(|lane| {
            let value = to_int8(sums[lane], multipliers[lane], range.zero);
            value.max(range.min).min(range.max)
        });
        put::<i8, LANES>(values, to);
    }

    fn switched_on(self, work: impl Work<Self>) {
        work.done_by(self);
    }
}
