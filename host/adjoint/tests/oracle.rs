//! Gradients and relevance against arrays from PyTorch (`oracle/generate.py`; where they
//! come from is in `oracle/provenance.json`).

use std::path::Path;

use tract_adjoint::{Adjoint, Objective, Rule, Rules, Target};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::array::Slice;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{
    Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec, SumPool,
};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::DataFormat;
use tract_onnx_opl::lrn::Lrn;

/// Single precision against double: at most 2⁹ roundings of 2⁻²⁴ in a chain, relative to
/// four times the greatest element.
const TOLERANCE: f64 = 1.0 / 8_192.0;

/// An array in C order, as `numpy.save` writes it.
fn read(name: &str) -> (Vec<usize>, Vec<f64>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/arrays");
    let bytes = std::fs::read(path.join(format!("{name}.npy"))).unwrap();
    assert_eq!(bytes[..8], *b"\x93NUMPY\x01\x00", "{name}");
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (header, numbers) = (std::str::from_utf8(&bytes[10..end]).unwrap(), &bytes[end..]);
    assert!(header.contains("'fortran_order': False"), "{name}");
    let (_, shape) = header.split_once("'shape': (").unwrap();
    let (shape, _) = shape.split_once(')').unwrap();
    let sizes = shape
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty());
    let values = if header.contains("'descr': '<f8'") {
        let eights = numbers.as_chunks().0.iter();
        eights.map(|&eight| f64::from_le_bytes(eight)).collect()
    } else {
        assert!(header.contains("'descr': '<f4'"), "{name}");
        let fours = numbers.as_chunks().0.iter();
        fours
            .map(|&four| f64::from(f32::from_le_bytes(four)))
            .collect()
    };
    (sizes.map(|size| size.parse().unwrap()).collect(), values)
}

fn tensor(name: &str) -> Tensor {
    let (shape, values) = read(name);
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    Tensor::from_shape(&shape, &values).unwrap()
}

fn compare(have: &Tensor, name: &str) {
    let (shape, want) = read(name);
    assert_eq!(
        have.len(),
        want.len(),
        "{name}: {:?} and {shape:?}",
        have.shape()
    );
    let greatest = want
        .iter()
        .fold(1e-6_f64, |most, value| most.max(value.abs()));
    let have = have.to_plain_array_view::<f32>().unwrap();
    for (index, (&have, want)) in have.iter().zip(want).enumerate() {
        let off = (f64::from(have) - want).abs();
        assert!(
            off <= TOLERANCE * greatest,
            "{name}[{index}]: {have}, torch has {want}"
        );
    }
}

struct Graph {
    model: TypedModel,
}

impl Graph {
    fn constant(&mut self, name: &str) -> OutletId {
        self.model.add_const(name, tensor(name)).unwrap()
    }

