//! Straight-through gradients of small int8 networks, worked out by hand and held against
//! float networks.

use tract_onnx::pb::tensor_proto::DataType;

use super::*;
use crate::attribute::tests::networks::network;
use crate::attribute::{Gradient, Method, Request, explain};
use crate::target::{Aim, ClassValue};
use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};
use cortexscope_net::random::Random;
use std::ops::ControlFlow;

/// A rectified layer of `[H, I]` weights and a layer of `[O, H]` in int8.
struct Two {
    /// Of the input.
    input: Affine,
    first: Vec<Vec<i8>>,
    first_scales: Vec<f32>,
    first_bias: Vec<i32>,
    hidden_scale: f32,
    second: Vec<Vec<i8>>,
    second_scales: Vec<f32>,
    second_bias: Vec<i32>,
}

impl Two {
    /// The file, as `compile` writes it: input `[1, 1, I]`.
    fn onnx(&self) -> Vec<u8> {
        let [inputs, hidden, classes] = self.sizes();
        let mut graph = GraphBuilder::new("two");
        let sizes = [1, 1, 1, inputs].map(Size::Fixed);
        graph.input("x", DataType::Int8, &sizes);
        graph.f32s("x.scale", &[], &[self.input.scale]);
        graph.i8s("x.zero", &[], &[self.input.zero]);
        graph.i8s("w1", &[hidden, 1, 1, inputs], &self.first.concat());
        graph.f32s("w1.scale", &[hidden], &self.first_scales);
        graph.i8s("w1.zero", &[hidden], &vec![0; hidden]);
        graph.f32s("h.scale", &[], &[self.hidden_scale]);
        graph.i8s("h.zero", &[], &[-128]);
        graph.i32s("b1", &[hidden], &self.first_bias);
        let operands = [
            "x", "x.scale", "x.zero", "w1", "w1.scale", "w1.zero", "h.scale", "h.zero", "b1",
        ];
        graph.node("QLinearConv", &operands, "z", kernel([1, inputs]));
        graph.i8s("w2", &[classes, hidden, 1, 1], &self.second.concat());
        graph.i32s("b2", &[1, classes, 1, 1], &self.second_bias);
        let steps = self.second_scales.iter();
        let steps: Vec<f32> = steps.map(|scale| scale * self.hidden_scale).collect();
        graph.f32s("w2.scale", &[classes], &steps);
        graph.node("ConvInteger", &["z", "w2", "h.zero"], "p", kernel([1, 1]));
        graph.node("Add", &["p", "b2"], "s", Vec::new());
        graph.node("DequantizeLinear", &["s", "w2.scale"], "m", Vec::new());
        graph.node("Flatten", &["m"], "y", Vec::new());
        graph.output("y", DataType::Float, &[]);
        graph.emit(13)
    }

    fn sizes(&self) -> [usize; 3] {
        let [hidden, classes] = [&self.first, &self.second].map(Vec::len);
        [self.first[0].len(), hidden, classes]
    }

    /// The float network of these weights.
    fn float(&self, first: &[Vec<f32>], second: &[Vec<f32>]) -> FloatModel {
        let [inputs, hidden, classes] = self.sizes();
        network([1, 1, inputs], "y", |graph| {
            graph.f32s("v1", &[hidden, 1, 1, inputs], &first.concat());
            graph.f32s("v2", &[classes, hidden, 1, 1], &second.concat());
            graph.node("Conv", &["x", "v1"], "z", kernel([1, inputs]));
            graph.node("Relu", &["z"], "a", Vec::new());
            graph.node("Conv", &["a", "v2"], "m", kernel([1, 1]));
            graph.node("Flatten", &["m"], "y", Vec::new());
        })
    }

    fn dequantised(weights: &[Vec<i8>], scales: &[f32]) -> Vec<Vec<f32>> {
        let rows = weights.iter().zip(scales);
        rows.map(|(row, scale)| row.iter().map(|&w| f32::from(w) * scale).collect())
            .collect()
    }

    fn model(&self) -> FloatModel {
        let first = Self::dequantised(&self.first, &self.first_scales);
        let second = Self::dequantised(&self.second, &self.second_scales);
        let float = self.float(&first, &second);
        let int8 = float.straight_through(&self.onnx(), self.input);
        int8.expect("it is the int8 network of that model")
    }
}

fn kernel(size: [usize; 2]) -> Vec<tract_onnx::pb::AttributeProto> {
    vec![ints("kernel_shape", &size)]
}

