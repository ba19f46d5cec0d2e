//! The weights of a convolution in 16 bits, two filters side by side, as loops multiply them:
//! no instruction takes them apart.
//!
//! Of each two filters, `[O / 2]`, and of each four taps, the last filled up with 0, there
//! are four words, the lower number first:
//!
//! ```text
//! of the first filter w₀ w₂, of the second w₀ w₂, of the first w₁ w₃, of the second w₁ w₃
//! ```
//!
//! Of an odd number of filters the last has no words. Winograd's products take numbers that
//! are made of the weights in the same order.

use crate::image::Conv2d;
use crate::image::format::kernel;
use crate::ops::packed::{COMPARES_WORDS, pair_words};

/// Whether there is a loop for such words of a convolution with so many groups.
pub fn suits(groups: usize) -> bool {
    groups == 1
}

/// What the words of a filter hold of its weights.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    /// Weights that lie side by side and become words together.
    run: usize,
    /// Such runs of which a number has one weight each.
    columns: usize,
    /// Rows of these.
    rows: usize,
    /// Numbers that are made of them.
    positions: usize,
    /// Of [`FACTORS`], what the first number is made with.
    factors: usize,
}

/// What numbers are made of weights with: Winograd's six of three weights each. Of a weight
/// itself the factor is 1.
#[rustfmt::skip]
const FACTORS: [i8; 18] = [
    6, 0, 0,
    -4, -4, -4,
    -4, 4, -4,
    1, 2, 4,
    1, -2, 4,
    0, 0, 24,
];
const ONE: usize = 9;

impl Packing {
    /// Of filters of so many taps, as they are.
    pub fn of_taps(taps: usize) -> Self {
        Self {
            run: taps,
            columns: 1,
            rows: 1,
            positions: 1,
            factors: ONE,
        }
    }

    /// Of filters of 3×3 windows over so many channels, for Winograd's products.
    pub fn of_winograd(channels: usize) -> Self {
        Self {
            run: channels,
            columns: 3,
            rows: 3,
            positions: 6,
            factors: 0,
        }
    }

    /// Words of two filters.
    fn pair_words(&self) -> usize {
        pair_words(self.run) * self.rows * self.positions
    }

    /// The words of filters `[O, rows, columns, run]`.
    pub fn words(self, filters: &[i8]) -> impl Iterator<Item = u32> {
        let filter = self.run * self.columns * self.rows;
        let pairs = filters.len() / (2 * filter).max(1);
        (0..pairs * self.pair_words()).map(move |word| {
            let [low, high] = [0, 1].map(|half| self.number(filters, 2 * word + half) as u32);
            low & 0xFFFF | high << 16
        })
    }

    /// Number `index` of the words.
    fn number(&self, filters: &[i8], index: usize) -> i32 {
        let (half, filter) = (index % 2, index / 2 % 2);
        let (step, index) = split(index / 4, pair_words(self.run) / 2);
        let (row, index) = split(index, self.rows);
        let (position, pair) = split(index, self.positions);
        let tap = step / 2 * 4 + step % 2 + 2 * half;
        if tap >= self.run {
            return 0;
        }
        let mut at = ((2 * pair + filter) * self.rows + row) * self.columns * self.run + tap;
        let first = self.factors + position * self.columns;
        let mut sum = 0;
        for factor in first..first + self.columns {
            sum += weight(&FACTORS, factor) * weight(filters, at);
            at += self.run;
        }
        sum
    }
}

/// Whether the words of a convolution are as many as its loop reads, and where
/// [`COMPARES_WORDS`] says so, those of its weights.
pub(crate) fn are_sound(conv: &Conv2d<'_>) -> bool {
    let packing = if conv.kernel == kernel::WINOGRAD {
        Packing::of_winograd(conv.input.channels)
    } else {
        Packing::of_taps(conv.weights_per_output())
    };
    if !suits(conv.groups) || conv.packed.len() != conv.output.channels / 2 * packing.pair_words() {
        return false;
    }
    if !COMPARES_WORDS {
        return true;
    }
    let (weights, numbers): (_, &[i16]) = (conv.weights(), bytemuck::must_cast_slice(conv.packed));
    for (index, &found) in numbers.iter().enumerate() {
        if i32::from(found) != packing.number(weights, index) {
            return false;
        }
    }
    true
}

/// Weight `at`; 0 where there is none.
#[cfg_attr(dsp, inline(never))]
fn weight(weights: &[i8], at: usize) -> i32 {
    weights.get(at).copied().unwrap_or_default().into()
}

/// What is left of `index` by `divisor`, and how often that is in it.
fn split(index: usize, divisor: usize) -> (usize, usize) {
    let divisor = divisor.max(1);
    (index % divisor, index / divisor)
}