    fn wire(
        &mut self,
        name: &str,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> OutletId {
        self.model.wire_node(name, op, inputs).unwrap()[0]
    }
}

fn pool(
    kernel: [usize; 2],
    pads: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    [inputs, outputs]: [usize; 2],
) -> PoolSpec {
    PoolSpec::new(
        DataFormat::NCHW,
        kernel.into_iter().collect(),
        PaddingSpec::Explicit(pads.into_iter().collect(), pads.into_iter().collect()),
        Some(dilations.into_iter().collect()),
        Some(strides.into_iter().collect()),
        inputs,
        outputs,
    )
}

fn product() -> EinSum {
    let axes = AxesMapping::from_strs(&["nk", "ok"], &["no"]).unwrap();
    EinSum::new(axes, f32::datum_type())
}

/// The net of the script, from the input to the logits, and its weights by name.
fn net() -> (TypedModel, OutletId, Vec<(String, OutletId)>) {
    let mut graph = Graph {
        model: TypedModel::default(),
    };
    let x = graph
        .model
        .add_source("x", f32::fact([2, 4, 11, 12]))
        .unwrap();
    let names = [
        "conv1.weight",
        "conv1.bias",
        "conv2.weight",
        "conv2.bias",
        "fc.weight",
        "fc.bias",
    ];
    let weights: Vec<(String, OutletId)> = names
        .iter()
        .map(|name| {
            let mut values = tensor(&format!("net.{name}"));
            if *name == "fc.bias" {
                values = values.into_shape(&[1, 7]).unwrap();
            }
            (
                (*name).to_owned(),
                graph.model.add_const(*name, values).unwrap(),
            )
        })
        .collect();
    let w = |index: usize| weights[index].1;
    let zero = graph
        .model
        .add_const("zero", tensor0(0.0_f32).broadcast_into_rank(4).unwrap())
        .unwrap();
    let rectify = |graph: &mut Graph, name: &str, y| graph.wire(name, math::max(), &[y, zero]);

    let spec = pool([3, 3], [1, 1], [1, 1], [1, 1], [4, 6]);
    let y = graph.wire(
        "conv1",
        Conv::new(spec, KernelFormat::OIHW, 2, None),
        &[x, w(0), w(1)],
    );
    let y = rectify(&mut graph, "relu1", y);
    let lrn = Lrn {
        alpha: 0.5,
        beta: 0.75,
        bias: 1.25,
        size: 3,
    };
    let y = graph.wire("lrn", lrn, &[y]);
    let spec = pool([3, 3], [1, 1], [2, 2], [1, 1], [6, 6]);
    let y = graph.wire("pool1", MaxPool::new(spec, None), &[y]);
    let spec = pool([3, 2], [0, 1], [1, 1], [1, 2], [6, 5]);
    let y = graph.wire(
        "conv2",
        Conv::new(spec, KernelFormat::OIHW, 1, None),
        &[y, w(2), w(3)],
    );
    let y = rectify(&mut graph, "relu2", y);
    let spec = pool([2, 2], [0, 1], [2, 2], [1, 1], [5, 5]);
    let y = graph.wire("pool2", SumPool::new(spec, false, true), &[y]);
    let y = graph.wire("cut", Slice::new(3, 0, 3), &[y]);
    let flat = AxisOp::Reshape(
        1,
        tvec!(5.to_dim(), 2.to_dim(), 3.to_dim()),
        tvec!(30.to_dim()),
    );
    let y = graph.wire("flat", flat, &[y]);
    let y = graph.wire("fc.product", product(), &[y, w(4)]);
    let y = graph.wire("fc", math::add(), &[y, w(5)]);
    graph.model.select_output_outlets(&[y]).unwrap();
    (graph.model, x, weights)
}

/// `log softmax[0, 2] + ½ · softmax[1, 4]`, from the logits `[2, 7]`.
fn loss(values: &[TValue]) -> Result<(f64, Vec<Tensor>), tract_adjoint::AdjointError> {
    let rows = |row: i64| -> TValue {
        values[0]
            .slice(0, row as usize, row as usize + 1)
            .unwrap()
            .into_tvalue()
    };
    let (log, first) = Target::LogProbability(2).evaluate(&[rows(0)])?;
    let (probability, second) = Target::Probability(4).evaluate(&[rows(1)])?;
    let mut seed = Vec::new();
    seed.extend(
        first[0]
            .to_plain_array_view::<f32>()
            .unwrap()
            .iter()
            .copied(),
    );
    seed.extend(
        second[0]
            .to_plain_array_view::<f32>()
            .unwrap()
            .iter()
            .map(|s| 0.5 * s),
    );
    Ok((
        log + 0.5 * probability,
        vec![Tensor::from_shape(&[2, 7], &seed).unwrap()],
    ))
}

#[test]
fn gradients_of_a_net() {
    let (model, x, weights) = net();
    let wrt: Vec<OutletId> = [x]
        .into_iter()
        .chain(weights.iter().map(|(_, w)| *w))
        .collect();
    let mut plan = Adjoint::of(&model).wrt(&wrt).plan().unwrap();
    let pass = plan
        .run(tvec![tensor("net.x").into_tvalue()], &loss)
        .unwrap();
    let (_, want) = read("net.loss");
    assert!((pass.value - want[0]).abs() < TOLERANCE * want[0].abs());
    compare(&pass.values[0], "net.logits");
    let names = std::iter::once("x").chain(weights.iter().map(|(name, _)| name.as_str()));
    for (name, gradient) in names.zip(&pass.gradients) {
        compare(gradient, &format!("net.d.{name}"));
    }
}

#[test]
fn guided_passes() {
    let (model, _, _) = net();
    for (rule, name) in [
        (Rule::Guided, "net.guided"),
        (Rule::Deconvnet, "net.deconvnet"),
    ] {
        let mut plan = Adjoint::of(&model)
            .rules(Rules::uniform(rule))
            .plan()
            .unwrap();
        let pass = plan
            .run(tvec![tensor("net.x").into_tvalue()], &Target::Element(3))
            .unwrap();
        compare(&pass.gradients[0], name);
    }
}

/// Rules on one layer, with biases and inputs of both signs.
fn check_rules(model: &TypedModel, name: &str, low: Vec<f32>, high: Vec<f32>) {
    let weights: Vec<f32> = read(&format!("{name}.r"))
        .1
        .iter()
        .map(|&r| r as f32)
        .collect();
    let rules = [
        (Rule::Epsilon(0.25), "epsilon"),
        (Rule::Gamma(0.5), "gamma"),
        (Rule::ZPlus, "zplus"),
        (
            Rule::AlphaBeta {
                alpha: 2.0,
                beta: 1.0,
            },
            "alphabeta",
        ),
        (Rule::ZBox { low, high }, "zbox"),
        (Rule::Flat, "flat"),
    ];
    for (rule, what) in rules {
        let rules = Rules::uniform(rule);
        let mut plan = Adjoint::of(model)
            .rules(rules)
            .with_shares()
            .plan()
            .unwrap();
        let input = tensor(&format!("{name}.x")).into_tvalue();
        let pass = plan
            .run(tvec![input], &Target::Weighted(weights.clone()))
            .unwrap();
        compare(&pass.gradients[0], &format!("{name}.{what}"));
        let share = &pass.shares[0];
        let sum: f64 = read(&format!("{name}.r")).1.iter().sum();
        let scale: f64 = read(&format!("{name}.{what}"))
            .1
            .iter()
            .map(|r| r.abs())
            .sum();
        assert!((share.above - sum).abs() < TOLERANCE * scale.max(1.0));
        let rest = share.above - share.below - share.bias - share.absorbed;
        assert!(
            rest.abs() < TOLERANCE * scale.max(1.0),
            "{name} {what}: {share:?}"
        );
    }
}

#[test]
fn relevance_through_a_convolution() {
    let mut graph = Graph {
        model: TypedModel::default(),
    };
    let x = graph
        .model
        .add_source("x", f32::fact([1, 4, 6, 5]))
        .unwrap();
    let [w, b] = ["conv.w", "conv.b"].map(|name| graph.constant(name));
    let spec = pool([3, 3], [1, 0], [2, 1], [1, 1], [4, 6]);
    let y = graph.wire(
        "conv",
        Conv::new(spec, KernelFormat::OIHW, 2, None),
        &[x, w, b],
    );
    graph.model.select_output_outlets(&[y]).unwrap();
    let low = vec![-3.0, -2.5, -2.0, -4.0];
    check_rules(&graph.model, "conv", low, vec![3.0, 2.5, 4.0, 2.0]);
}

#[test]
fn relevance_through_a_dense_layer() {
    let mut graph = Graph {
        model: TypedModel::default(),
    };
    let x = graph.model.add_source("x", f32::fact([3, 8])).unwrap();
    let w = graph.constant("dense.w");
    let b = tensor("dense.b").into_shape(&[1, 5]).unwrap();
    let b = graph.model.add_const("b", b).unwrap();
    let y = graph.wire("product", product(), &[x, w]);
    let sum: TypedBinOp = math::add();
    let y = graph.wire("dense", sum, &[y, b]);
    graph.model.select_output_outlets(&[y]).unwrap();
    check_rules(&graph.model, "dense", vec![-3.0], vec![3.5]);
}