/// The score of a class and its derivative.
fn gradient(model: &FloatModel, input: &[f32], class: usize) -> (f64, Vec<f32>) {
    let logits = model.logits().expect("it has classes");
    let aim = Aim::class(model, logits, class, ClassValue::Logit);
    let method: Method = Gradient.into();
    let request = Request {
        input,
        aim: &aim,
        method: &method,
    };
    let found = explain(model, request, &mut |_, _| ControlFlow::Continue(()));
    let found = found.expect("it is differentiated");
    (found.score, found.values)
}

fn by_hand() -> Two {
    Two {
        input: Affine {
            scale: 0.5,
            zero: 0,
        },
        first: vec![vec![2, 1], vec![-1, 3]],
        first_scales: vec![0.25, 0.5],
        first_bias: vec![3, -4],
        hidden_scale: 0.5,
        second: vec![vec![1, 2], vec![-3, 1]],
        second_scales: vec![0.5, 0.25],
        second_bias: vec![1, 2],
    }
}

fn close(have: &[f32], want: &[f32]) {
    assert_eq!(have.len(), want.len());
    for (have, want) in have.iter().zip(want) {
        assert!((have - want).abs() <= 1e-6 * want.abs(), "{have} {want}");
    }
}

/// x = (1, 0.6) is (2, 1) in steps. The sums are 2·2 + 1 + 3 = 8 and −2 + 3 − 4 = −3; in
/// steps of the hidden layer 8 · 0.5 · 0.25 / 0.5 = 2 and −3 · 0.5 · 0.5 / 0.5 = −1½, which
/// saturates at 0. The classes have 2·1 + 1 = 3 and 2·(−3) + 2 = −4, times 0.5·0.5 and
/// 0.25·0.5. Only the first unit passes: its weights are (0.5, 0.25), the classes' 0.5 and
/// −0.75.
#[test]
fn a_network_worked_out_by_hand() {
    let model = by_hand().model();
    assert!(model.is_straight_through());
    let (score, slopes) = gradient(&model, &[1.0, 0.6], 0);
    assert_eq!(score, 0.75);
    close(&slopes, &[0.25, 0.125]);
    let (score, slopes) = gradient(&model, &[1.0, 0.6], 1);
    assert_eq!(score, -0.5);
    close(&slopes, &[-0.375, -0.1875]);
    let hidden = model.find("a").expect("the rectifier has its name");
    let sums = model.find("z").expect("and the sums that of the layer");
    let values = model.activations(&[sums, hidden], &[1.0, 0.6]);
    let values = values.expect("it runs");
    // The bias is added where the sum is rescaled.
    assert_eq!(values, [vec![5.0, 1.0], vec![1.0, 0.0]]);
}

/// An input beyond the last step has the derivative 0; the other has its own.
#[test]
fn a_saturated_input_passes_nothing() {
    let model = by_hand().model();
    let (_, slopes) = gradient(&model, &[63.5, 0.6], 0);
    close(&slopes, &[0.25, 0.125]);
    let (_, slopes) = gradient(&model, &[63.6, 0.6], 0);
    close(&slopes, &[0.0, 0.125]);
    let (_, slopes) = gradient(&model, &[1.0, -64.1], 1);
    assert_eq!(slopes[1], 0.0);
}

/// Weights in ever finer steps: at each the derivative is that of the float network, but for
/// the error that half a step of each weight makes.
#[test]
fn in_the_limit_of_fine_steps_it_is_the_float_networks_gradient() {
    let mut random = Random::new(5);
    let mut numbers = |rows: usize, columns: usize| -> Vec<Vec<f32>> {
        let row = |_| {
            (0..columns)
                .map(|_| random.uniform() as f32 - 0.3)
                .collect()
        };
        (0..rows).map(row).collect()
    };
    let (first, second) = (numbers(6, 5), numbers(3, 6));
    let input: Vec<f32> = numbers(1, 5).concat().iter().map(|x| x.abs()).collect();
    let greatest = |weights: &[Vec<f32>]| {
        let all = weights.iter().flatten();
        all.fold(0.0_f32, |most, weight| most.max(weight.abs()))
    };
    let quantise = |weights: &[Vec<f32>], scale: f32| -> Vec<Vec<i8>> {
        let rows = weights.iter();
        rows.map(|row| row.iter().map(|w| (w / scale).round() as i8).collect())
            .collect()
    };
    let mut errors = Vec::new();
    for levels in [7.0, 15.0, 31.0, 63.0, 127.0] {
        let [s1, s2] = [greatest(&first) / levels, greatest(&second) / levels];
        let two = Two {
            input: Affine {
                scale: 1.0 / 127.0,
                zero: 0,
            },
            first: quantise(&first, s1),
            first_scales: vec![s1; 6],
            first_bias: vec![0; 6],
            hidden_scale: 4.0 / 255.0,
            second: quantise(&second, s2),
            second_scales: vec![s2; 3],
            second_bias: vec![0; 3],
        };
        let float = two.float(&first, &second);
        let int8 = two.model();
        let mut worst = 0.0_f32;
        for (class, weights) in second.iter().enumerate() {
            let ((_, exact), (_, through)) = (
                gradient(&float, &input, class),
                gradient(&int8, &input, class),
            );
            for (at, (exact, through)) in exact.iter().zip(&through).enumerate() {
                // Σ |a·b − a′·b′| with |a − a′| ≤ s₁/2 and |b − b′| ≤ s₂/2, over all units.
                let bound = (0..6).map(|unit| {
                    let (a, b) = (first[unit][at].abs(), weights[unit].abs());
                    a * s2 / 2.0 + b * s1 / 2.0 + s1 * s2 / 4.0
                });
                let bound: f32 = bound.sum();
                let error = (exact - through).abs();
                assert!(error <= bound + 1e-6, "{levels}: {error} > {bound}");
                worst = worst.max(error);
            }
        }
        errors.push(worst);
    }
    assert!(errors[4] < errors[0] / 6.0, "{errors:?}");
}

