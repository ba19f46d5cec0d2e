//! Average pools as sums.

use super::{bytes, check, compare_joined, compare_rows, geometry, parameters, three_by_three};
use crate::image::format::kernel;
use crate::image::{Conv2d, Quantiser, Shape, WEIGHT_PADDING};
use crate::ops::conv2d::sums::are_sound;
use crate::ops::{dsp, portable};
use proptest::prelude::*;
use std::vec;

#[test]
fn average_pools() {
    let shapes = (
        prop_oneof![geometry(), three_by_three()],
        4_usize..10,
        any::<[i8; 2]>(),
        any::<prop::sample::Index>(),
    );
    let cases = shapes.prop_flat_map(|(geometry, channels, numbers, part)| {
        let ([height, width], ..) = geometry;
        (
            Just((geometry, channels, numbers, part)),
            bytes(height * width * channels),
            parameters(channels),
        )
    });
    check(2_000, cases, |(shapes, x, outputs)| {
        let (([height, width], [rows, columns], window), channels, [weight, zero], part) = shapes;
        let (bias, multipliers, output_zero, min, max) = outputs;
        let shape = |height, width| Shape {
            height,
            width,
            channels,
        };
        let taps = window.kernel_h * window.kernel_w;
        // What lies after the weights is read by words and changes nothing.
        let mut weights = vec![weight; channels * taps + WEIGHT_PADDING];
        weights[channels * taps..].fill(weight.wrapping_add(1));
        let conv = Conv2d {
            input: shape(height, width),
            output: shape(rows, columns),
            input_zero: zero,
            window,
            groups: channels,
            padded_weights: &weights,
            bias: &bias,
            quantiser: Quantiser {
                multipliers: &multipliers,
                zero: output_zero,
                min,
                max,
            },
            kernel: kernel::SUMS,
            packed: &[],
        };
        assert!(are_sound(&conv));
        let mut unequal = weights.clone();
        unequal[part.index(channels * taps)] ^= 1;
        assert!(!are_sound(&Conv2d {
            padded_weights: &unequal,
            ..conv
        }));
        assert!(!are_sound(&Conv2d { groups: 1, ..conv }));
        let first = part.index(columns);
        compare_rows(&conv, &x, 0..columns, true);
        compare_rows(&conv, &x, first..columns, false);
        compare_joined(&conv, &x);
    });
}

#[test]
fn four_channels_are_added_up_in_two_words() {
    let sizes = (0_usize..6, 0_usize..6, 4_usize..12, any::<bool>());
    let cases = sizes.prop_flat_map(|(rows, columns, channels, is_least)| {
        let length = (rows * columns + 1) * channels;
        let least = Just(vec![i8::MIN; length]);
        let values = if is_least {
            least.boxed()
        } else {
            bytes(length).boxed()
        };
        (Just(([rows, columns], channels)), values)
    });
    check(500, cases, |((taps, channels), values)| {
        let steps = [taps[1] * channels, channels];
        for first in 0..=channels - 4 {
            assert_eq!(
                dsp::add_up(&values, first, taps, steps),
                portable::add_up(&values, first, taps, steps),
            );
        }
    });
}

#[test]
fn the_most_taps_fit_16_bits() {
    let sums = dsp::add_up(&[i8::MIN; 4 * 256], 0, [16, 16], [4 * 16, 4]);
    assert_eq!(sums, [256 * i32::from(i8::MIN); 4]);
}
