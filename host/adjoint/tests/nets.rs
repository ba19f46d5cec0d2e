//! Whole nets against central differences in `f64`: shipped ones, those of the outside
//! data, and random ones.

use std::path::{Path, PathBuf};

use crate::reference::check::{check, check_at, random};
use proptest::prelude::*;
use tract_adjoint::{Adjoint, Objective, Rule, Rules, Target, load_onnx};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::{Pad, PadMode, Slice, TypedConcat};
use tract_onnx::tract_core::ops::cnn::{
    Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec, SumPool,
};
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{
    DataFormat, Reduce, Reducer, Softmax, SoftmaxKind, leaky_relu, sigmoid,
};
use tract_onnx_opl::lrn::Lrn;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn check_file(file: &Path) {
    let model = load_onnx(file, &[]).unwrap();
    let input = model.inputs[0];
    let shape = model
        .outlet_fact(input)
        .unwrap()
        .shape
        .as_concrete()
        .unwrap()
        .to_vec();
    // Some of these nets want pixels up to 255: a small step is small for them too.
    let x = random(&shape, 5);
    check_at(&model, &[input], &[x], &file.display().to_string());
}

#[test]
fn shipped_nets() {
    for name in ["lecture-lenet/lecture-lenet.onnx", "lenet5/lenet5.onnx"] {
        check_file(&models().join(name));
    }
}

#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn nets_of_others() {
    let data = std::env::var_os("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
    for name in ["caffe_lenet.onnx", "winml-mnist.onnx"] {
        check_file(&Path::new(&data).join("models").join(name));
    }
}

/// Adds one layer, chosen by `choice`, to a value `[1, C, H, W]`.
fn grow(model: &mut TypedModel, index: usize, choice: u8, wire: OutletId) -> OutletId {
    let shape = model
        .outlet_fact(wire)
        .unwrap()
        .shape
        .as_concrete()
        .unwrap()
        .to_vec();
    let (channels, seed) = (shape[1], 1_000 + index as u64);
    let name = |what: &str| format!("l{index}.{what}");
    let spec = |kernel: usize, pad: usize, stride: usize, dilation: usize, outputs: usize| {
        PoolSpec::new(
            DataFormat::NCHW,
            tvec!(kernel, kernel),
            PaddingSpec::Explicit(tvec!(pad, 0), tvec!(0, pad)),
            Some(tvec!(dilation, 1)),
            Some(tvec!(1, stride)),
            channels,
            outputs,
        )
    };
    let is_small = shape[2] < 4 || shape[3] < 4;
    let op: Box<dyn TypedOp> = match choice % 13 {
        0 | 1 if !is_small => {
            let group = if channels.is_multiple_of(2) && choice.is_multiple_of(2) {
                2
            } else {
                1
            };
            let outputs = 4;
            let kernel = random(&[outputs, channels / group, 2, 2], seed);
            let kernel = model.add_const(name("kernel"), kernel).unwrap();
            let bias = model
                .add_const(name("bias"), random(&[outputs], seed + 1))
                .unwrap();
            let pool = spec(
                2,
                1,
                1 + usize::from(choice / 13 % 2),
                1 + usize::from(choice % 3),
                outputs,
            );
            let conv = Conv::new(pool, KernelFormat::OIHW, group, None);
            return model
                .wire_node(name("conv"), conv, &[wire, kernel, bias])
                .unwrap()[0];
        }
        2 if !is_small => Box::new(MaxPool::new(spec(2, 0, 1, 1, channels), None)),
        3 if !is_small => Box::new(SumPool::new(spec(2, 1, 2, 1, channels), choice > 100, true)),
        4 => Box::new(Lrn {
            alpha: 0.7,
            beta: 0.75,
            bias: 1.0,
            size: 3,
        }),
        5 => sigmoid().into(),
        6 => leaky_relu(0.2).into(),
        7 => math::tanh().into(),
        8 => Box::new(Softmax::new(tvec!(1), None, SoftmaxKind::Softmax)),
        9 => {
            let mode = if choice > 120 {
                PadMode::Reflect
            } else {
                PadMode::Edge
            };
            Box::new(Pad::new(vec![(0, 0), (0, 0), (1, 0), (0, 1)], mode))
        }
        10 => {
            // A branch that is added, with a batch norm's scale and shift.
            let square = model
                .wire_node(name("square"), math::square(), &[wire])
                .unwrap()[0];
            let scale = model
                .add_const(name("scale"), random(&[1, channels, 1, 1], seed))
                .unwrap();
            let shift = model
                .add_const(name("shift"), random(&[1, channels, 1, 1], seed + 1))
                .unwrap();
            let scaled = model
                .wire_node(name("scaled"), math::mul(), &[square, scale])
                .unwrap()[0];
            let shifted = model
                .wire_node(name("shifted"), math::add(), &[scaled, shift])
                .unwrap()[0];
            return model
                .wire_node(name("sum"), math::add(), &[wire, shifted])
                .unwrap()[0];
        }
        11 => {
            // Two branches side by side, one of them cut.
            let part = Slice::new(1, 0, 1);
            let part = model.wire_node(name("part"), part, &[wire]).unwrap()[0];
            let exp = model.wire_node(name("exp"), math::sin(), &[part]).unwrap()[0];
            return model
                .wire_node(name("concat"), TypedConcat::new(1), &[exp, wire])
                .unwrap()[0];
        }
        _ => {
            let zero = tensor0(0.0_f32).broadcast_into_rank(4).unwrap();
            let zero = model.add_const(name("zero"), zero).unwrap();
            return model
                .wire_node(name("relu"), math::max(), &[wire, zero])
                .unwrap()[0];
        }
    };
    model.wire_node(name("op"), op, &[wire]).unwrap()[0]
}

