//! The cosine transform of blocks of 8×8, and its inverse, in whole numbers as libjpeg has
//! them.

use std::ops::{Add, Mul, Sub};

/// Eight numbers that go through a transform side by side. They wrap: with a check after each
/// sum, which no levels of pixels need, eight would not be one instruction.
#[derive(Clone, Copy)]
pub struct Lanes(pub [i32; 8]);

/// Eight rows of eight.
pub type Block = [Lanes; 8];

impl Lanes {
    #[inline(always)]
    fn each(self, change: impl Fn(i32) -> i32) -> Self {
        let mut changed = self.0;
        for value in &mut changed {
            *value = change(*value);
        }
        Self(changed)
    }

    #[inline(always)]
    fn with(self, other: Self, both: impl Fn(i32, i32) -> i32) -> Self {
        let mut changed = self.0;
        for (value, other) in changed.iter_mut().zip(other.0) {
            *value = both(*value, other);
        }
        Self(changed)
    }

    /// With 13 bits after the point.
    #[inline(always)]
    fn scaled(self) -> Self {
        self.each(|value| value << 13)
    }
}

impl Add for Lanes {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, i32::wrapping_add)
    }
}

impl Sub for Lanes {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, i32::wrapping_sub)
    }
}

impl Mul<i32> for Lanes {
    type Output = Self;

    #[inline(always)]
    fn mul(self, factor: i32) -> Self {
        self.each(|value| value.wrapping_mul(factor))
    }
}

/// Levels around 0 to eight times their coefficients.
#[inline(always)]
pub fn forward(block: Block) -> Block {
    let rows = turned(less(transform(turned(block)), 11));
    less(transform(rows), 15)
}

/// Coefficients to levels around 0.
#[inline(always)]
pub fn inverse(block: Block) -> Block {
    let columns = turned(less(transform_back(block), 11));
    turned(less(transform_back(columns), 18))
}

/// Without the last bits, to the nearest.
#[inline(always)]
fn less(block: Block, bits: u32) -> Block {
    let mut less = block;
    for lanes in &mut less {
        *lanes = lanes.each(|value| value.wrapping_add(1 << (bits - 1)) >> bits);
    }
    less
}

#[inline(always)]
fn turned(block: Block) -> Block {
    let mut turned = block;
    for (y, row) in turned.iter_mut().enumerate() {
        for (value, column) in row.0.iter_mut().zip(&block) {
            *value = column.0[y];
        }
    }
    turned
}

/// A number with 13 bits after the point.
const fn fixed(value: f64) -> i32 {
    (value * 8192.0 + 0.5) as i32
}

/// The factors of the even half's rotation: √2·cos(3π/8), and what is missing to the others.
const EVEN: [i32; 3] = [
    fixed(0.541_196_100),
    fixed(0.765_366_865),
    fixed(1.847_759_065),
];
/// The factors of the odd half: of each value, of each pair, and of all four.
const ODD: [i32; 4] = [
    fixed(0.298_631_336),
    fixed(2.053_119_869),
    fixed(3.072_711_026),
    fixed(1.501_321_110),
];
const CROSS: [i32; 4] = [
    fixed(0.899_976_223),
    fixed(2.562_915_447),
    fixed(1.961_570_560),
    fixed(0.390_180_644),
];
const ALL: i32 = fixed(1.175_875_602);

/// The odd half of both transforms, which is its own inverse but for the order.
#[inline(always)]
fn odd([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
    let z5 = (a + c + b + d) * ALL;
    let z1 = (a + d) * -CROSS[0];
    let z2 = (b + c) * -CROSS[1];
    let z3 = z5 - (a + c) * CROSS[2];
    let z4 = z5 - (b + d) * CROSS[3];
    [
        a * ODD[0] + z1 + z3,
        b * ODD[1] + z2 + z4,
        c * ODD[2] + z2 + z3,
        d * ODD[3] + z1 + z4,
    ]
}

/// Each column through the cosine transform of Loeffler, Ligtenberg and Moschytz (1989);
/// what comes out is 2^13 times too large.
#[inline(always)]
fn transform(v: Block) -> Block {
    let sum = [v[0] + v[7], v[1] + v[6], v[2] + v[5], v[3] + v[4]];
    let [outer, inner] = [sum[0] + sum[3], sum[1] + sum[2]];
    let [far, near] = [sum[0] - sum[3], sum[1] - sum[2]];
    let shared = (near + far) * EVEN[0];
    let [f7, f5, f3, f1] = odd([v[3] - v[4], v[2] - v[5], v[1] - v[6], v[0] - v[7]]);
    [
        (outer + inner).scaled(),
        f1,
        shared + far * EVEN[1],
        f3,
        (outer - inner).scaled(),
        f5,
        shared - near * EVEN[2],
        f7,
    ]
}

/// Its inverse.
#[inline(always)]
fn transform_back(v: Block) -> Block {
    let shared = (v[2] + v[6]) * EVEN[0];
    let [low, high] = [shared - v[6] * EVEN[2], shared + v[2] * EVEN[1]];
    let [sum, difference] = [(v[0] + v[4]).scaled(), (v[0] - v[4]).scaled()];
    let even = [sum + high, difference + low, difference - low, sum - high];
    let [o3, o2, o1, o0] = odd([v[7], v[5], v[3], v[1]]);
    let odd = [o0, o1, o2, o3];
    std::array::from_fn(|at| match at {
        0..=3 => even[at] + odd[at],
        _ => even[7 - at] - odd[7 - at],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of nothing but black and white are the largest that there are: no sum overflows,
    /// and the way there and back gives them again to one level.
    #[test]
    fn the_largest_blocks_go_both_ways() {
        let mut bits = 1_u64;
        for _ in 0..2000 {
            let block: Block = std::array::from_fn(|_| {
                Lanes(std::array::from_fn(|_| {
                    bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    if bits >> 63 == 0 { -128 } else { 127 }
                }))
            });
            let coefficients = forward(block).map(|row| row.each(|value| (value + 4) >> 3));
            let back = inverse(coefficients);
            for (row, back) in block.iter().zip(back) {
                for (level, back) in row.0.iter().zip(back.0) {
                    assert!((level - back).abs() <= 2, "{level} {back}");
                }
            }
        }
    }
}
