//! What an imported float network means, in `f64`, with a bound on how far a
//! computation in `f32` may be from it.
//!
//! Standard error analysis: a sum of `n` products is within `(n + 2) · u · Σ|w·x|`
//! of its value for any order of summation, where `u = 2⁻²⁴`; errors of the
//! operands pass through with the weights' magnitudes (Higham, Accuracy and
//! Stability of Numerical Algorithms, section 3.1).

use crate::reference::in_blocks;
use cortexscope_compile::float_net::{FloatNet, FloatOp};
use cortexscope_compile::network::{Elementwise, Operand, Window};

/// Half a unit in the last place of 1 in `f32`.
const UNIT: f64 = 1.0 / 16_777_216.0;
/// Roundings besides those of the sum itself: folded batch normalisation,
/// factors and biases.
const OTHER_ROUNDINGS: f64 = 16.0;

/// A value and how far single precision may be from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounded {
    /// The value.
    pub value: f64,
    /// The bound.
    pub error: f64,
}

/// The last layer's outputs for `input`, `[C, H, W]`.
///
/// # Panics
/// If the network does not fit itself.
pub fn logits(net: &FloatNet, input: &[f32]) -> Vec<Bounded> {
    let exact = |&value: &f32| Bounded {
        value: value.into(),
        error: 0.0,
    };
    let mut tensors: Vec<Vec<Bounded>> = vec![input.iter().map(exact).collect()];
    for layer in &net.layers {
        let first = layer.inputs[0];
        let (x, from) = (&tensors[first], net.shape(first));
        let mut y: Vec<Bounded> = match &layer.op {
            FloatOp::Conv {
                window,
                groups,
                weights,
                bias,
                ..
            } => {
                let filters = Filters {
                    window: *window,
                    groups: *groups,
                    weights,
                    bias,
                };
                convolve(x, from, layer.shape, &filters)
            }
            FloatOp::Dense { weights, bias } => {
                let whole = Window {
                    kernel: [from[1], from[2]],
                    ..Window::POINT
                };
                let filters = Filters {
                    window: whole,
                    groups: 1,
                    weights,
                    bias,
                };
                convolve(x, from, layer.shape, &filters)
            }
            FloatOp::MaxPool(window) => max_pool(x, from, layer.shape, window),
            FloatOp::Elementwise(functions) => x.iter().map(|&x| applied(x, functions)).collect(),
            FloatOp::ValueAffine { factors, summands } => {
                let constants = factors.iter().zip(summands);
                let scaled = x.iter().zip(constants).map(|(x, (&factor, &summand))| {
                    let value = x.value * f64::from(factor) + f64::from(summand);
                    let rounding = 4.0 * UNIT * (value.abs() + f64::from(summand).abs());
                    Bounded {
                        value,
                        error: x.error * f64::from(factor).abs() + rounding,
                    }
                });
                scaled.collect()
            }
            FloatOp::Add | FloatOp::Mul => {
                let second = &tensors[layer.inputs[1]];
                let op_type = if layer.op == FloatOp::Add {
                    "Add"
                } else {
                    "Mul"
                };
                let pairs = x.iter().zip(second);
                pairs.map(|(&a, &b)| both(a, b, op_type)).collect()
            }
            FloatOp::DepthToSpace => in_blocks(x, from, layer.shape),
            FloatOp::Concat => layer
                .inputs
                .iter()
                .flat_map(|&tensor| tensors[tensor].iter().copied())
                .collect(),
        };
        if let Some(clamp) = &layer.clamp {
            for element in &mut y {
                element.value = element.value.clamp(clamp.low.into(), clamp.high.into());
            }
        }
        tensors.push(y);
    }
    tensors.pop().unwrap_or_default()
}

struct Filters<'a> {
    window: Window,
    groups: usize,
    weights: &'a [f32],
    bias: &'a [f32],
}

/// Calls `found` with tap, row and column of what lies on the map.
fn each_tap(
    window: &Window,
    [height, width]: [usize; 2],
    [i, j]: [usize; 2],
    mut found: impl FnMut(usize, usize, usize),
) {
    for a in 0..window.kernel[0] {
        for b in 0..window.kernel[1] {
            let row = (i * window.stride[0] + a * window.dilation[0])
                .checked_sub(window.pad_before[0])
                .filter(|&row| row < height);
            let column = (j * window.stride[1] + b * window.dilation[1])
                .checked_sub(window.pad_before[1])
                .filter(|&column| column < width);
            if let (Some(row), Some(column)) = (row, column) {
                found(a * window.kernel[1] + b, row, column);
            }
        }
    }
}