fn random_net(choices: &[u8]) -> TypedModel {
    let mut model = TypedModel::default();
    let mut wire = model.add_source("x", f32::fact([1, 2, 7, 6])).unwrap();
    for (index, &choice) in choices.iter().enumerate() {
        wire = grow(&mut model, index, choice, wire);
    }
    let reduce = Reduce::new(tvec!(2), Reducer::Sum);
    wire = model.wire_node("reduce", reduce, &[wire]).unwrap()[0];
    model.select_output_outlets(&[wire]).unwrap();
    model.into_decluttered().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_nets(choices in prop::collection::vec(any::<u8>(), 1..8)) {
        let model = random_net(&choices);
        check(&model, &[model.inputs[0]], &format!("net {choices:?}"));
    }

    /// Nets of convolutions, rectifiers and pools, with biases of both signs and inputs of
    /// both: what goes in comes out, but for biases and what is absorbed.
    #[test]
    fn relevance_is_conserved_by_every_layer(
        choices in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 3, 12, 11]), 1..6),
        which in 0_usize..6,
    ) {
        let mut model = TypedModel::default();
        let mut wire = model.add_source("x", f32::fact([1, 2, 9, 8])).unwrap();
        for (index, &choice) in choices.iter().filter(|&&choice| choice != 11).enumerate() {
            wire = grow(&mut model, index, choice, wire);
        }
        model.select_output_outlets(&[wire]).unwrap();
        let model = model.into_decluttered().unwrap();
        let rule = [
            Rule::Epsilon(0.0),
            Rule::Epsilon(0.1),
            Rule::Gamma(0.3),
            Rule::ZPlus,
            Rule::AlphaBeta { alpha: 2.0, beta: 1.0 },
            Rule::Flat,
        ][which].clone();
        let layers: Vec<&TypedNode> = model.nodes().iter()
            .filter(|node| node.op_is::<Conv>() || node.op_is::<SumPool>())
            .collect();
        let read: Vec<OutletId> = model.outputs.iter().copied()
            .chain(layers.iter().map(|node| node.inputs[0])).collect();
        let wrt: Vec<OutletId> = model.inputs.iter().copied()
            .chain(layers.iter().map(|node| OutletId::from(node.id))).collect();
        let request = Adjoint::of(&model).rules(Rules::uniform(rule.clone()));
        let mut plan = request.read(&read).wrt(&wrt).with_shares().plan().unwrap();
        let input = random(&[1, 2, 9, 8], 9);
        let size = model.outlet_fact(model.outputs[0]).unwrap().shape.volume().to_i64().unwrap();
        let target = Target::Relevance(usize::try_from(size).unwrap() / 2);
        // The layers' inputs are read to know them, and have no part in the objective.
        let objective = |values: &[TValue]| {
            let (value, mut seeds) = target.evaluate(&values[..1])?;
            for value in &values[1..] {
                seeds.push(Tensor::zero::<f32>(value.shape())?);
            }
            Ok((value, seeds))
        };
        let pass = plan.run(tvec![input.into_tvalue()], &objective).unwrap();
        let mut above = pass.value;
        // How large the parts are that add up to what comes next.
        let mut parts = above.abs();
        for share in &pass.shares {
            let at = layers.iter().position(|node| node.name == share.node).unwrap();
            let (x, relevance) = (&pass.values[at + 1], &pass.gradients[at + 1]);
            let own = magnitude(&model, layers[at], &rule, x, relevance);
            let rest = share.above - share.below - share.bias - share.absorbed;
            prop_assert!(rest.abs() <= GAMMA * 4.0 * own, "{share:?} {own}");
            // Between layers nothing is lost: rectifiers and max-pools pass everything.
            let lost = share.above - above;
            prop_assert!(lost.abs() <= GAMMA * 2.0 * (parts + own), "{share:?} after {above}");
            (above, parts) = (share.below, own);
        }
        let sum: f64 = numbers(&pass.gradients[0]).iter().sum();
        prop_assert!((sum - above).abs() <= GAMMA * 2.0 * parts, "{sum} {above}");
    }
}

