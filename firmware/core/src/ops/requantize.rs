//! From 32-bit accumulators to int8.
//!
//! One contract, two ways, chosen by what the target's core can do: `float` where
//! there is an FPU, and `integer`, what an FPU does, in integers.

use crate::image::Quantiser;

#[cfg(not(soft_float))]
use float as chosen;
#[cfg(soft_float)]
use integer as chosen;

/// `clamp(round_ties_even(f32(acc) · m) + zero, −128, 127)`, the contract of
/// every QLinear operator; `m` is positive and finite. [`clamp`] does what is left
/// for many outputs at once.
///
/// `f32(acc)` rounds to the nearest even where `|acc| ≥ 2^24`, and so does the
/// product where it has more than 24 bits.
#[inline(always)]
pub fn to_int8(acc: i32, multiplier: f32, zero: i8) -> i8 {
    chosen::to_int8(acc, multiplier, zero)
}

/// Clamps outputs of [`to_int8`] to what the quantiser says.
#[inline(never)]
pub fn clamp(quantiser: &Quantiser<'_>, output: &mut [i8]) {
    if quantiser.min > i8::MIN || quantiser.max < i8::MAX {
        for value in output {
            *value = (*value).max(quantiser.min).min(quantiser.max);
        }
    }
}

/// What the FPU's requantisation needs beside the multipliers: of `acc` it makes the bits of
/// `acc · multiplier + round`, minus `zero_bits`, saturated.
#[cfg(all(dsp, not(soft_float)))]
pub(super) struct Scale {
    pub round: f32,
    pub zero_bits: i32,
}

#[cfg(all(dsp, not(soft_float)))]
impl Scale {
    pub fn new(zero: i8) -> Self {
        Self {
            round: float::ROUND_TIES_EVEN,
            zero_bits: float::ZERO_BITS - i32::from(zero),
        }
    }
}

#[cfg(any(not(soft_float), test))]
mod float {
    /// At `1.5 · 2^23` one step of an `f32` is 1. So this, added to an `f32` below
    /// `2^22`, leaves it rounded to the nearest integer, ties to even, and the
    /// sum's bits are that integer and [`ZERO_BITS`].
    pub const ROUND_TIES_EVEN: f32 = 12_582_912.0;
    pub const ZERO_BITS: i32 = ROUND_TIES_EVEN.to_bits() as i32;

    /// A larger product leads to bits that are off by more than `2^22`, in the
    /// right direction: a positive sum's bits grow with it, and a negative one's
    /// are negative themselves. All of them saturate.
    #[inline(always)]
    pub fn to_int8(acc: i32, multiplier: f32, zero: i8) -> i8 {
        let sum = acc as f32 * multiplier + ROUND_TIES_EVEN;
        let value = (sum.to_bits() as i32).saturating_sub(ZERO_BITS - i32::from(zero));
        value.clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }
}

#[cfg(any(soft_float, test))]
mod integer {
    /// Bits of an `f32`'s mantissa, the leading one included.
    const MANTISSA_BITS: u32 = 24;

    /// What an `f32`'s exponent of 0 is stored as, for a mantissa read as an integer.
    const EXPONENT_BIAS: i32 = 127 + 23;

    /// Magnitudes from here on saturate, whatever the zero point is.
    const SATURATED: u32 = 1024;

    #[inline(never)]
    pub fn to_int8(acc: i32, multiplier: f32, zero: i8) -> i8 {
        let magnitude = estimate(acc.unsigned_abs(), multiplier)
            .unwrap_or_else(|| exact(acc.unsigned_abs(), multiplier));
        let rounded = if acc < 0 {
            -(magnitude as i32)
        } else {
            magnitude as i32
        };
        (rounded + i32::from(zero)).clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }

    /// `acc · multiplier` to the nearest integer, or what saturates, by 32-bit numbers
    /// alone; `None` where the product may be so near to a tie that its roundings to 24
    /// bits decide, and where numbers are too large or too small.
    ///
    /// An `f32` holds `acc`, below `2^24`. The product's 48 bits without their last 16 are
    /// `estimate`, at most 2 too small. Of a product whose integer has at most 10 bits the
    /// rounding to 24 bits moves the fraction by `2^-15` at most, and a fraction that is
    /// `2^-12` or more beside a half stays on its side.
    #[inline(always)]
    fn estimate(acc: u32, multiplier: f32) -> Option<u32> {
        let bits = multiplier.to_bits();
        let shift = (EXPONENT_BIAS as u32)
            .wrapping_sub(bits >> 23)
            .wrapping_sub(16);
        if acc >> MANTISSA_BITS != 0 || !(13..=25).contains(&shift) {
            return None;
        }
        let mantissa = bits & 0x7F_FFFF | 1 << 23;
        let (acc_high, acc_low) = (acc >> 12, acc & 0xFFF);
        let (high, low) = (mantissa >> 12, mantissa & 0xFFF);
        let middle = acc_high * low + acc_low * high;
        let estimate = ((acc_high * high) << 8) + (middle >> 4) + ((acc_low * low) >> 16);
        let magnitude = estimate >> shift;
        if magnitude >= SATURATED {
            return Some(SATURATED);
        }
        let fraction = estimate & ((1 << shift) - 1);
        let half = 1 << (shift - 1);
        let beside = 2 + (1 << (shift - 12));
        if fraction.abs_diff(half) <= beside {
            return None;
        }
        Some(magnitude + u32::from(fraction > half))
    }

