//! Layers and requantisation against plain loops in 64 bits.

use super::{ForEach, for_each};
use crate::instructions::{Instructions, Range};
use crate::layer::{Layer, Rows};
use cortexscope_core::image::format::kernel;
use cortexscope_core::image::{Conv2d, Dense, MaxPool, Quantiser, Shape, WEIGHT_PADDING, Window};
use cortexscope_core::ops::Output;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// The contract: `clamp(round_ties_even(f32(acc) · m) + zero)`.
pub(super) fn by_the_book(acc: i32, multiplier: f32, range: &Range) -> i8 {
    let rounded = f64::from((acc as f32 * multiplier).round_ties_even());
    let value = (rounded + f64::from(range.zero)).clamp(-128.0, 127.0) as i8;
    value.clamp(range.min, range.max)
}

/// Bytes of which many are extreme.
fn bytes(count: usize) -> impl Strategy<Value = Vec<i8>> {
    let byte = prop_oneof![
        3 => any::<i8>(),
        1 => prop::sample::select(vec![-128_i8, -127, -1, 0, 1, 127]),
    ];
    let mixed = prop::collection::vec(byte, count);
    prop_oneof![4 => mixed, 1 => Just(vec![-128; count]), 1 => Just(vec![127; count])]
}

#[derive(Clone, Debug)]
struct Case {
    input: Shape,
    output: Shape,
    window: Window,
    input_zero: i8,
    zero: i8,
    clamp: [i8; 2],
    x: Vec<i8>,
    weights: Vec<i8>,
    bias: Vec<i32>,
    multipliers: Vec<f32>,
}

fn window() -> impl Strategy<Value = Window> {
    let side = || (1_usize..6, 1_usize..4, 1_usize..3);
    (side(), side()).prop_flat_map(|((kh, sh, dh), (kw, sw, dw))| {
        (0..=(kh - 1) * dh, 0..=(kw - 1) * dw).prop_map(move |(pad_top, pad_left)| Window {
            kernel_h: kh,
            kernel_w: kw,
            stride_h: sh,
            stride_w: sw,
            dilation_h: dh,
            dilation_w: dw,
            pad_top,
            pad_left,
        })
    })
}

fn case() -> impl Strategy<Value = Case> {
    let outputs = (1_usize..8, 1_usize..8, 1_usize..70);
    (window(), 1_usize..7, outputs, 0_usize..3).prop_flat_map(|(window, depth, (h, w, o), less)| {
        // As much input as the outputs read, or less, and then the rest is padding.
        let reach = |outputs: usize, stride: usize, kernel: usize, dilation: usize, pad| {
            let all = (outputs - 1) * stride + (kernel - 1) * dilation + 1;
            all.saturating_sub(pad + less).max(1)
        };
        let Window {
            stride_h, stride_w, ..
        } = window;
        let input = Shape {
            height: reach(
                h,
                stride_h,
                window.kernel_h,
                window.dilation_h,
                window.pad_top,
            ),
            width: reach(
                w,
                stride_w,
                window.kernel_w,
                window.dilation_w,
                window.pad_left,
            ),
            channels: depth,
        };
        let output = Shape {
            height: h,
            width: w,
            channels: o,
        };
        let taps = window.kernel_h * window.kernel_w * depth;
        let parameters = (any::<i8>(), any::<i8>(), any::<[i8; 2]>());
        let per_filter = (
            prop::collection::vec(-(1 << 30)..=1 << 30, o),
            prop::collection::vec(1e-6_f32..0.02, o),
        );
        let data = (bytes(input.elements()), bytes(o * taps + WEIGHT_PADDING));
        (parameters, per_filter, data).prop_map(
            move |((input_zero, zero, mut clamp), (bias, multipliers), (x, weights))| {
                clamp.sort_unstable();
                Case {
                    input,
                    output,
                    window,
                    input_zero,
                    zero,
                    clamp,
                    x,
                    weights,
                    bias,
                    multipliers,
                }
            },
        )
    })
}

impl Case {
    fn range(&self) -> Range {
        Range {
            zero: self.zero,
            min: self.clamp[0],
            max: self.clamp[1],
        }
    }

