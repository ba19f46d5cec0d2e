//! Kernels that read the weights from words of their own.

use super::{by_the_book, bytes, check, conv_sum, parameters};
use crate::image::format::kernel;
use crate::image::{Conv2d, Op, Quantiser, Shape, WEIGHT_PADDING, Window};
use crate::ops::conv2d::wide::{Packing, are_sound};
use crate::ops::conv2d::{self, winograd};
use crate::ops::operands::PART;
use crate::ops::{InputRows, Output, dsp, scratch_bytes};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// Halves of a word, the lower first.
fn halves(word: u32) -> [i64; 2] {
    [word as i16, (word >> 16) as i16].map(i64::from)
}

/// The words of two filters times the columns of two pixels, as the loop takes them: four of
/// each at a time.
#[test]
fn wide_weights_meet_unfolded_windows() {
    let cases = (1_usize..40, 1_usize..7, any::<i8>()).prop_flat_map(|(taps, filters, zero)| {
        let windows = prop::collection::vec(bytes(taps), 2);
        (Just((taps, filters, zero)), windows, bytes(taps * filters))
    });
    check(1_000, cases, |((taps, filters, zero), windows, weights)| {
        let words: Vec<u32> = Packing::of_taps(taps).words(&weights).collect();
        let pair_words = 4 * taps.div_ceil(4);
        assert_eq!(words.len(), filters / 2 * pair_words);
        let mut columns = vec![!0; pair_words];
        for (pixel, window) in windows.iter().enumerate() {
            let mut part = [zero; PART];
            part[..taps].copy_from_slice(window);
            dsp::widen(&part, zero, 0, pixel, &mut columns);
        }
        for (pair, words) in words.chunks_exact(pair_words).enumerate() {
            for (filter, pixel) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let weights = &weights[(2 * pair + filter) * taps..][..taps];
                let products = weights.iter().zip(&windows[pixel]);
                let expected: i64 = products
                    .map(|(&w, &x)| i64::from(w) * (i64::from(x) - i64::from(zero)))
                    .sum();
                let fours = columns.chunks_exact(4).zip(words.chunks_exact(4));
                let sum: i64 = fours
                    .flat_map(|(x, w)| [0, 1].map(|at| (x[2 * pixel + at], w[filter + 2 * at])))
                    .map(|(x, w)| {
                        let ([x0, x1], [w0, w1]) = (halves(x), halves(w));
                        x0 * w0 + x1 * w1
                    })
                    .sum();
                assert_eq!(sum, expected);
            }
        }
    });
}

/// Shapes of a convolution by 3×3 windows, and its padding above and to the left.
#[derive(Clone, Copy, Debug)]
struct Case {
    input: Shape,
    output: Shape,
    pads: [usize; 2],
}

fn winograd_cases() -> impl Strategy<Value = Case> {
    let pads = prop::collection::vec(0_usize..3, 4);
    let sizes = (1_usize..4, 1_usize..4, 3_usize..6, 4_usize..22);
    (sizes, pads).prop_filter_map("a window", |((fours, pairs, height, width), pads)| {
        let output = Shape {
            height: (height + pads[0] + pads[2]).checked_sub(2)?,
            width: (width + pads[1] + pads[3]).checked_sub(2)?,
            channels: 2 * pairs,
        };
        (output.width >= 4).then_some(Case {
            input: Shape {
                height,
                width,
                channels: 4 * fours,
            },
            output,
            pads: [pads[0], pads[1]],
        })
    })
}

fn window([pad_top, pad_left]: [usize; 2]) -> Window {
    Window {
        pad_top,
        pad_left,
        ..Window::square(3, 1, 0)
    }
}

#[test]
fn winograd_gives_what_the_definition_does() {
    let cases = (winograd_cases(), any::<i8>()).prop_flat_map(|(case, zero)| {
        let weights = 9 * case.input.channels * case.output.channels;
        (
            Just((case, zero)),
            bytes(case.input.elements()),
            bytes(weights + WEIGHT_PADDING),
            parameters(case.output.channels),
            (0_usize..4, any::<prop::sample::Index>()),
        )
    });
    check(
        400,
        cases,
        |((case, input_zero), x, bytes, outputs, part)| {
            let (bias, multipliers, zero, min, max) = outputs;
            let weights = &bytes[..bytes.len() - WEIGHT_PADDING];
            let packing = Packing::of_winograd(case.input.channels);
            let words: Vec<u32> = packing.words(weights).collect();
            let conv = Conv2d {
                input: case.input,
                output: case.output,
                input_zero,
                window: window(case.pads),
                groups: 1,
                padded_weights: &bytes,
                bias: &bias,
                quantiser: Quantiser {
                    multipliers: &multipliers,
                    zero,
                    min,
                    max,
                },
                kernel: kernel::WINOGRAD,
                packed: &words,
            };
            assert!(are_sound(&conv) && winograd::is_sound(&conv));
            let mut broken = words.clone();
            let place = part.1.index(words.len());
            broken[place] ^= 1 << 16;
            assert!(!are_sound(&Conv2d {
                packed: &broken,
                ..conv
            }));
            compare(&conv, &x, 0..case.output.width);
            let first = part.0.min(case.output.width - 4);
            compare(&conv, &x, first..case.output.width);
        },
    );
}

