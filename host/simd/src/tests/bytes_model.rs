//! What AVX-512 VNNI does, in plain Rust: unsigned bytes times signed ones, four products
//! added up to a sum of 32 bits.

use crate::instructions::{Instructions, Range, Work};
use bytemuck::{Pod, Zeroable};
use std::array;

const LANES: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(super) struct BytesModel;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(super) struct Weights([[i8; 4]; LANES]);

impl Instructions for BytesModel {
    type Number = u8;
    type Weight = i8;
    type Weights = Weights;
    type Sums = [i32; LANES];

    const LANES: usize = LANES;
    const MAX_VECTORS: usize = 4;

    fn number(input: i8, _zero: i8) -> u8 {
        (i16::from(input) + 128) as u8
    }

    fn start(bias: i32, zero: i8, weight_sum: i32) -> i32 {
        bias.wrapping_sub((i32::from(zero) + 128).wrapping_mul(weight_sum))
    }

    fn sums(self, start: &[i32]) -> Self::Sums {
        array::from_fn(|lane| start[lane])
    }

    fn add(self, sums: Self::Sums, numbers: [u8; 4], weights: &Weights) -> Self::Sums {
        array::from_fn(|lane| {
            let products = numbers.iter().zip(weights.0[lane]);
            let products = products.map(|(&x, w)| i32::from(x) * i32::from(w));
            sums[lane].wrapping_add(products.sum())
        })
    }

    fn larger(self, sums: Self::Sums, others: Self::Sums) -> Self::Sums {
        array::from_fn(|lane| sums[lane].max(others[lane]))
    }

    fn write(self, sums: Self::Sums, to: &mut [i32]) {
        to.copy_from_slice(&sums[..to.len()]);
    }

    fn requantise(self, sums: Self::Sums, multipliers: &[f32], range: &Range, to: &mut [i8]) {
        for (lane, to) in to.iter_mut().enumerate() {
            *to = super::twins::by_the_book(sums[lane], multipliers[lane], range);
        }
    }

    fn switched_on(self, work: impl Work<Self>) {
        work.done_by(self);
    }
}