fn convolve(
    x: &[Bounded],
    [depth, height, width]: [usize; 3],
    to: [usize; 3],
    filters: &Filters<'_>,
) -> Vec<Bounded> {
    let window = &filters.window;
    let taps = window.kernel[0] * window.kernel[1];
    let group_depth = depth / filters.groups;
    let roundings = (taps * group_depth) as f64 + OTHER_ROUNDINGS;
    let mut output = Vec::new();
    for o in 0..to[0] {
        let group = o / (to[0] / filters.groups);
        for i in 0..to[1] {
            for j in 0..to[2] {
                let bias = f64::from(filters.bias[o]);
                let (mut value, mut magnitude, mut passed) = (bias, bias.abs(), 0.0);
                for c in 0..group_depth {
                    let map = (group * group_depth + c) * height;
                    let of_channel = &filters.weights[(o * group_depth + c) * taps..];
                    each_tap(window, [height, width], [i, j], |tap, row, column| {
                        let x = x[(map + row) * width + column];
                        let w = f64::from(of_channel[tap]);
                        value += w * x.value;
                        magnitude += (w * x.value).abs();
                        passed += w.abs() * x.error;
                    });
                }
                output.push(Bounded {
                    value,
                    error: passed + roundings * UNIT * (magnitude + passed),
                });
            }
        }
    }
    output
}

fn max_pool(
    x: &[Bounded],
    [_, height, width]: [usize; 3],
    to: [usize; 3],
    window: &Window,
) -> Vec<Bounded> {
    let mut output = Vec::new();
    for c in 0..to[0] {
        for i in 0..to[1] {
            for j in 0..to[2] {
                let mut greatest = Bounded {
                    value: f64::NEG_INFINITY,
                    error: 0.0,
                };
                each_tap(window, [height, width], [i, j], |_, row, column| {
                    let x = x[(c * height + row) * width + column];
                    greatest.value = greatest.value.max(x.value);
                    greatest.error = greatest.error.max(x.error);
                });
                output.push(greatest);
            }
        }
    }
    output
}

/// A list of functions, the later ones now and then of earlier values too.
fn applied(x: Bounded, functions: &[Elementwise]) -> Bounded {
    let mut values = vec![x];
    for function in functions {
        let last = values[values.len() - 1];
        let value = |operand: &Operand| match *operand {
            Operand::Before => last,
            Operand::Value(at) => values[at],
            Operand::Constant(_) => panic!("one number, and as the second operand, is drawn"),
        };
        values.push(match function.operands.as_slice() {
            [first, second @ (Operand::Before | Operand::Value(_))] => {
                both(value(first), value(second), &function.op_type)
            }
            _ => apply(last, function),
        });
    }
    values[values.len() - 1]
}

/// A sum or product of two values.
fn both(a: Bounded, b: Bounded, op_type: &str) -> Bounded {
    let (value, passed) = match op_type {
        "Add" => (a.value + b.value, a.error + b.error),
        "Mul" => (
            a.value * b.value,
            a.error * b.value.abs() + b.error * a.value.abs() + a.error * b.error,
        ),
        other => panic!("{other} is not drawn"),
    };
    Bounded {
        value,
        error: passed + 2.0 * UNIT * (value.abs() + a.value.abs() + b.value.abs()),
    }
}

/// One function, its definition in ONNX, and the greatest slope that it has.
fn apply(x: Bounded, function: &Elementwise) -> Bounded {
    let attribute = |name: &str| {
        let mut found = function.attributes.iter().filter(|(key, _)| key == name);
        f64::from(found.next().expect("the importer writes every attribute").1)
    };
    let constant = || f64::from(function.number().expect("a binary operator has a constant"));
    let v = x.value;
    let negative = |slope: f64| if v < 0.0 { slope * v } else { v };
    let (value, slope) = match function.op_type.as_str() {
        "Relu" => (v.max(0.0), 1.0),
        "Sigmoid" => (1.0 / (1.0 + (-v).exp()), 0.25),
        "Tanh" => (v.tanh(), 1.0),
        // The slope of x·(x/6 + ½) at its ends, ±3, is 1.5.
        "HardSwish" => (v * (v / 6.0 + 0.5).clamp(0.0, 1.0), 1.5),
        "Softplus" => (v.exp().ln_1p(), 1.0),
        "Softsign" => (v / (1.0 + v.abs()), 1.0),
        "Abs" => (v.abs(), 1.0),
        "Neg" => (-v, 1.0),
        "LeakyRelu" => (negative(attribute("alpha")), 1.0),
        "PRelu" => (negative(constant()), 1.0_f64.max(constant().abs())),
        "Elu" => {
            let alpha = attribute("alpha");
            let value = if v < 0.0 { alpha * v.exp_m1() } else { v };
            (value, alpha.max(1.0))
        }
        "HardSigmoid" => {
            let (alpha, beta) = (attribute("alpha"), attribute("beta"));
            ((alpha * v + beta).clamp(0.0, 1.0), alpha.abs())
        }
        "Clip" => (v.clamp(attribute("min"), attribute("max")), 1.0),
        "Add" => (v + constant(), 1.0),
        "Sub" => (v - constant(), 1.0),
        "Mul" => (v * constant(), constant().abs()),
        "Div" => (v / constant(), 1.0 / constant().abs()),
        other => panic!("{other} is not drawn"),
    };
    // Library functions in single precision are good to a few units; sums and
    // products with a constant round once, relative to their operands.
    let operands = v.abs() + value.abs() + function.number().map_or(1.0, |c| f64::from(c).abs());
    Bounded {
        value,
        error: slope * x.error + 8.0 * UNIT * operands,
    }
}