/// `γ(n) = n u / (1 − n u)` for `u = 2⁻²⁴` and the longest chain of roundings of one layer:
/// 17 terms of `z`, 16 of what goes back to an input, at most 4 · 9 · 10 parts that are
/// summed up, and 8 for products, the division and ε.
const GAMMA: f64 = 401.0 / (16_777_216.0 - 401.0);

fn numbers(tensor: &Tensor) -> Vec<f64> {
    let view = tensor.to_plain_array_view::<f32>().unwrap();
    view.iter().copied().map(f64::from).collect()
}

/// `Σ_j |R_j| Σ_i |z_ij| / |z_j|`, the sum of the magnitudes of all parts of relevance that
/// a layer shares out, biases and ε among them.
///
/// What is left over of `Σ R_j = Σ_ij R_j z_ij / z_j + …` is rounding. `z_j` is off by at
/// most `γ Σ_i |z_ij|`, which the division passes on; the sums on both sides are off by at
/// most `γ` times the magnitudes of their terms, of which there are three: below, bias
/// and absorbed. So it is at most `4 γ` times this (Higham, "Accuracy and Stability of
/// Numerical Algorithms", 2nd ed., on inner products and on summation).
fn magnitude(
    model: &TypedModel,
    node: &TypedNode,
    rule: &Rule,
    x: &Tensor,
    relevance: &Tensor,
) -> f64 {
    let weight = match rule {
        Rule::Gamma(gamma) => *gamma,
        _ => 0.0,
    };
    let favoured = move |w: f32| w + weight * w.max(0.0);
    let sums = |of: &dyn Fn(f32) -> f32| {
        let mapped = |tensor: &Tensor, of: &dyn Fn(f32) -> f32| {
            let values: Vec<f32> = numbers(tensor).iter().map(|&v| of(v as f32)).collect();
            Tensor::from_shape(tensor.shape(), &values).unwrap()
        };
        let mut alone = TypedModel::default();
        let mut inputs = vec![alone.add_const("x", mapped(x, of)).unwrap()];
        for (index, &input) in node.inputs.iter().enumerate().skip(1) {
            let konst = model.outlet_fact(input).unwrap().konst.clone().unwrap();
            let konst = mapped(&konst, &|w| of(favoured(w)));
            inputs.push(alone.add_const(format!("w{index}"), konst).unwrap());
        }
        let z = alone.wire_node("z", node.op.clone(), &inputs).unwrap();
        alone.select_output_outlets(&z).unwrap();
        let run = alone.into_runnable().unwrap().run(tvec![]);
        numbers(&run.unwrap()[0])
    };
    let relevance = numbers(relevance);
    let total: f64 = relevance.iter().map(|r| r.abs()).sum();
    match rule {
        Rule::Epsilon(_) | Rule::Gamma(_) => {
            let epsilon = match rule {
                Rule::Epsilon(epsilon) => f64::from(*epsilon),
                _ => 0.0,
            };
            let (z, all) = (sums(&|v| v), sums(&f32::abs));
            let shares = relevance.iter().zip(&z).zip(&all);
            let shares = shares.filter(|((_, z), _)| z.abs() + epsilon > 0.0);
            let shared: f64 = shares
                .map(|((r, z), all)| r.abs() * all / (z.abs() + epsilon))
                .sum();
            // What is absorbed is at most as large again.
            total + shared
        }
        // Parts of one sign: none is larger than the whole.
        Rule::AlphaBeta { alpha, beta } => total * f64::from(1.0 + alpha + beta),
        _ => 2.0 * total,
    }
}