    fn conv(&self) -> Conv2d<'_> {
        Conv2d {
            input: self.input,
            output: self.output,
            input_zero: self.input_zero,
            window: self.window,
            groups: 1,
            padded_weights: &self.weights,
            bias: &self.bias,
            quantiser: Quantiser {
                multipliers: &self.multipliers,
                zero: self.zero,
                min: self.clamp[0],
                max: self.clamp[1],
            },
            kernel: kernel::GENERAL,
            packed: &[],
        }
    }

    /// The sum of output `y`, `x`, `channel`, by the definition of a convolution.
    fn sum(&self, y: usize, x: usize, channel: usize) -> i32 {
        let window = &self.window;
        let depth = self.input.channels;
        let mut sum = i64::from(self.bias[channel]);
        for ky in 0..window.kernel_h {
            for kx in 0..window.kernel_w {
                let at_y = (y * window.stride_h + ky * window.dilation_h) as isize
                    - window.pad_top as isize;
                let at_x = (x * window.stride_w + kx * window.dilation_w) as isize
                    - window.pad_left as isize;
                let inside = (0..self.input.height as isize).contains(&at_y)
                    && (0..self.input.width as isize).contains(&at_x);
                if !inside {
                    continue;
                }
                let pixel = (at_y as usize * self.input.width + at_x as usize) * depth;
                let tap = ((channel * window.kernel_h + ky) * window.kernel_w + kx) * depth;
                for i in 0..depth {
                    let number = i64::from(self.x[pixel + i]) - i64::from(self.input_zero);
                    sum += number * i64::from(self.weights[tap + i]);
                }
            }
        }
        i32::try_from(sum).expect("the check of an image promises it")
    }

    fn sums(&self) -> Vec<i32> {
        let Shape {
            height,
            width,
            channels,
        } = self.output;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
        pixels
            .flat_map(|(y, x)| (0..channels).map(move |channel| self.sum(y, x, channel)))
            .collect()
    }

    fn bytes(&self, sums: &[i32]) -> Vec<i8> {
        let multipliers = self.multipliers.iter().cycle();
        let pairs = sums.iter().zip(multipliers);
        pairs
            .map(|(&sum, &multiplier)| by_the_book(sum, multiplier, &self.range()))
            .collect()
    }

    /// The 2×2 max-pool after it, where that has an output.
    fn pool(&self) -> Option<MaxPool> {
        let output = Shape {
            height: self.output.height / 2,
            width: self.output.width / 2,
            channels: self.output.channels,
        };
        (output.elements() > 0).then_some(MaxPool {
            input: self.output,
            output,
            window: Window::square(2, 2, 0),
        })
    }

    fn pooled(&self, bytes: &[i8], pool: &MaxPool) -> Vec<i8> {
        let Shape {
            height,
            width,
            channels,
        } = pool.output;
        let mut pooled = Vec::new();
        for y in 0..height {
            for x in 0..width {
                for channel in 0..channels {
                    let of = |down: usize, right: usize| {
                        let pixel = (2 * y + down) * self.output.width + 2 * x + right;
                        bytes[pixel * channels + channel]
                    };
                    let all = [of(0, 0), of(0, 1), of(1, 0), of(1, 1)];
                    pooled.extend(all.into_iter().max());
                }
            }
        }
        pooled
    }
}

fn conv_rows<I: Instructions>(instructions: I, case: &Case) {
    let sums = case.sums();
    let bytes = case.bytes(&sums);
    let pool = case.pool();
    let mut layer = Layer::<I>::conv(&case.conv(), pool.as_ref()).expect("one group");
    let row_elements = case.output.row_elements();
    // Twice, because the padding has to stay.
    for _ in 0..2 {
        layer.compute(instructions, Rows::Take(&case.x));
        for y in 0..case.output.height {
            let row = y * row_elements..(y + 1) * row_elements;
            let mut got = vec![0; row_elements];
            layer.compute(instructions, Rows::Row(y, Output::Sums(&mut got)));
            assert_eq!(got, sums[row.clone()]);
            let mut got = vec![0; row_elements];
            layer.compute(instructions, Rows::Row(y, Output::Int8(&mut got)));
            assert_eq!(got, bytes[row]);
        }
    }
    if let Some(pool) = pool {
        assert!(layer.is_pooled());
        let expected = case.pooled(&bytes, &pool);
        let rows = expected.chunks(pool.output.row_elements());
        for (y, expected) in rows.enumerate() {
            let mut got = vec![0; expected.len()];
            layer.compute(instructions, Rows::Pooled(y, &mut got));
            assert_eq!(got, expected);
        }
    }
}