/// Columns `columns` of each row, at least four, by tiles and as a build without them has
/// them.
fn compare(conv: &Conv2d<'_>, x: &[i8], columns: core::ops::Range<usize>) {
    let channels = conv.output.channels;
    let words = scratch_bytes(&Op::Conv2d(*conv)) / 4;
    let mut scratches = [0x5555_5555, 0xAAAA_AAAA].map(|word| vec![word; words]);
    for y in 0..conv.output.height {
        let outputs = columns
            .clone()
            .flat_map(|x| (0..channels).map(move |c| (x, c)));
        let expected: Vec<i8> = outputs
            .map(|(at, channel)| {
                let sum = conv_sum(conv, x, [y, at], channel);
                by_the_book(sum, channel, &conv.quantiser)
            })
            .collect();
        let input = InputRows::all(x);
        let mut got = vec![0; expected.len()];
        for scratch in &mut scratches {
            conv2d::winograd_row(conv, input, y, columns.clone(), scratch, &mut got);
            assert_eq!(got, expected, "row {y}: {conv:?}");
        }
        let mut plain = vec![0; expected.len()];
        let mut other = vec![0x5555_5555; words];
        let output = Output::Int8(&mut plain);
        conv2d::row(conv, input, y, columns.clone(), &mut other, output);
        assert_eq!(plain, expected);
        assert!(
            !other.contains(&0x5555_5555),
            "the plan has more than is used"
        );
    }
    // Whatever was in the scratch before, all of it was written to.
    assert_eq!(scratches[0], scratches[1]);
}

/// A filter of weights of 127 whose magnitudes add up to `sum`.
fn filter(sum: u32, weights: usize) -> Vec<i8> {
    let part = |at: u32| sum.saturating_sub(127 * at).min(127) as i8;
    (0..weights as u32).map(part).collect()
}

/// At the bound the largest sum that can be is right, and one step of weight above it wrong.
#[test]
fn winograd_sums_that_just_fit_and_that_just_do_not() {
    let most = winograd::MAX_WEIGHT_SUM;
    assert_eq!(
        most, 350_896,
        "24 · 255 · 350,896 < 2^31 < 24 · 255 · 350,897"
    );
    let channels = 308;
    let shape = |height, width, channels| Shape {
        height,
        width,
        channels,
    };
    for (sum, is_right) in [(most, true), (most + 1, false)] {
        let filter = filter(sum, 9 * channels);
        assert_eq!(
            filter
                .iter()
                .map(|&w| u32::from(w.unsigned_abs()))
                .sum::<u32>(),
            sum
        );
        assert_eq!(winograd::fits(&filter), is_right);
        // One filter as it is, one negated.
        let negated: Vec<i8> = filter.iter().map(|w| -w).collect();
        let padded = [&filter[..], &negated, &[9; WEIGHT_PADDING]].concat();
        let weights = &padded[..2 * filter.len()];
        let words: Vec<u32> = Packing::of_winograd(channels).words(weights).collect();
        let conv = Conv2d {
            input: shape(3, 6, channels),
            output: shape(1, 4, 2),
            input_zero: -128,
            window: window([0; 2]),
            groups: 1,
            padded_weights: &padded,
            // So much that the outputs tell one step of the sum.
            bias: &[-255 * 350_896, 255 * 350_896],
            quantiser: Quantiser {
                multipliers: &[0.25; 2],
                zero: 0,
                min: -128,
                max: 127,
            },
            kernel: kernel::WINOGRAD,
            packed: &words,
        };
        assert!(are_sound(&conv));
        assert_eq!(winograd::is_sound(&conv), is_right);
        let x = vec![127; conv.input.elements()];
        let mut scratch = vec![0; winograd::scratch_bytes(channels) / 4];
        let mut got = [0; 8];
        let input = InputRows::all(&x);
        conv2d::winograd_row(&conv, input, 0, 0..4, &mut scratch, &mut got);
        let expected: Vec<i8> = (0..8)
            .map(|at| {
                let sum = conv_sum(&conv, &x, [0, at / 2], at % 2);
                by_the_book(sum, at % 2, &conv.quantiser)
            })
            .collect();
        assert_eq!(got[..] == expected[..], is_right, "{got:?}, {expected:?}");
    }
}

/// Windows for which the image may not name this kernel.
#[test]
fn winograd_is_for_three_by_three_windows_at_stride_one() {
    let shape = |width, channels| Shape {
        height: 8,
        width,
        channels,
    };
    let suits =
        |input, output, window: Window, groups| winograd::suits(input, output, &window, groups);
    let square = Window::square(3, 1, 1);
    assert!(suits(shape(8, 4), shape(8, 2), square, 1));
    assert!(!suits(shape(8, 6), shape(8, 2), square, 1));
    assert!(!suits(shape(8, 4), shape(8, 3), square, 1));
    assert!(!suits(shape(3, 4), shape(3, 2), square, 1));
    assert!(!suits(shape(8, 4), shape(8, 4), square, 2));
    for other in [
        Window::square(5, 1, 1),
        Window::square(3, 2, 1),
        Window {
            dilation_w: 2,
            ..square
        },
        Window {
            stride_h: 2,
            ..square
        },
    ] {
        assert!(!suits(shape(8, 4), shape(8, 2), other, 1), "{other:?}");
    }
}