/// More channels than fit a sum of `f32`: the parts are exact, and add up to what integers
/// give.
#[test]
fn sums_beyond_two_to_the_24_are_exact() {
    let units = 1_200;
    let two = Two {
        input: Affine {
            scale: 1.0,
            zero: -128,
        },
        first: vec![vec![127]; units],
        first_scales: vec![1.0; units],
        first_bias: vec![0; units],
        hidden_scale: 127.0,
        second: vec![(0..units).map(|at| 127 - (at % 3) as i8).collect()],
        second_scales: vec![1.0],
        second_bias: vec![1],
    };
    let (score, _) = gradient(&two.model(), &[255.0], 0);
    let sum: i64 = (0..units as i64)
        .map(|at| 255 * (127 - at % 3))
        .sum::<i64>()
        + 1;
    assert!(sum > 1 << 24);
    assert_eq!(score, f64::from((sum as f32) * 127.0));
}

#[test]
fn another_file_is_refused() {
    let two = by_hand();
    let float = two.model();
    let mut onnx = GraphBuilder::new("other");
    onnx.input("x", DataType::Int8, &[1, 1, 1, 2].map(Size::Fixed));
    onnx.node("QLinearConv", &["x"], "y", Vec::new());
    onnx.output("y", DataType::Float, &[]);
    let refused = float.straight_through(&onnx.emit(13), two.input);
    let words = refused.expect_err("operands are missing").to_string();
    assert!(
        words.contains("y: an operand is missing") && words.contains("compile"),
        "{words}"
    );
}

/// A product or a sum of two activations comes as steps times factors: x = (1, 0.6) is (2, 1)
/// in steps, twice that times ¼ is (1, ½), of which the int8 is (1, 0). The class has
/// (3·1 + 1) · ½, and its derivative is (3, 5) · ½ · ¼ · 2 / 0.5.
#[test]
fn sums_of_two_activations_are_in_steps() {
    let two = by_hand();
    let mut graph = GraphBuilder::new("sum");
    graph.input("x", DataType::Int8, &[1, 1, 1, 2].map(Size::Fixed));
    for (name, value) in [("one", 1.0), ("quarter", 0.25)] {
        graph.f32s(name, &[], &[value]);
    }
    graph.i8s("zero", &[], &[0]);
    graph.node("DequantizeLinear", &["x", "one", "zero"], "s.a", Vec::new());
    graph.node("DequantizeLinear", &["x", "one", "zero"], "s.b", Vec::new());
    graph.node("Add", &["s.a", "s.b"], "s.sum", Vec::new());
    graph.node("Mul", &["s.sum", "quarter"], "s.steps", Vec::new());
    graph.node(
        "QuantizeLinear",
        &["s.steps", "one", "zero"],
        "s",
        Vec::new(),
    );
    graph.i8s("w", &[1, 1, 1, 2], &[3, 5]);
    graph.i32s("b", &[1, 1, 1, 1], &[1]);
    graph.f32s("half", &[1], &[0.5]);
    graph.node("ConvInteger", &["s", "w", "zero"], "p", kernel([1, 2]));
    graph.node("Add", &["p", "b"], "q", Vec::new());
    graph.node("DequantizeLinear", &["q", "half"], "m", Vec::new());
    graph.node("Flatten", &["m"], "y", Vec::new());
    graph.output("y", DataType::Float, &[]);
    let model = two.model().straight_through(&graph.emit(13), two.input);
    let (score, slopes) = gradient(&model.expect("it is rewritten"), &[1.0, 0.6], 0);
    assert_eq!(score, 2.0);
    close(&slopes, &[1.5, 2.5]);
}
