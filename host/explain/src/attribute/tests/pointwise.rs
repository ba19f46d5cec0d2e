//! A 1×1 convolution is a convolution, however it is computed: relevance of a small
//! network against rules that are written out over plain matrices.

use super::networks::network;
use super::*;
use cortexscope_net::onnx::builder::{int, ints};

/// Pixels from 0 to 1.
const INPUT: [f32; 9] = [0.9, 0.1, 0.4, 0.7, 0.0, 0.3, 1.0, 0.6, 0.2];
/// Two 2×2 filters.
const FIRST: [f32; 8] = [0.8, -0.5, 0.3, -0.9, -0.6, 0.7, 0.4, 0.2];
const FIRST_BIAS: [f32; 2] = [0.5, 0.3];
/// By output channel, then by input channel.
const POINTWISE: [f32; 6] = [0.7, -0.6, 0.9, 0.4, -0.3, 0.8];
const POINTWISE_BIAS: [f32; 3] = [0.2, -0.1, 0.3];
/// By class, then by feature.
const CLASSES: [f32; 6] = [1.0, -0.8, 0.6, -0.5, 0.9, 0.4];
const CLASSES_BIAS: [f32; 2] = [0.05, -0.15];

/// `[1, 3, 3]` → a 2×2 convolution to two maps → a 1×1 convolution to three → means → two
/// classes, with rectifiers after the convolutions. `stride` is that of the 1×1
/// convolution.
fn pointwise(stride: usize) -> FloatModel {
    network([1, 3, 3], "y", |graph| {
        graph.f32s("w1", &[2, 1, 2, 2], &FIRST);
        graph.f32s("b1", &[2], &FIRST_BIAS);
        graph.f32s("w2", &[3, 2, 1, 1], &POINTWISE);
        graph.f32s("b2", &[3], &POINTWISE_BIAS);
        let classes: Vec<f32> = (0..6).map(|at| CLASSES[at % 2 * 3 + at / 2]).collect();
        graph.f32s("w3", &[3, 2], &classes);
        graph.f32s("b3", &[2], &CLASSES_BIAS);
        let first = vec![ints("kernel_shape", &[2, 2])];
        graph.node("Conv", &["x", "w1", "b1"], "first", first);
        graph.node("Relu", &["first"], "r1", Vec::new());
        let small = vec![
            ints("kernel_shape", &[1, 1]),
            ints("strides", &[stride, stride]),
        ];
        graph.node("Conv", &["r1", "w2", "b2"], "pointwise", small);
        graph.node("Relu", &["pointwise"], "r2", Vec::new());
        graph.node("GlobalAveragePool", &["r2"], "g", Vec::new());
        graph.node("Flatten", &["g"], "f", Vec::new());
        graph.node("Gemm", &["f", "w3", "b3"], "y", Vec::new());
    })
}

/// A layer as a matrix: by output, then by input; `None` where the window does not reach.
struct Matrix {
    weights: Vec<Vec<Option<f64>>>,
    biases: Vec<f64>,
}

impl Matrix {
    fn of(weights: Vec<Vec<Option<f64>>>, biases: impl Iterator<Item = f32>) -> Self {
        let biases = biases.map(f64::from).collect();
        Self { weights, biases }
    }

    fn run(&self, x: &[f64]) -> Vec<f64> {
        let dot = |row: &Vec<Option<f64>>| -> f64 {
            row.iter().zip(x).map(|(w, x)| w.unwrap_or(0.0) * x).sum()
        };
        let rows = self.weights.iter().zip(&self.biases);
        rows.map(|(row, bias)| dot(row) + bias).collect()
    }

    /// The relevance of the inputs `x` from that of the outputs, by the formulas of the
    /// rules, one output after the other.
    fn relevance(&self, x: &[f64], above: &[f64], rule: LrpRule) -> Vec<f64> {
        let mut below = vec![0.0; x.len()];
        for ((row, &bias), &relevance) in self.weights.iter().zip(&self.biases).zip(above) {
            let weights: Vec<f64> = row.iter().map(|w| w.unwrap_or(0.0)).collect();
            let z: Vec<f64> = weights.iter().zip(x).map(|(w, x)| w * x).collect();
            let mut spread = |parts: Vec<f64>, bias: f64, epsilon: f64, relevance: f64| {
                let sum = parts.iter().sum::<f64>() + bias;
                let sum = sum + epsilon * sum.signum();
                if sum != 0.0 {
                    for (to, part) in below.iter_mut().zip(parts) {
                        *to += part / sum * relevance;
                    }
                }
            };
            let plus = |z: &[f64]| z.iter().map(|z| z.max(0.0)).collect::<Vec<_>>();
            match rule {
                LrpRule::Epsilon(epsilon) => spread(z, bias, f64::from(epsilon), relevance),
                LrpRule::ZPlus => spread(plus(&z), bias.max(0.0), 0.0, relevance),
                LrpRule::AlphaBeta { alpha, beta } => {
                    let [alpha, beta] = [alpha, beta].map(f64::from);
                    let minus = z.iter().map(|z| z.min(0.0)).collect();
                    spread(plus(&z), bias.max(0.0), 0.0, alpha * relevance);
                    spread(minus, bias.min(0.0), 0.0, -beta * relevance);
                }
                LrpRule::Gamma(gamma) => {
                    let favoured = |w: f64| w + f64::from(gamma) * w.max(0.0);
                    let z = weights.iter().zip(x).map(|(&w, x)| favoured(w) * x);
                    spread(z.collect(), favoured(bias), 0.0, relevance);
                }
                // Pixels go from 0 to 1: x w − 0 w⁺ − 1 w⁻.
                LrpRule::ZBox => {
                    let z = weights.iter().zip(x).map(|(w, x)| w * x - w.min(0.0));
                    spread(z.collect(), 0.0, 0.0, relevance);
                }
                LrpRule::Flat => {
                    let ones = row.iter().map(|w| f64::from(u8::from(w.is_some())));
                    spread(ones.collect(), 0.0, 0.0, relevance);
                }
            }
        }
        below
    }
}

