//! Transposed convolutions and resizing are linear: what a plan sends back is held to
//! `⟨w, A v⟩ = ⟨Aᵀ w, v⟩` for random `v` and `w`, and relevance to its conservation.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tract_adjoint::{Adjoint, Rule, Rules, Target};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Deconv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::nn::DataFormat;
use tract_onnx::tract_core::ops::nn::resize::{CoordTransformer, Interpolator};
use tract_onnx_opl::resize::{AspectRatio, CoordTransform, Nearest, Resize};

/// A hundred roundings of 2⁻²⁴ of sums of some hundred products near one.
const TOLERANCE: f64 = 1e-4;

fn random(shape: &[usize], seed: u64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_shape(shape, &values).expect("a tensor")
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    let view = tensor.to_plain_array_view::<f32>().expect("floats");
    view.iter().copied().collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// A model of one input and `op`, whose other inputs are constants.
fn model(op: impl Into<Box<dyn TypedOp>>, input: &[usize], others: Vec<Tensor>) -> TypedModel {
    let mut model = TypedModel::default();
    let mut inputs = tvec!(model.add_source("x", f32::fact(input)).expect("a source"));
    for (index, other) in others.into_iter().enumerate() {
        inputs.push(
            model
                .add_const(format!("c{index}"), other)
                .expect("a constant"),
        );
    }
    let outputs = model.wire_node("op", op, &inputs).expect("a node");
    model.select_output_outlets(&outputs).expect("outputs");
    model
}

/// `⟨w, A v⟩ = ⟨Aᵀ w, v⟩`; what `A` gives for zero is not part of it.
fn is_adjoint(model: &TypedModel, what: &str) {
    let shape = |outlet: OutletId| -> Vec<usize> {
        let fact = model.outlet_fact(outlet).expect("a fact");
        fact.shape.as_concrete().expect("numbers").to_vec()
    };
    let (input, output) = (shape(model.inputs[0]), shape(model.outputs[0]));
    let plan = model.clone().into_runnable().expect("a plan");
    let run = |value: &Tensor| {
        let result = plan.run(tvec!(value.clone().into())).expect("it runs");
        floats(&result[0])
    };
    let v = random(&input, 1);
    let zero = Tensor::zero::<f32>(&input).expect("zeros");
    let forward: Vec<f32> = run(&v).iter().zip(run(&zero)).map(|(a, b)| a - b).collect();
    let weights = floats(&random(&output, 2));
    let mut back = Adjoint::of(model)
        .plan()
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let target = Target::Weighted(weights.clone());
    let pass = back.run(tvec!(v.clone().into()), &target).expect("it runs");
    let (left, right) = (
        dot(&weights, &forward),
        dot(&floats(&pass.gradients[0]), &floats(&v)),
    );
    let scale = 1.0 + left.abs();
    assert!(
        (left - right).abs() <= TOLERANCE * scale,
        "{what}: {left} {right}"
    );
}

struct Case {
    channels: [usize; 2],
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    before: [usize; 2],
    after: [usize; 2],
    adjustments: [usize; 2],
    group: usize,
}

fn deconv(case: &Case) -> TypedModel {
    let [from, to] = case.channels;
    let pool = PoolSpec::new(
        DataFormat::NCHW,
        case.kernel.iter().copied().collect(),
        PaddingSpec::Explicit(
            case.before.iter().copied().collect(),
            case.after.iter().copied().collect(),
        ),
        Some(case.dilations.iter().copied().collect()),
        Some(case.strides.iter().copied().collect()),
        from,
        to,
    );
    let kernel = [to, from / case.group, case.kernel[0], case.kernel[1]];
    let adjustments = case.adjustments.iter().copied().collect();
    let op = Deconv::new(pool, KernelFormat::OIHW, adjustments, case.group);
    let bias = random(&[to], 4);
    model(op, &[1, from, 4, 5], vec![random(&kernel, 3), bias])
}

fn cases() -> [Case; 4] {
    let plain = Case {
        channels: [3, 2],
        kernel: [2, 2],
        strides: [2, 2],
        dilations: [1, 1],
        before: [0, 0],
        after: [0, 0],
        adjustments: [0, 0],
        group: 1,
    };
    [
        Case {
            kernel: [4, 3],
            before: [1, 1],
            after: [1, 0],
            ..plain
        },
        Case {
            kernel: [3, 3],
            strides: [3, 2],
            dilations: [1, 2],
            adjustments: [1, 1],
            before: [1, 0],
            ..plain
        },
        Case {
            channels: [4, 6],
            kernel: [3, 2],
            group: 2,
            ..plain
        },
        plain,
    ]
}

#[test]
fn transposed_convolutions_send_back_by_their_transpose() {
    for (index, case) in cases().iter().enumerate() {
        is_adjoint(&deconv(case), &format!("case {index}"));
    }
}

fn resize(
    interpolator: Interpolator,
    coordinates: CoordTransformer,
    scales: [f32; 4],
) -> TypedModel {
    let op = Resize {
        axes: None,
        coord_transformer: CoordTransform::Plain(coordinates),
        interpolator,
        nearest: Nearest::Floor,
        antialias: false,
        cubic_coeff_a_bits: (-0.75_f32).to_bits(),
        exclude_outside: false,
        extrapolation_value_bits: 0,
        keep_aspect_ratio_policy: AspectRatio::Stretch,
        optional_roi_input: None,
        optional_scales_input: Some(1),
        optional_sizes_input: None,
    };
    model(op, &[1, 2, 4, 5], vec![tensor1(&scales)])
}

fn resizings() -> Vec<TypedModel> {
    let mut all = Vec::new();
    for scales in [
        [1.0, 1.0, 2.0, 3.0],
        [1.0, 1.0, 1.5, 0.6],
        [1.0, 1.0, 1.0, 2.0],
    ] {
        all.push(resize(
            Interpolator::Nearest,
            CoordTransformer::Asymmetric,
            scales,
        ));
        all.push(resize(
            Interpolator::Linear,
            CoordTransformer::HalfPixel,
            scales,
        ));
        all.push(resize(
            Interpolator::Cubic,
            CoordTransformer::HalfPixel,
            scales,
        ));
    }
    all
}

#[test]
fn resizing_sends_back_by_its_weights() {
    for (index, model) in resizings().into_iter().enumerate() {
        is_adjoint(&model, &format!("resizing {index}"));
        // As tract simplifies it: whole numbers of times become repetitions.
        let simpler = model.into_decluttered().expect("a simpler graph");
        is_adjoint(&simpler, &format!("resizing {index}, decluttered"));
    }
}

#[test]
fn relevance_is_kept_through_them() {
    let models = resizings()
        .into_iter()
        .chain(cases().into_iter().map(|case| deconv(&case)));
    for (index, model) in models.enumerate() {
        let rules = Rules::uniform(Rule::Epsilon(1e-6));
        let plan = Adjoint::of(&model).rules(rules).with_shares().plan();
        let mut plan = plan.unwrap_or_else(|e| panic!("{index}: {e}"));
        let input = model.outlet_fact(model.inputs[0]).expect("a fact");
        let shape = input.shape.as_concrete().expect("numbers").to_vec();
        let pass = plan
            .run(tvec!(random(&shape, 5).into()), &Target::Sum)
            .expect("it runs");
        for share in &pass.shares {
            let kept = share.below + share.bias + share.absorbed;
            let scale = 1.0 + share.above.abs();
            assert!(
                (share.above - kept).abs() <= TOLERANCE * scale,
                "{index}: {share:?}"
            );
        }
        assert!(!pass.shares.is_empty(), "{index}");
    }
}