    /// The same, for all numbers.
    #[cold]
    #[inline(never)]
    fn exact(acc: u32, multiplier: f32) -> u32 {
        let bits = multiplier.to_bits();
        let stored = bits >> 23 & 0xFF;
        // A subnormal has no leading one, and the exponent of the smallest normal.
        let mantissa = bits & 0x7F_FFFF | if stored == 0 { 0 } else { 1 << 23 };
        let exponent = stored.max(1) as i32 - EXPONENT_BIAS;

        // f32(acc), then the product, each rounded to 24 bits.
        let (acc_mantissa, acc_shift) = to_mantissa(acc.into());
        let product = u64::from(acc_mantissa) * u64::from(mantissa);
        let (mantissa, shift) = to_mantissa(product);
        let exponent = exponent + (acc_shift + shift) as i32;

        // `mantissa · 2^exponent` to an integer. A product so small that an f32
        // would hold it with fewer bits is far below a half, and rounds to 0.
        match exponent {
            0.. if mantissa == 0 => 0,
            0..10 => mantissa.saturating_mul(1 << exponent).min(SATURATED),
            10.. => SATURATED,
            -31..0 => {
                round_off(mantissa.into(), exponent.unsigned_abs()).min(SATURATED.into()) as u32
            }
            _ => 0,
        }
    }

    /// `value ≈ mantissa · 2^shift` with at most 24 bits, ties to even.
    fn to_mantissa(value: u64) -> (u32, u32) {
        let bits = u64::BITS - value.leading_zeros();
        let shift = bits.saturating_sub(MANTISSA_BITS);
        // Rounding up may give 2^24: as a factor as good as any 24 bits.
        (round_off(value, shift) as u32, shift)
    }

    /// `value / 2^shift`, ties to even; `shift` is below 63.
    fn round_off(value: u64, shift: u32) -> u64 {
        if shift == 0 {
            return value;
        }
        let half = 1 << (shift - 1);
        let (floor, rest) = (value >> shift, value & ((1 << shift) - 1));
        floor + u64::from(rest > half || rest == half && floor & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// Both ways that a host can take.
    const WAYS: [fn(i32, f32, i8) -> i8; 2] = [float::to_int8, integer::to_int8];

    fn by_the_book(acc: i32, multiplier: f32, zero: i8) -> i8 {
        let rounded = f64::from((acc as f32 * multiplier).round_ties_even());
        (rounded + f64::from(zero)).clamp(-128.0, 127.0) as i8
    }

    fn compare(acc: i32, multiplier: f32, zero: i8) {
        for way in WAYS {
            assert_eq!(
                way(acc, multiplier, zero),
                by_the_book(acc, multiplier, zero),
                "{acc} · {multiplier:e} + {zero}"
            );
        }
    }

    #[test]
    fn ties_go_to_even() {
        for way in WAYS {
            let got = [1, 3, 5, -1, -3, -5].map(|acc| way(acc, 0.5, 0));
            assert_eq!(got, [0, 2, 2, 0, -2, -2]);
        }
    }

    #[test]
    fn the_clamps_are_those_of_the_quantiser() {
        let relu = Quantiser {
            multipliers: &[],
            zero: -7,
            min: -7,
            max: 90,
        };
        let mut got = [-1000, -1, 0, 1, 1000].map(|acc| to_int8(acc, 1.0, relu.zero));
        clamp(&relu, &mut got);
        assert_eq!(got, [-7, -7, -7, -6, 90]);
    }

    /// Sums around every power of two, where `f32(acc)` begins to round, times
    /// multipliers around every power of two and those that make ties of them.
    #[test]
    fn the_hard_cases_follow_the_contract() {
        let around = |centre: i64| (-3..=3).map(move |step| centre + step);
        let powers = (0..=31).flat_map(|power| around(1 << power));
        let ties = [25, 26, 28, 30].into_iter().flat_map(|power| {
            let step = 1_i64 << (power - 24);
            (-4..=4).flat_map(move |at| around((1 << power) + at * step / 2))
        });
        let sums: Vec<i32> = powers
            .chain(ties)
            .flat_map(|sum| [sum, -sum])
            .filter_map(|sum| i32::try_from(sum).ok())
            .chain([i32::MIN, i32::MAX, 0])
            .collect();
        for exponent in -149..=127 {
            let power = 2f64.powi(exponent) as f32;
            for multiplier in [power.next_down(), power, power.next_up(), 1.5 * power] {
                if multiplier > 0.0 && multiplier.is_finite() {
                    for &sum in &sums {
                        compare(sum, multiplier, 0);
                        compare(sum, multiplier, -128);
                    }
                }
            }
        }
    }

    /// Sums and multipliers whose product is a tie, or one bit beside it.
    #[test]
    fn halves_round_to_even() {
        for halves in (1..=511).step_by(2) {
            for acc in [
                1, 3, 7, 100, 12_345, 999_999, 16_777_215, 16_777_217, 33_554_433,
            ] {
                let multiplier = (f64::from(halves) / 2.0 / f64::from(acc)) as f32;
                for multiplier in [multiplier.next_down(), multiplier, multiplier.next_up()] {
                    for zero in [-128, -1, 0, 127] {
                        compare(acc, multiplier, zero);
                        compare(-acc, multiplier, zero);
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn equals_the_contract(acc: i32, exponent in -60i32..8, mantissa in 1.0f32..2.0, zero: i8) {
            compare(acc, mantissa * 2f32.powi(exponent), zero);
        }
    }
}