#[test]
fn convolutions() {
    struct Convolution(Case);
    impl ForEach for Convolution {
        fn run<I: Instructions>(&self, instructions: I) {
            conv_rows(instructions, &self.0);
        }
    }
    let mut runner = TestRunner::new(Config::with_cases(400));
    let result = runner.run(&case(), |case| {
        for_each(&Convolution(case));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// As many weights behind an output as an image may have, all of them and the bias as far
/// from 0 as they can be: the largest sums that there are, and the smallest.
#[test]
fn sums_that_just_fit() {
    const INPUTS: usize = 1 << 15;
    struct Largest {
        x: i8,
        input_zero: i8,
        weight: i8,
        bias: i32,
    }
    impl ForEach for Largest {
        fn run<I: Instructions>(&self, instructions: I) {
            let weights = vec![self.weight; 2 * INPUTS + WEIGHT_PADDING];
            let dense = Dense {
                input_zero: self.input_zero,
                padded_weights: &weights,
                bias: &[self.bias; 2],
                quantiser: Quantiser {
                    multipliers: &[1e-7; 2],
                    zero: 0,
                    min: -128,
                    max: 127,
                },
            };
            let mut layer = Layer::<I>::dense(&dense);
            layer.compute(instructions, Rows::Take(&[self.x; INPUTS]));
            let mut sums = [0; 2];
            layer.compute(instructions, Rows::Row(0, Output::Sums(&mut sums)));
            let number = i64::from(self.x) - i64::from(self.input_zero);
            let sum = INPUTS as i64 * number * i64::from(self.weight) + i64::from(self.bias);
            assert_eq!(sums.map(i64::from), [sum; 2]);
        }
    }
    for (x, input_zero) in [(127, -128), (-128, 127)] {
        for weight in [-128, 127] {
            for bias in [-(1 << 30), 1 << 30] {
                for_each(&Largest {
                    x,
                    input_zero,
                    weight,
                    bias,
                });
            }
        }
    }
}

/// Sums around every power of two, where `f32(acc)` begins to round, times multipliers
/// around every power of two, and those that make halves of sums.
#[test]
fn requantisation_is_the_contract() {
    struct Requantise(Vec<i32>);
    impl Requantise {
        fn compare<I: Instructions>(&self, instructions: I, multiplier: f32, zero: i8) {
            let range = Range {
                zero,
                min: -100,
                max: 127,
            };
            for sums in self.0.chunks(I::LANES) {
                let mut start = sums.to_vec();
                start.resize(I::LANES, 0);
                let multipliers = vec![multiplier; I::LANES];
                let mut got = vec![0; sums.len()];
                let start = instructions.sums(&start);
                instructions.requantise(start, &multipliers, &range, &mut got);
                let expected = sums.iter().map(|&sum| by_the_book(sum, multiplier, &range));
                assert_eq!(
                    got,
                    expected.collect::<Vec<_>>(),
                    "{multiplier:e} of {sums:?}"
                );
            }
        }
    }
    impl ForEach for Requantise {
        fn run<I: Instructions>(&self, instructions: I) {
            for exponent in -149..=127 {
                let power = 2_f64.powi(exponent) as f32;
                for multiplier in [power.next_down(), power, power.next_up(), 1.5 * power] {
                    if multiplier > 0.0 && multiplier.is_finite() {
                        self.compare(instructions, multiplier, 3);
                        self.compare(instructions, multiplier, -128);
                    }
                }
            }
            for halves in (1..=511).step_by(2) {
                let multiplier = (f64::from(halves) / 2.0 / 12_345.0) as f32;
                for multiplier in [multiplier.next_down(), multiplier, multiplier.next_up()] {
                    self.compare(instructions, multiplier, -1);
                }
            }
        }
    }
    let around = |centre: i64| (-3..=3).map(move |step| centre + step);
    let sums = (0..=31).flat_map(|power| around(1 << power));
    let sums = sums.chain(around(12_345)).flat_map(|sum| [sum, -sum]);
    let sums = sums.filter_map(|sum| i32::try_from(sum).ok());
    let sums = sums.chain([i32::MIN, i32::MAX, 0]);
    for_each(&Requantise(sums.collect()));
}
