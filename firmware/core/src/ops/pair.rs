//! Two tensors, element by element: one loop for sums and products, because flash is
//! short and these layers are a small part of any network.

use super::requantize::{clamp, to_int8};
use crate::image::Quantiser;

/// Sums of multiples where there are factors, products where there are none.
#[inline(never)]
pub(super) fn apply(
    [zero_a, zero_b]: [i8; 2],
    factors: Option<[u16; 2]>,
    quantiser: &Quantiser<'_>,
    [a, b]: [&[i8]; 2],
    y: &mut [i8],
) {
    let (multiplier, zero) = quantiser.scale(0);
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        let a = i32::from(a) - i32::from(zero_a);
        let b = i32::from(b) - i32::from(zero_b);
        let combined = match factors {
            Some([of_a, of_b]) => a * i32::from(of_a) + b * i32::from(of_b),
            None => a * b,
        };
        *y = to_int8(combined, multiplier, zero);
    }
    clamp(quantiser, y);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Add, Mul};
    use crate::ops::{add, mul};
    use std::vec::Vec;

    /// Zero points, factors, multiplier, output's zero point and clamps.
    type Case = ([i8; 2], [u16; 2], f32, [i8; 3]);

    const CASES: [Case; 4] = [
        ([0, 0], [1, 1], 0.5, [0, -128, 127]),
        ([-128, 127], [3, 20_000], 3e-5, [-7, -128, 127]),
        ([5, -9], [32_767, 32_767], 1.7e-5, [12, 12, 100]),
        ([127, -128], [32_767, 1], 9e-6, [-128, -100, 90]),
    ];

    /// Every pair of int8 by the definition, in numbers that hold everything exactly but for
    /// the one product of `f32`.
    #[test]
    fn every_pair_follows_the_contract() {
        let bytes = || i8::MIN..=i8::MAX;
        let a: Vec<i8> = bytes().flat_map(|a| [a; 256]).collect();
        let b: Vec<i8> = (0..256).flat_map(|_| bytes()).collect();
        for (zeros, factors, multiplier, [zero, min, max]) in CASES {
            let multipliers = [multiplier];
            let quantiser = Quantiser {
                multipliers: &multipliers,
                zero,
                min,
                max,
            };
            let expected = |combine: &dyn Fn(i64, i64) -> i64| -> Vec<i8> {
                let pairs = a.iter().zip(&b);
                let outputs = pairs.map(|(&a, &b)| {
                    let [a, b] = [(a, zeros[0]), (b, zeros[1])]
                        .map(|(x, zero)| i64::from(x) - i64::from(zero));
                    let product = combine(a, b) as f32 * multiplier;
                    let value = f64::from(product.round_ties_even()) + f64::from(zero);
                    value.clamp(min.into(), max.into()) as i8
                });
                outputs.collect()
            };
            let mut y = std::vec![0; a.len()];
            add::apply(
                &Add {
                    zeros,
                    factors,
                    quantiser,
                },
                &a,
                &b,
                &mut y,
            );
            let sum = |a, b| a * i64::from(factors[0]) + b * i64::from(factors[1]);
            assert!(y == expected(&sum), "sum of {zeros:?} by {factors:?}");
            mul::apply(&Mul { zeros, quantiser }, &a, &b, &mut y);
            assert!(y == expected(&|a, b| a * b), "product of {zeros:?}");
        }
    }

    #[test]
    fn the_shortest_slice_decides() {
        let quantiser = Quantiser {
            multipliers: &[1.0],
            zero: 0,
            min: i8::MIN,
            max: i8::MAX,
        };
        let add = Add {
            zeros: [0; 2],
            factors: [1; 2],
            quantiser,
        };
        let mut y = [9; 3];
        add::apply(&add, &[1, 2], &[3, 4, 5], &mut y);
        assert_eq!(y, [4, 6, 9]);
    }
}