/// The four linear layers of [`pointwise`].
fn matrices(stride: usize) -> [Matrix; 4] {
    let w = |value: f32| Some(f64::from(value));
    // Output (map, row, column) of 2×2×2, input (row, column) of 3×3.
    let first = (0..8).map(|out| {
        let [map, top, left] = [out / 4, out / 2 % 2, out % 2];
        let mut row = vec![None; 9];
        for tap in 0..4 {
            row[(top + tap / 2) * 3 + left + tap % 2] = w(FIRST[map * 4 + tap]);
        }
        row
    });
    let first_bias = (0..8).map(|out| FIRST_BIAS[out / 4]);
    let side = 2_usize.div_ceil(stride);
    let cells = side * side;
    let small = (0..3 * cells).map(|out| {
        let [map, at] = [out / cells, out % cells];
        let from = at / side * stride * 2 + at % side * stride;
        let mut row = vec![None; 8];
        for channel in 0..2 {
            row[channel * 4 + from] = w(POINTWISE[map * 2 + channel]);
        }
        row
    });
    let small_bias = (0..3 * cells).map(|out| POINTWISE_BIAS[out / cells]);
    let mean = (0..3).map(|map| {
        let here = |at: usize| (at / cells == map).then_some(1.0 / cells as f64);
        (0..3 * cells).map(here).collect()
    });
    let dense = (0..2).map(|class| (0..3).map(|at| w(CLASSES[class * 3 + at])).collect());
    [
        Matrix::of(first.collect(), first_bias),
        Matrix::of(small.collect(), small_bias),
        Matrix::of(mean.collect(), [0.0; 3].into_iter()),
        Matrix::of(dense.collect(), CLASSES_BIAS.into_iter()),
    ]
}

/// The input's relevance for class 0 with a rule for each of the four layers.
fn by_hand(stride: usize, rules: [LrpRule; 4]) -> Vec<f32> {
    let [first, small, mean, dense] = matrices(stride);
    let rectified = |z: Vec<f64>| z.into_iter().map(|z| z.max(0.0)).collect::<Vec<_>>();
    let x = INPUT.map(f64::from).to_vec();
    let a = rectified(first.run(&x));
    let b = rectified(small.run(&a));
    let g = mean.run(&b);
    let mut relevance = vec![dense.run(&g)[0], 0.0];
    let layers = [(first, x), (small, a), (mean, b), (dense, g)];
    for ((layer, values), rule) in layers.iter().zip(rules).rev() {
        relevance = layer.relevance(values, &relevance, rule);
    }
    relevance.iter().map(|&value| value as f32).collect()
}

const EPSILON: LrpRule = LrpRule::Epsilon(1e-6);
const GAMMA: LrpRule = LrpRule::Gamma(0.5);
const ALPHA_BETA: LrpRule = LrpRule::AlphaBeta {
    alpha: 2.0,
    beta: 1.0,
};

#[test]
fn a_pointwise_convolution_has_the_rule_of_convolutions() {
    for (kind, first, conv) in [
        (CompositeKind::EpsilonPlus, LrpRule::ZPlus, LrpRule::ZPlus),
        (
            CompositeKind::EpsilonPlusFlat,
            LrpRule::Flat,
            LrpRule::ZPlus,
        ),
        (CompositeKind::EpsilonAlpha2Beta1, ALPHA_BETA, ALPHA_BETA),
        (CompositeKind::EpsilonGammaBox, LrpRule::ZBox, GAMMA),
    ] {
        for stride in [1, 2] {
            let model = pointwise(stride);
            let composite = Composite::of(kind, EPSILON, 1e-6, 0.5);
            let found = run(&model, &INPUT, "class:0", lrp_epsilon(composite));
            let rules = [first, conv, EPSILON, EPSILON];
            near(&found.values, &by_hand(stride, rules));
            // With the dense layers' rule the map is another.
            let dense = by_hand(stride, [first, EPSILON, EPSILON, EPSILON]);
            let differs = found.values.iter().zip(&dense);
            assert!(differs.into_iter().any(|(a, b)| (a - b).abs() > 1e-3));
            // A mean over one position is nothing to propagate through.
            let applied: Vec<[&str; 3]> = found
                .rules
                .iter()
                .filter(|one| one.operator != "GlobalAveragePool")
                .map(|one| [&*one.layer, &*one.operator, &*one.rule])
                .collect();
            let [first, conv] = [first, conv].map(|rule| rule.to_string());
            let want = [
                ["y", "Gemm", "epsilon=0.000001"],
                ["pointwise", "Conv", &*conv],
                ["first", "Conv", &*first],
            ];
            assert_eq!(applied, want);
        }
    }
}

