//! Against sums in `f64`, as close as the bound that the transforms' matrices give.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

use super::{ConvGeometry, Scratch, Winograd, turned_round};

/// `Bᵀ` of Lavin and Gray's F(4 × 4, 3 × 3); its points are those of the other sizes.
const B: [[f64; 6]; 6] = [
    [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
    [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
    [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
    [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
    [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
    [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
];

const POINTS: [f64; 5] = [0.0, 1.0, -1.0, 2.0, -2.0];

/// `G`, one row for each point: its powers, over the product of its distances from the
/// others; then ∞.
fn g(side: usize) -> Vec<Vec<f64>> {
    let row = |point: f64| {
        let others = POINTS.iter().filter(|&&other| other != point);
        let distances: f64 = others.map(|other| point - other).product();
        let powers = (0..side).map(|k| point.powi(k as i32) / distances);
        powers.collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<f64>> = POINTS.into_iter().map(row).collect();
    rows.push(
        (0..side)
            .map(|k| f64::from(u8::from(k + 1 == side)))
            .collect(),
    );
    rows
}

/// `Aᵀ`, one row for each output: that power of each point; ∞ gives to the last.
fn a(outputs: usize) -> Vec<Vec<f64>> {
    let row = |power: usize| {
        let finite = POINTS.iter().map(|point| point.powi(power as i32));
        let infinite = f64::from(u8::from(power + 1 == outputs));
        finite.chain([infinite]).collect()
    };
    (0..outputs).map(row).collect()
}

/// `Σ |a_i m_ij b_j|`.
fn absolute(a: &[f64], b: &[f64], m: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            sum += (a * m(i, j) * b).abs();
        }
    }
    sum
}

fn numbers(count: usize, step: usize) -> Vec<f32> {
    let number = |i: usize| ((i * step) % 211) as f32 / 211.0 - 0.5;
    (0..count).map(number).collect()
}

struct Case {
    geometry: ConvGeometry,
    batch: usize,
    input: Vec<f32>,
    /// `[G · O, I, R, R]`.
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Case {
    fn value(&self, plane: usize, y: usize, x: usize) -> f64 {
        let [height, width] = self.geometry.input;
        let [above, left] = self.geometry.before;
        let inside = (above..above + height).contains(&y) && (left..left + width).contains(&x);
        if inside {
            f64::from(self.input[(plane * height + y - above) * width + x - left])
        } else {
            0.0
        }
    }

    /// The sum at one output, and the bound of what rounding makes of it.
    ///
    /// `Aᵀ[Σ (G w Gᵀ) ⊙ (Bᵀ d B)]A` is a sum of products. Each passes through at most
    /// 3 roundings in either direction of `Bᵀ`, 1 of the stored kernel, `I` of the sum
    /// over the channels, 4 in either direction of `Aᵀ` and 1 of the bias. So the result
    /// is off by at most `γ(I + 16)`, where `γ(n) = n u / (1 − n u)` and `u = 2⁻²⁴`, times
    /// the same expression with absolute values everywhere (Higham, "Accuracy and
    /// Stability of Numerical Algorithms", 2nd ed., on inner products and matrix products).
    fn expected(&self, image: usize, channel: usize, y: usize, x: usize) -> (f64, f64) {
        let ConvGeometry {
            inputs,
            outputs,
            groups,
            kernel: [side, _],
            ..
        } = self.geometry;
        let of = 7 - side;
        let (a, g) = (a(of), g(side));
        let first = (image * groups + channel / outputs) * inputs;
        let bias = f64::from(self.bias[channel % self.bias.len()]);
        let (mut sum, mut all) = (bias, bias.abs());
        let (top, left) = (y / of * of, x / of * of);
        for input in 0..inputs {
            let weights = &self.kernel[(channel * inputs + input) * side * side..];
            for dy in 0..side {
                for dx in 0..side {
                    let weight = f64::from(weights[dy * side + dx]);
                    sum += weight * self.value(first + input, y + dy, x + dx);
                }
            }
            let tap = |dy: usize, dx: usize| f64::from(weights[dy * side + dx]);
            let value = |i: usize, j: usize| self.value(first + input, top + i, left + j);
            for ((down, g_down), factor) in B.iter().zip(&g).zip(&a[y - top]) {
                for ((across, g_across), other) in B.iter().zip(&g).zip(&a[x - left]) {
                    let w = absolute(g_down, g_across, tap);
                    let d = absolute(down, across, value);
                    all += (factor * other).abs() * w * d;
                }
            }
        }
        let roundings = (inputs + 16) as f64 * f64::from(f32::EPSILON) / 2.0;
        (sum, roundings / (1.0 - roundings) * all)
    }

    /// Every output that is looked at lies within its bound.
    fn check(&self, output: &Tensor) {
        let geometry = &self.geometry;
        let [height, width] = geometry.output;
        let channels = geometry.groups * geometry.outputs;
        assert_eq!(output.len(), self.batch * channels * height * width);
        let output = output.to_plain_array_view::<f32>().unwrap();
        for (at, &have) in output.iter().enumerate() {
            let (plane, y, x) = (at / (height * width), at / width % height, at % width);
            // All outputs of a corner, and some of the rest.
            if at % 13 != 0 && (y > 6 || x > 6) {
                continue;
            }
            let (want, bound) = self.expected(plane / channels, plane % channels, y, x);
            let off = (f64::from(have) - want).abs();
            assert!(
                off <= bound,
                "{geometry:?} {at}: {have}, not {want} ± {bound}"
            );
        }
    }
}

fn geometry(kernel: usize, groups: usize, input: [usize; 2], before: [usize; 2]) -> ConvGeometry {
    // One row and two columns of padding after the input.
    let output = [
        input[0] + before[0] + 2 - kernel,
        input[1] + before[1] + 3 - kernel,
    ];
    ConvGeometry {
        input,
        output,
        kernel: [kernel; 2],
        strides: [1; 2],
        dilations: [1; 2],
        before,
        groups,
        inputs: 5,
        outputs: 3,
        has_batch: true,
    }
}

fn run(own: &Winograd, kernel: &Tensor, case: &Case) -> Tensor {
    let geometry = &case.geometry;
    let [height, width] = geometry.input;
    let shape = [case.batch, geometry.groups * geometry.inputs, height, width];
    let inputs = tvec![
        Tensor::from_shape(&shape, &case.input).unwrap().into(),
        kernel.clone().into(),
        tensor1(&case.bias).into(),
    ];
    let context = EvalContext::out_of_plan();
    own.eval(&context, inputs).unwrap().remove(0).into_tensor()
}

fn case(geometry: ConvGeometry, bias: Vec<f32>) -> Case {
    let planes = 2 * geometry.groups * geometry.inputs;
    let weights = geometry.groups * geometry.outputs * geometry.taps();
    Case {
        geometry,
        batch: 2,
        input: numbers(planes * geometry.input_plane(), 71),
        kernel: numbers(weights, 37),
        bias,
    }
}

#[test]
fn a_convolution_is_as_close_as_derived() {
    for kernel in 2..6 {
        for (groups, input, before) in [
            (1, [9, 14], [0, 1]),
            (2, [13, 8], [1, 0]),
            // More than one strip, and more threads than channels for each.
            (1, [40, 61], [kernel, 2]),
        ] {
            let geometry = geometry(kernel, groups, input, before);
            let bias = if groups == 1 {
                vec![0.25]
            } else {
                numbers(6, 5)
            };
            let case = case(geometry, bias);
            for threads in [1, 4] {
                let scratch = Scratch::new(threads);
                let own = Winograd { geometry, scratch };
                let shape = [groups * 3, 5, kernel, kernel];
                let weights = Tensor::from_shape(&shape, &case.kernel).unwrap();
                let transformed = own.transformed(&weights).unwrap();
                case.check(&run(&own, &transformed, &case));
            }
        }
    }
}

/// So many strips that each thread takes whole ones.
#[test]
fn strips_that_threads_share_are_as_close() {
    let geometry = geometry(3, 1, [130, 133], [1, 0]);
    let case = case(geometry, vec![0.25]);
    let outputs = [1, 2].map(|threads| {
        let scratch = Scratch::new(threads);
        assert_eq!(scratch.threads(geometry.multiplications()), threads);
        let own = Winograd { geometry, scratch };
        let weights = Tensor::from_shape(&[3, 5, 3, 3], &case.kernel).unwrap();
        let output = run(&own, &own.transformed(&weights).unwrap(), &case);
        case.check(&output);
        output
    });
    assert!(outputs[0] == outputs[1]);
}

/// The derivative is the convolution of what arrived with the kernels turned round, which
/// is written here as a kernel of its own.
#[test]
fn the_way_back_turns_kernels_round() {
    for kernel in 2..6 {
        for groups in [1, 2] {
            let forward = geometry(kernel, groups, [11, 9], [1, 0]);
            let back = turned_round(forward).unwrap();
            assert_eq!((back.inputs, back.outputs), (3, 5));
            assert_eq!((back.input, back.output), (forward.output, forward.input));
            assert_eq!(back.before, [kernel - 2, kernel - 1]);
            let weights = numbers(groups * 3 * 5 * kernel * kernel, 37);
            let mut case = case(back, vec![0.0]);
            let taps = kernel * kernel;
            for group in 0..groups {
                for (output, input) in (0..3).flat_map(|o| (0..5).map(move |i| (o, i))) {
                    for tap in 0..taps {
                        let from = ((group * 3 + output) * 5 + input) * taps + tap;
                        let to = ((group * 5 + input) * 3 + output) * taps + taps - 1 - tap;
                        case.kernel[to] = weights[from];
                    }
                }
            }
            let own = Winograd {
                geometry: back,
                scratch: Scratch::new(1),
            };
            let shape = [groups * 3, 5, kernel, kernel];
            let weights = Tensor::from_shape(&shape, &weights).unwrap();
            let transformed = own.transformed_back(&weights).unwrap();
            case.check(&run(&own, &transformed, &case));
        }
    }
}

#[test]
fn only_large_convolutions_with_steps_of_one_are_taken() {
    let scratch = Scratch::new(1);
    let large = ConvGeometry {
        inputs: 64,
        outputs: 64,
        ..geometry(3, 1, [28, 28], [1, 1])
    };
    assert!(Winograd::if_worth(large, &scratch).is_some());
    assert!(Winograd::back_if_worth(large, &scratch).is_some());
    let others = [
        ConvGeometry { inputs: 3, ..large },
        ConvGeometry {
            strides: [1, 2],
            ..large
        },
        ConvGeometry {
            dilations: [2, 1],
            ..large
        },
        ConvGeometry {
            kernel: [3, 2],
            ..large
        },
        ConvGeometry {
            kernel: [3, 5],
            ..large
        },
        ConvGeometry {
            kernel: [1, 1],
            ..large
        },
        ConvGeometry {
            kernel: [6, 6],
            ..large
        },
        ConvGeometry {
            output: [2, 2],
            ..large
        },
        ConvGeometry {
            input: [0, 0],
            ..large
        },
    ];
    for other in others {
        assert!(Winograd::if_worth(other, &scratch).is_none(), "{other:?}");
    }
    // Padding that no window lies within leads back to nothing.
    let far = ConvGeometry {
        before: [3, 0],
        ..large
    };
    assert!(Winograd::if_worth(far, &scratch).is_some());
    assert!(Winograd::back_if_worth(far, &scratch).is_none());
}
