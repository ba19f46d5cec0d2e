//! Every kernel against its slow, obvious twin, over random shapes, paddings,
//! strides, groups and extreme values: the portable kernels, and the DSP kernels
//! with their instructions emulated. On an emulated board the DSP kernels run the
//! random networks of the end-to-end tests.

mod packed;
mod sums;

use super::operands::{PART, PIXELS, PaddedRows};
use super::{InputRows, Output, conv2d, dense, dsp, max_pool, portable, scratch_bytes, thumb1};
use crate::image::format::kernel;
use crate::image::{Conv2d, Dense, MaxPool, Op, Quantiser, Shape, WEIGHT_PADDING, Window};
use core::ops::Range;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::vec;
use std::vec::Vec;

/// Bytes of which many are extreme.
fn bytes(count: usize) -> impl Strategy<Value = Vec<i8>> {
    let byte = prop_oneof![
        3 => any::<i8>(),
        1 => prop::sample::select(vec![-128_i8, -127, -1, 0, 1, 127]),
    ];
    let mixed = prop::collection::vec(byte, count);
    prop_oneof![4 => mixed, 1 => Just(vec![-128; count]), 1 => Just(vec![127; count])]
}

fn sum_of(products: impl Iterator<Item = i64>) -> i32 {
    i32::try_from(products.sum::<i64>()).expect("the check of an image promises it")
}

fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value)) {
    let config = ProptestConfig::with_cases(cases);
    let result = TestRunner::new(config).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn four_pixels() {
    let shapes = (1_usize..10, 1_usize..5, 0_usize..3, -9..9);
    let cases = shapes.prop_flat_map(|(kernel_w, kernel_h, tiles, start)| {
        let row_bytes = 4 * tiles + 4 + kernel_w.next_multiple_of(4);
        (
            Just((kernel_w, row_bytes, 4 * tiles, start)),
            bytes(kernel_h * row_bytes),
            bytes(kernel_h * kernel_w),
        )
    });
    check(
        2_000,
        cases,
        |((kernel_w, row_bytes, at, start), rows, filter)| {
            let expected = [0, 1, 2, 3].map(|pixel| {
                let products = filter.iter().enumerate().map(|(tap, &w)| {
                    let x = rows[tap / kernel_w * row_bytes + at + pixel + tap % kernel_w];
                    i64::from(x) * i64::from(w)
                });
                start + sum_of(products)
            });
            let rows = PaddedRows {
                bytes: &rows,
                row_bytes,
                kernel_w,
            };
            assert_eq!(portable::four_pixels(&rows, at, &filter, start), expected);
        },
    );
}

/// The windows of two pixels, part by part, and two filters that may go on with the weights of
/// the next one.
#[test]
fn unfolded_windows_and_their_products() {
    let cases = (1_usize..200, any::<i8>()).prop_flat_map(|(taps, zero)| {
        let values = prop::collection::vec(bytes(taps), PIXELS);
        let weights = prop::collection::vec(bytes(taps + WEIGHT_PADDING), 2);
        (Just((taps, zero)), values, weights)
    });
    check(2_000, cases, |((taps, zero), values, weights)| {
        let whole_quads = taps.next_multiple_of(4);
        let mut quads = vec![!0; whole_quads];
        let mut columns = vec![!0; whole_quads];
        for (pixel, values) in values.iter().enumerate() {
            for (index, values) in values.chunks(PART).enumerate() {
                let mut part = [zero; PART];
                part[..values.len()].copy_from_slice(values);
                dsp::widen(&part, zero, index * PART, pixel, &mut quads);
                portable::widen(&part, zero, index * PART, pixel, &mut columns);
            }
        }
        for filter in &weights {
            let expected = [0, 1].map(|pixel| {
                let products = values[pixel].iter().zip(filter);
                sum_of(products.map(|(&x, &w)| (i64::from(x) - i64::from(zero)) * i64::from(w)))
            });
            assert_eq!(dsp::dots(&quads, filter), expected);
            assert_eq!(portable::dots(&columns, filter), expected);
        }
    });
}

#[test]
fn dots_changes_and_maxima() {
    let cases = (0_usize..150, any::<i8>()).prop_flat_map(|(count, zero)| {
        let rows = prop::collection::vec(bytes(count), 4);
        (Just(zero), bytes(count), bytes(count), rows)
    });
    check(2_000, cases, |(zero, new, old, rows)| {
        let rows: [&[i8]; 4] = core::array::from_fn(|row| rows[row].as_slice());
        let dot = |x: &dyn Fn(usize) -> i64, row: &[i8]| {
            sum_of(row.iter().enumerate().map(|(at, &w)| x(at) * i64::from(w)))
        };
        let centred = |at: usize| i64::from(new[at]) - i64::from(zero);
        let expected = sum_of(new.iter().map(|&w| i64::from(w)));
        assert_eq!(portable::weight_sum(&new), expected);

        // The first inputs of a layer that has three more, in five outputs.
        let changed = |at: usize| i64::from(new[at]) - i64::from(old[at]);
        let five = [rows[0], rows[1], rows[2], rows[3], rows[0]];
        let weights: Vec<i8> = five
            .iter()
            .flat_map(|row| [row, &[9; WEIGHT_PADDING][..]].concat())
            .collect();
        let expected = five.map(|row| 7 + dot(&centred, row));
        for add_dots in [dsp::add_dots, portable::add_dots, thumb1::add_dots] {
            let mut sums = [7; 5];
            add_dots(&new, zero, &weights, new.len() + WEIGHT_PADDING, &mut sums);
            assert_eq!(sums, expected);
        }
        let expected = five.map(|row| 7 + dot(&changed, row));
        for add_changes in [dsp::add_changes, portable::add_changes] {
            let mut sums = [7; 5];
            add_changes(&new, &old, &weights, new.len() + WEIGHT_PADDING, &mut sums);
            assert_eq!(sums, expected);
        }

        let expected: Vec<i8> = new.iter().zip(&old).map(|(&a, &b)| a.max(b)).collect();
        for maximum in [dsp::maximum, portable::maximum] {
            let mut largest = new.clone();
            maximum(&mut largest, &old);
            assert_eq!(largest, expected);
        }
    });
}

/// One axis of a window: kernel, stride, dilation, padding before and after.
type Axis = (usize, usize, usize, usize, usize);

fn axis() -> impl Strategy<Value = (usize, usize, Axis)> {
    (1_usize..6, 1_usize..4, 1_usize..3).prop_flat_map(|(kernel, stride, dilation)| {
        let extent = (kernel - 1) * dilation + 1;
        (0..extent, 0..extent, 1_usize..12).prop_map(move |(before, after, size)| {
            let size = size.max(extent.saturating_sub(before + after)).max(1);
            let outputs = (size + before + after - extent) / stride + 1;
            (size, outputs, (kernel, stride, dilation, before, after))
        })
    })
}

/// Input shape, output size and window, channels aside.
fn geometry() -> impl Strategy<Value = ([usize; 2], [usize; 2], Window)> {
    (axis(), axis()).prop_map(|((height, rows, down), (width, columns, along))| {
        let window = Window {
            kernel_h: down.0,
            kernel_w: along.0,
            stride_h: down.1,
            stride_w: along.1,
            dilation_h: down.2,
            dilation_w: along.2,
            pad_top: down.3,
            pad_left: along.3,
        };
        ([height, width], [rows, columns], window)
    })
}

/// Windows of three rows and columns, as most depthwise convolutions have, over rows up to
/// some that are not computed at once.
fn three_by_three() -> impl Strategy<Value = ([usize; 2], [usize; 2], Window)> {
    let axis = |longest: usize| (1_usize..longest, 1_usize..4, 0_usize..3, 0_usize..3);
    let axes = (axis(6), axis(60)).prop_filter("at least one window", |(down, along)| {
        [down, along]
            .iter()
            .all(|axis| axis.0 + axis.2 + axis.3 >= 3)
    });
    axes.prop_map(|(down, along)| {
        let outputs =
            |axis: (usize, usize, usize, usize)| (axis.0 + axis.2 + axis.3 - 3) / axis.1 + 1;
        let window = Window {
            stride_h: down.1,
            stride_w: along.1,
            pad_top: down.2,
            pad_left: along.2,
            ..Window::square(3, 1, 0)
        };
        ([down.0, along.0], [outputs(down), outputs(along)], window)
    })
}

/// The element of the input that tap `tap` of the window at `at` lies on.
fn under(window: &Window, input: Shape, at: [usize; 2], tap: usize) -> Option<usize> {
    let (ky, kx) = (tap / window.kernel_w, tap % window.kernel_w);
    let row = (at[0] * window.stride_h + ky * window.dilation_h).checked_sub(window.pad_top)?;
    let column = (at[1] * window.stride_w + kx * window.dilation_w).checked_sub(window.pad_left)?;
    (row < input.height && column < input.width)
        .then_some((row * input.width + column) * input.channels)
}

fn conv_sum(conv: &Conv2d<'_>, input: &[i8], at: [usize; 2], channel: usize) -> i32 {
    let depth = conv.input.channels / conv.groups;
    let group = channel / (conv.output.channels / conv.groups);
    let taps = conv.window.kernel_h * conv.window.kernel_w;
    let products = (0..taps * depth).filter_map(|index| {
        let pixel = under(&conv.window, conv.input, at, index / depth)?;
        let x = input[pixel + group * depth + index % depth];
        let w = conv.weights()[channel * taps * depth + index];
        Some((i64::from(x) - i64::from(conv.input_zero)) * i64::from(w))
    });
    conv.bias[channel] + sum_of(products)
}

fn by_the_book(sum: i32, channel: usize, quantiser: &Quantiser<'_>) -> i8 {
    let rounded = (sum as f32 * quantiser.multipliers[channel]).round_ties_even();
    let value = f64::from(rounded) + f64::from(quantiser.zero);
    value.clamp(quantiser.min.into(), quantiser.max.into()) as i8
}

/// Parameters of `channels` outputs: bias, multipliers, zero point and clamps.
fn parameters(channels: usize) -> impl Strategy<Value = (Vec<i32>, Vec<f32>, i8, i8, i8)> {
    (
        prop::collection::vec(-40_000..40_000, channels),
        prop::collection::vec(1e-4_f32..2e-2, channels),
        any::<i8>(),
        any::<i8>(),
        any::<i8>(),
    )
        .prop_map(|(bias, multipliers, zero, a, b)| (bias, multipliers, zero, a.min(b), a.max(b)))
}

#[test]
fn convolutions() {
    // One input and one output channel in a group: a filter for each channel.
    let several = (1_usize..4, 1_usize..4, 1_usize..5);
    let channels = prop_oneof![3 => several, 1 => (1_usize..10, Just(1), Just(1))];
    let shapes = (
        prop_oneof![3 => geometry(), 1 => three_by_three()],
        channels,
        any::<i8>(),
        any::<prop::sample::Index>(),
    );
    let cases = shapes.prop_flat_map(|(geometry, (groups, depth, outputs), zero, part)| {
        let ([height, width], [rows, columns], window) = geometry;
        let shape = |height, width, channels| Shape {
            height,
            width,
            channels,
        };
        let (input, output) = (
            shape(height, width, groups * depth),
            shape(rows, columns, groups * outputs),
        );
        let weights = output.channels * window.kernel_h * window.kernel_w * depth;
        (
            Just((input, output, window, groups, zero, part)),
            bytes(input.elements()),
            // What lies after the weights is read by words and changes nothing.
            bytes(weights + WEIGHT_PADDING),
            parameters(output.channels),
        )
    });
    check(
        3_000,
        cases,
        |(shapes, x, bytes, (bias, multipliers, zero, min, max))| {
            let (input, output, window, groups, input_zero, part) = shapes;
            let conv = Conv2d {
                input,
                output,
                input_zero,
                window,
                groups,
                padded_weights: &bytes,
                bias: &bias,
                quantiser: Quantiser {
                    multipliers: &multipliers,
                    zero,
                    min,
                    max,
                },
                kernel: kernel::GENERAL,
                packed: &[],
            };
            let whole = 0..output.width;
            let first = part.index(output.width);
            compare_rows(&conv, &x, whole, true);
            compare_rows(&conv, &x, first..output.width, false);
            compare_rows(&conv, &x, 0..first, false);
            compare_joined(&conv, &x);
        },
    );
}

type RowKernel = fn(&Conv2d<'_>, InputRows<'_>, usize, Range<usize>, &mut [u32], Output<'_>);

fn compare_rows(conv: &Conv2d<'_>, x: &[i8], columns: Range<usize>, whole: bool) {
    compare_rows_by(conv2d::row, conv, x, columns.clone(), whole);
    if conv2d::Way::of(conv) == conv2d::Way::Rows {
        compare_rows_by(conv2d::unfolded_row, conv, x, columns, whole);
    }
}

fn compare_rows_by(
    kernel: RowKernel,
    conv: &Conv2d<'_>,
    x: &[i8],
    columns: Range<usize>,
    whole: bool,
) {
    let words = scratch_bytes(&Op::Conv2d(*conv)) / 4;
    for y in 0..conv.output.height {
        let sums: Vec<i32> = columns
            .clone()
            .flat_map(|x_at| (0..conv.output.channels).map(move |channel| (x_at, channel)))
            .map(|(x_at, channel)| conv_sum(conv, x, [y, x_at], channel))
            .collect();
        let mut scratch = vec![0x5555_5555; words];
        let mut got = vec![0; sums.len()];
        kernel(
            conv,
            InputRows::all(x),
            y,
            columns.clone(),
            &mut scratch,
            Output::Sums(&mut got),
        );
        assert_eq!(got, sums);

        let channel = |index: usize| index % conv.output.channels;
        let expected: Vec<i8> = (sums.iter().enumerate())
            .map(|(index, &sum)| by_the_book(sum, channel(index), &conv.quantiser))
            .collect();
        let mut got = vec![0; sums.len()];
        let mut other = vec![0xAAAA_AAAA; words];
        kernel(
            conv,
            InputRows::all(x),
            y,
            columns.clone(),
            &mut other,
            Output::Int8(&mut got),
        );
        assert_eq!(got, expected);
        // Whatever was in the scratch before, all of it was written to.
        assert!(!whole || scratch == other);
    }
}

/// All rows as one, where a kernel takes them so.
fn compare_joined(conv: &Conv2d<'_>, x: &[i8]) {
    if !conv2d::joins_rows(conv) {
        return;
    }
    let Shape {
        width, channels, ..
    } = conv.output;
    let expected: Vec<i8> = (0..conv.output.elements())
        .map(|index| {
            let (pixel, channel) = (index / channels, index % channels);
            let sum = conv_sum(conv, x, [pixel / width, pixel % width], channel);
            by_the_book(sum, channel, &conv.quantiser)
        })
        .collect();
    let mut scratch = vec![0x5555_5555; scratch_bytes(&Op::Conv2d(*conv)) / 4];
    let mut got = vec![0; expected.len()];
    let (input, pixels) = (InputRows::all(x), 0..conv.output.height * width);
    conv2d::row(conv, input, 0, pixels, &mut scratch, Output::Int8(&mut got));
    assert_eq!(got, expected);
}

#[test]
fn dense_layers() {
    let shapes = (1_usize..70, 1_usize..12, any::<i8>());
    let cases = shapes.prop_flat_map(|(inputs, outputs, zero)| {
        (
            Just((inputs, zero)),
            bytes(inputs),
            bytes(inputs * outputs + WEIGHT_PADDING),
            parameters(outputs),
        )
    });
    check(
        2_000,
        cases,
        |((inputs, input_zero), x, bytes, (bias, multipliers, zero, min, max))| {
            let quantiser = Quantiser {
                multipliers: &multipliers,
                zero,
                min,
                max,
            };
            let weights = &bytes[..bytes.len() - WEIGHT_PADDING];
            let layer = Dense {
                input_zero,
                padded_weights: &bytes,
                bias: &bias,
                quantiser,
            };
            let sums: Vec<i32> = (weights.chunks_exact(inputs).zip(&bias))
                .map(|(row, bias)| {
                    let centred = |&x| i64::from(x) - i64::from(input_zero);
                    bias + sum_of(x.iter().zip(row).map(|(x, &w)| centred(x) * i64::from(w)))
                })
                .collect();
            let mut got = vec![0; sums.len()];
            dense::outputs(&layer, &x, Output::Sums(&mut got));
            assert_eq!(got, sums);
            let expected: Vec<i8> = (sums.iter().enumerate())
                .map(|(channel, &sum)| by_the_book(sum, channel, &quantiser))
                .collect();
            let mut got = vec![0; sums.len()];
            dense::outputs(&layer, &x, Output::Int8(&mut got));
            assert_eq!(got, expected);
        },
    );
}

#[test]
fn max_pools() {
    let cases = (geometry(), 1_usize..11).prop_flat_map(|((size, outputs, window), channels)| {
        let shape = |[height, width]: [usize; 2]| Shape {
            height,
            width,
            channels,
        };
        let pool = MaxPool {
            input: shape(size),
            output: shape(outputs),
            window,
        };
        (Just(pool), bytes(pool.input.elements()))
    });
    check(2_000, cases, |(pool, x)| {
        let taps = pool.window.kernel_h * pool.window.kernel_w;
        let mut expected = vec![i8::MIN; pool.output.elements()];
        let pixels = expected.chunks_exact_mut(pool.output.channels);
        for (index, pixel) in pixels.enumerate() {
            let at = [index / pool.output.width, index % pool.output.width];
            for start in (0..taps).filter_map(|tap| under(&pool.window, pool.input, at, tap)) {
                for (channel, largest) in pixel.iter_mut().enumerate() {
                    *largest = (*largest).max(x[start + channel]);
                }
            }
        }
        let mut by_output = vec![0; expected.len()];
        let rows = by_output.chunks_exact_mut(pool.output.row_elements());
        for (y, row) in rows.enumerate() {
            max_pool::row(&pool, InputRows::all(&x), y, 0..pool.output.width, row);
        }
        assert_eq!(by_output, expected);
        let mut by_input = vec![i8::MIN; expected.len()];
        for (y, row) in x.chunks_exact(pool.input.row_elements()).enumerate() {
            max_pool::include(&pool, row, y, &mut by_input);
        }
        assert_eq!(by_input, expected);
    });
}

/// A convolution of the polynomials' kernel and the pool after it, with inputs among which
/// are those that lead to the largest and smallest sums.
#[test]
fn sums_of_polynomials() {
    let shapes = (
        prop::sample::select(vec![3_usize, 5]),
        (1_usize..9, 1_usize..3),
        (0_usize..9, 0_usize..9),
        (0_usize..3, 0_usize..3, 0_usize..3, 0_usize..3),
        any::<i8>(),
    );
    let cases = shapes.prop_flat_map(|(kernel, channels, more, pads, zero)| {
        let taps = kernel * kernel * channels.0;
        (
            Just((kernel, channels, more, pads, zero)),
            prop::collection::vec(bytes(taps), channels.1),
            bytes((kernel + 9) * (kernel + 9) * channels.0),
            parameters(channels.1),
            any::<[bool; 3]>(),
        )
    });
    check(
        400,
        cases,
        |(shapes, mut filters, values, outputs, [just, most, least])| {
            let (kernel, (depth, channels), (down, along), pads, input_zero) = shapes;
            let (pad_top, pad_left, pad_bottom, pad_right) = pads;
            let size = |more: usize, pads: usize| (kernel + 1 + more).saturating_sub(pads).max(1);
            let input = Shape {
                height: size(down, pad_top + pad_bottom),
                width: size(along, pad_left + pad_right),
                channels: depth,
            };
            let output = Shape {
                height: input.height + pad_top + pad_bottom + 1 - kernel,
                width: input.width + pad_left + pad_right + 1 - kernel,
                channels,
            };
            let window = Window {
                kernel_h: kernel,
                kernel_w: kernel,
                stride_h: 1,
                stride_w: 1,
                dilation_h: 1,
                dilation_w: 1,
                pad_top,
                pad_left,
            };
            let pool = MaxPool {
                input: output,
                output: Shape {
                    height: output.height / 2,
                    width: output.width / 2,
                    channels,
                },
                window: Window::square(2, 2, 0),
            };
            for filter in &mut filters {
                shrink(filter, just);
            }
            let first = filters[0].clone();
            let mut weights = filters.concat();
            weights.extend([9; WEIGHT_PADDING]);
            let mut x = values[..input.elements()].to_vec();
            if most || least {
                // What lies under the first window of the first filter.
                for (tap, &w) in first.iter().enumerate() {
                    if let Some(at) = under(&window, input, [0, 0], tap / depth) {
                        let is_high = (w > 0) == most;
                        x[at + tap % depth] = if is_high { 127 } else { -128 };
                    }
                }
            }
            let (bias, multipliers, zero, min, max) = outputs;
            let polynomials: Vec<u32> = filters
                .iter()
                .flat_map(|filter| conv2d::polynomials::words(filter, &window, depth, input_zero))
                .collect();
            let conv = Conv2d {
                input,
                output,
                input_zero,
                window,
                groups: 1,
                padded_weights: &weights,
                bias: &bias,
                quantiser: Quantiser {
                    multipliers: &multipliers,
                    zero,
                    min,
                    max,
                },
                kernel: kernel::POLYNOMIALS,
                packed: &polynomials,
            };
            assert!(conv2d::polynomials::suits(&window, 1, &pool.window));
            assert!(conv2d::polynomials::are_sound(&conv));
            let mut broken = polynomials.clone();
            broken[filters.len() / 2] ^= 1;
            assert!(!conv2d::polynomials::are_sound(&Conv2d {
                packed: &broken,
                ..conv
            }));
            let words = conv2d::polynomials::needs(&conv, &pool) / 4;
            let mut scratch = vec![0x5555_5555; words];
            let mut of_bytes = scratch.clone();
            for y in 0..pool.output.height {
                let expected: Vec<i8> = (0..pool.output.row_elements())
                    .map(|at| {
                        let (column, channel) = (at / channels, at % channels);
                        let pixels = [[0, 0], [0, 1], [1, 0], [1, 1]];
                        let sums = pixels.map(|[dy, dx]| {
                            conv_sum(&conv, &x, [2 * y + dy, 2 * column + dx], channel)
                        });
                        let outputs = sums.map(|sum| by_the_book(sum, channel, &conv.quantiser));
                        outputs.into_iter().fold(i8::MIN, i8::max)
                    })
                    .collect();
                let width = pool.output.width;
                let part = |columns| conv2d::PooledPart {
                    y,
                    is_first: y == 0,
                    columns,
                };
                let whole = part(0..width);
                let input = InputRows::all(&x);
                conv2d::polynomials::fill(&conv, input, &whole, &mut scratch);
                let mut got = vec![0; expected.len()];
                conv2d::polynomials::pooled_row(&conv, &scratch, &mut got);
                assert_eq!(got, expected, "{conv:?}");
                for columns in [0..1, 0..width - 1, 1..width, width / 2..width] {
                    let part = conv2d::PooledPart {
                        is_first: true,
                        ..part(columns.clone())
                    };
                    let bytes = columns.start * channels..columns.end * channels;
                    let expected = &expected[bytes];
                    let mut got = vec![0; expected.len()];
                    let mut apart = vec![0x5555_5555; words];
                    conv2d::polynomials::fill(&conv, input, &part, &mut apart);
                    conv2d::polynomials::pooled_row(&conv, &apart, &mut got);
                    assert_eq!(got, expected, "{columns:?}: {conv:?}");
                    if conv2d::bytes::is_possible(&conv, &pool) {
                        conv2d::bytes::fill(&conv, input, &part, &mut apart);
                        conv2d::bytes::pooled_row(&conv, &apart, &mut got);
                        assert_eq!(got, expected, "{columns:?} by bytes: {conv:?}");
                    }
                }
                if conv2d::bytes::is_possible(&conv, &pool) {
                    conv2d::bytes::fill(&conv, input, &whole, &mut of_bytes);
                    let mut got = vec![0; expected.len()];
                    conv2d::bytes::pooled_row(&conv, &of_bytes, &mut got);
                    assert_eq!(got, expected, "by bytes: {conv:?}");
                }
            }
            assert!(
                !scratch.contains(&0x5555_5555),
                "the plan has more than is used"
            );
        },
    );
}

/// Makes the weights' magnitudes add up to what just fits a field, or to less.
fn shrink(filter: &mut [i8], just: bool) {
    let sum = |filter: &[i8]| filter.iter().map(|w| u32::from(w.unsigned_abs())).sum();
    let most = conv2d::polynomials::MAX_WEIGHT_SUM;
    let mut over: u32 = u32::saturating_sub(sum(filter), most);
    for w in filter.iter_mut() {
        let off = over.min(w.unsigned_abs().into());
        *w = (i32::from(*w) - i32::from(w.signum()) * off as i32) as i8;
        over -= off;
    }
    let mut room: u32 = if just { most - sum(filter) } else { 0 };
    for w in filter {
        let on = room.min(127_u32.saturating_sub(w.unsigned_abs().into()));
        *w = (i32::from(*w) + if *w < 0 { -(on as i32) } else { on as i32 }) as i8;
        room -= on;
    }
}

/// One step of weight more than fits a field leads to a sum that a field does not hold.
#[test]
fn sums_that_just_do_not_fit() {
    let most = conv2d::polynomials::MAX_WEIGHT_SUM;
    assert_eq!(most, 8224, "255 · 8224 < 2^21 < 255 · 8225");
    let mut filter = vec![127; 75];
    shrink(&mut filter, true);
    assert!(conv2d::polynomials::fits(&filter));
    let last = filter
        .iter_mut()
        .find(|w| **w < 127)
        .expect("room for one more");
    *last += 1;
    assert!(!conv2d::polynomials::fits(&filter));
    let span: i64 = filter.iter().map(|&w| 255 * i64::from(w)).sum();
    assert!(span >= 1 << 21);
}
