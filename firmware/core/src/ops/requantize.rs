//! From 32-bit accumulators to int8.

use crate::image::Quantiser;

/// Added and taken away, it leaves an `f32` below `2^22` rounded to the nearest
/// integer, ties to even: at `1.5 · 2^23` one step of an `f32` is 1.
const ROUND_TIES_EVEN: f32 = 12_582_912.0;

/// Products beyond this saturate, whatever the zero point is.
const SATURATED: f32 = 1024.0;

/// `clamp(round_ties_even(f32(acc) · m) + zero, min, max)`, the contract of
/// every QLinear operator.
///
/// `f32(acc)` rounds to the nearest even where `|acc| ≥ 2^24`.
#[inline]
pub fn requantize(acc: i32, multiplier: f32, quantiser: &Quantiser<'_>) -> i8 {
    let product = (acc as f32 * multiplier).clamp(-SATURATED, SATURATED);
    let rounded = (product + ROUND_TIES_EVEN) - ROUND_TIES_EVEN;
    let value = rounded as i32 + i32::from(quantiser.zero);
    value.clamp(quantiser.min.into(), quantiser.max.into()) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantiser(zero: i8) -> Quantiser<'static> {
        Quantiser {
            multipliers: &[],
            zero,
            min: -128,
            max: 127,
        }
    }

    fn by_the_book(acc: i32, multiplier: f32, zero: i8) -> i8 {
        let rounded = f64::from((acc as f32 * multiplier).round_ties_even());
        (rounded + f64::from(zero)).clamp(-128.0, 127.0) as i8
    }

    #[test]
    fn ties_go_to_even() {
        let q = quantiser(0);
        let got = [1, 3, 5, -1, -3, -5].map(|acc| requantize(acc, 0.5, &q));
        assert_eq!(got, [0, 2, 2, 0, -2, -2]);
    }

    #[test]
    fn large_accumulators_round_as_floats() {
        let q = quantiser(0);
        for acc in [
            i32::MIN,
            i32::MAX,
            (1 << 24) + 1,
            -(1 << 24) - 1,
            (1 << 25) + 3,
        ] {
            for multiplier in [1e-9, 2.98e-8, 5.96e-8, 1.0, 1e9] {
                assert_eq!(
                    requantize(acc, multiplier, &q),
                    by_the_book(acc, multiplier, 0)
                );
            }
        }
    }

    proptest! {
        #[test]
        fn equals_the_contract(acc: i32, exponent in -40i32..8, mantissa in 1.0f32..2.0, zero: i8) {
            let multiplier = mantissa * 2f32.powi(exponent);
            prop_assert_eq!(
                requantize(acc, multiplier, &quantiser(zero)),
                by_the_book(acc, multiplier, zero)
            );
        }
    }
}