#[test]
fn exceptions_and_first_layers_are_those_of_the_file() {
    let model = pointwise(1);
    let mut composite = Composite::of(CompositeKind::EpsilonPlus, EPSILON, 1e-6, 0.5);
    composite.layers.push(("pointwise".to_owned(), GAMMA));
    let found = run(&model, &INPUT, "class:0", lrp_epsilon(composite));
    let rules = [LrpRule::ZPlus, GAMMA, EPSILON, EPSILON];
    near(&found.values, &by_hand(1, rules));
    // A pointwise convolution that reads the input is the first layer.
    let composite = Composite::of(CompositeKind::EpsilonPlusFlat, EPSILON, 1e-6, 0.5);
    let found = run(&maps(), &MAPS_INPUT, "class:0", lrp_epsilon(composite));
    let first = found.rules.last().expect("a rule");
    assert_eq!([&*first.layer, &*first.rule], ["c", "flat"]);
}

#[test]
fn a_folded_batch_normalisation_is_one_layer_with_its_convolution() {
    let model = network([1, 2, 2], "y", |graph| {
        graph.f32s("w", &[2, 1, 2, 2], &FIRST);
        for (name, values) in [
            ("scale", [2.0, 0.5]),
            ("shift", [0.1, -0.2]),
            ("mean", [0.3, 0.1]),
            ("var", [1.0, 4.0]),
        ] {
            graph.f32s(name, &[2], &values);
        }
        let window = vec![ints("kernel_shape", &[2, 2])];
        graph.node("Conv", &["x", "w"], "c", window);
        let parameters = ["c", "scale", "shift", "mean", "var"];
        graph.node("BatchNormalization", &parameters, "n", Vec::new());
        graph.node("Relu", &["n"], "r", Vec::new());
        graph.node("Flatten", &["r"], "y", Vec::new());
    });
    let input = [0.9, 0.2, 0.4, 0.1];
    let rules = |exception: Option<&str>| {
        let mut composite = Composite::of(CompositeKind::EpsilonPlus, EPSILON, 1e-6, 0.5);
        composite
            .layers
            .extend(exception.map(|name| (name.to_owned(), LrpRule::Flat)));
        let found = run(&model, &input, "class:0", lrp_epsilon(composite));
        let last = found.rules.last().expect("a rule").clone();
        [last.layer, last.operator, last.rule]
    };
    let whole = ["c+n", "Conv+BatchNormalization", "zplus"];
    assert_eq!(rules(None), whole);
    // Also under the name of the convolution, whose own value nothing reads any more.
    for name in ["c", "n"] {
        assert_eq!(rules(Some(name))[2], "flat", "{name}");
    }
}

/// A dense layer over the channels at each place is computed as a convolution, and stays what
/// the user wrote.
#[test]
fn a_dense_layer_at_each_place_has_the_rule_of_dense_layers() {
    let model = network([3, 2, 4], "y", |graph| {
        graph.f32s("w", &[3, 2], &[1.0, -0.5, 0.5, 2.0, -1.0, 0.25]);
        let last = vec![ints("perm", &[0, 2, 3, 1])];
        graph.node("Transpose", &["x"], "t", last);
        graph.node("MatMul", &["t", "w"], "m", Vec::new());
        let first = vec![ints("perm", &[0, 3, 1, 2])];
        graph.node("Transpose", &["m"], "u", first);
        graph.node("Relu", &["u"], "r", Vec::new());
        let sides = vec![ints("axes", &[2, 3]), int("keepdims", 0)];
        graph.node("ReduceMean", &["r"], "y", sides);
    });
    let operator = |name: &str| {
        model
            .layer(model.find(name).expect("a layer"))
            .operator
            .clone()
    };
    assert_eq!([operator("m"), operator("y")], ["MatMul", "ReduceMean"]);
    let composite = Composite::of(CompositeKind::EpsilonPlus, EPSILON, 1e-6, 0.5);
    let input: Vec<f32> = (0..24_u8).map(|at| f32::from(at) / 24.0).collect();
    let found = run(&model, &input, "class:0", lrp_epsilon(composite));
    let first = found.rules.last().expect("a rule");
    assert_eq!(
        [&*first.layer, &*first.operator, &*first.rule],
        ["m", "MatMul", "epsilon=0.000001"]
    );
}
