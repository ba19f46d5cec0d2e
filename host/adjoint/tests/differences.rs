//! Every operator and whole nets against central differences in `f64`.

use crate::reference::check::{check, check_at, random};
use tract_adjoint::{Adjoint, Target};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::array::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::*;
use tract_onnx::tract_core::ops::downsample::Downsample;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx::tract_core::ops::logic::{Iff, comp_gt};
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::*;
use tract_onnx_opl::lrn::Lrn;

/// A graph of one operator on inputs of these shapes.
fn one(op: impl Into<Box<dyn TypedOp>>, shapes: &[&[usize]]) -> (TypedModel, Vec<OutletId>) {
    let mut model = TypedModel::default();
    let inputs: Vec<OutletId> = shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| {
            model
                .add_source(format!("x{i}"), f32::fact(*shape))
                .unwrap()
        })
        .collect();
    let outputs = model.wire_node("op", op, &inputs).unwrap();
    model.select_output_outlets(&outputs).unwrap();
    (model, inputs)
}

fn check_one(op: impl Into<Box<dyn TypedOp>>, shapes: &[&[usize]], what: &str) {
    let (model, inputs) = one(op, shapes);
    check(&model, &inputs, what);
}

struct Case {
    format: DataFormat,
    input: Vec<usize>,
    kernel: Vec<usize>,
    outputs: usize,
    group: usize,
    padding: PaddingSpec,
    strides: Vec<usize>,
    dilations: Vec<usize>,
}

/// Input, kernel and bias of a convolution.
fn check_conv(case: &Case) {
    let channel = usize::from(case.format.has_n());
    let inputs = case.input[channel];
    let pool = PoolSpec::new(
        case.format,
        case.kernel.iter().copied().collect(),
        case.padding.clone(),
        Some(case.dilations.iter().copied().collect()),
        Some(case.strides.iter().copied().collect()),
        inputs,
        case.outputs,
    );
    let mut kernel = vec![case.outputs, inputs / case.group];
    kernel.extend(&case.kernel);
    let op = Conv::new(pool, KernelFormat::OIHW, case.group, None);
    let what = format!("{op:?} on {:?}", case.input);
    check_one(op, &[&case.input, &kernel, &[case.outputs]], &what);
}

#[test]
fn convolutions() {
    let explicit = |before: [usize; 2], after: [usize; 2]| {
        PaddingSpec::Explicit(before.into_iter().collect(), after.into_iter().collect())
    };
    let plane = |input: [usize; 4],
                 kernel: [usize; 2],
                 outputs,
                 group,
                 padding,
                 strides: [usize; 2],
                 dilations: [usize; 2]| Case {
        format: DataFormat::NCHW,
        input: input.to_vec(),
        kernel: kernel.to_vec(),
        outputs,
        group,
        padding,
        strides: strides.to_vec(),
        dilations: dilations.to_vec(),
    };
    let cases = [
        plane(
            [1, 2, 5, 6],
            [3, 3],
            3,
            1,
            PaddingSpec::Valid,
            [1, 1],
            [1, 1],
        ),
        plane(
            [2, 3, 7, 6],
            [3, 2],
            4,
            1,
            explicit([1, 0], [2, 1]),
            [2, 1],
            [1, 2],
        ),
        plane(
            [1, 4, 8, 9],
            [3, 3],
            6,
            2,
            explicit([1, 1], [1, 1]),
            [2, 3],
            [1, 1],
        ),
        plane(
            [2, 4, 6, 6],
            [3, 3],
            4,
            4,
            PaddingSpec::SameUpper,
            [2, 2],
            [1, 1],
        ),
        plane(
            [1, 3, 6, 5],
            [2, 4],
            2,
            1,
            PaddingSpec::SameLower,
            [2, 1],
            [1, 1],
        ),
        plane(
            [1, 3, 4, 5],
            [1, 1],
            5,
            1,
            PaddingSpec::Valid,
            [1, 1],
            [1, 1],
        ),
        plane(
            [1, 3, 7, 7],
            [1, 1],
            2,
            1,
            PaddingSpec::Valid,
            [3, 2],
            [1, 1],
        ),
        plane(
            [1, 2, 9, 9],
            [3, 3],
            2,
            1,
            explicit([2, 2], [2, 2]),
            [1, 1],
            [2, 3],
        ),
    ];
    cases.iter().for_each(check_conv);
}

#[test]
fn convolutions_of_other_ranks() {
    check_conv(&Case {
        format: DataFormat::CHW,
        input: vec![2, 5, 6],
        kernel: vec![3, 2],
        outputs: 3,
        group: 1,
        padding: PaddingSpec::Valid,
        strides: vec![1, 2],
        dilations: vec![1, 1],
    });
    // Places that only the padding after the input has.
    check_conv(&Case {
        format: DataFormat::NCHW,
        input: vec![1, 2, 4, 3],
        kernel: vec![1, 1],
        outputs: 3,
        group: 1,
        padding: PaddingSpec::Explicit(tvec!(0, 0), tvec!(2, 1)),
        strides: vec![1, 1],
        dilations: vec![1, 1],
    });
    // One axis, without a batch.
    check_conv(&Case {
        format: DataFormat::CHW,
        input: vec![4, 11],
        kernel: vec![3],
        outputs: 4,
        group: 2,
        padding: PaddingSpec::Explicit(tvec!(1), tvec!(2)),
        strides: vec![2],
        dilations: vec![2],
    });
    check_conv(&Case {
        format: DataFormat::NCHW,
        input: vec![1, 4, 11],
        kernel: vec![3],
        outputs: 4,
        group: 2,
        padding: PaddingSpec::Explicit(tvec!(1), tvec!(2)),
        strides: vec![2],
        dilations: vec![2],
    });
    check_conv(&Case {
        format: DataFormat::NCHW,
        input: vec![1, 2, 4, 5, 3],
        kernel: vec![2, 3, 2],
        outputs: 2,
        group: 1,
        padding: PaddingSpec::Valid,
        strides: vec![1, 2, 1],
        dilations: vec![1, 1, 1],
    });
}

#[test]
fn products() {
    type Product<'a> = (&'a [&'a str], &'a str, &'a [&'a [usize]]);
    let cases: [Product<'_>; 7] = [
        (&["mk", "kn"], "mn", &[&[3, 4], &[4, 2]]),
        (&["bmk", "bnk"], "bnm", &[&[2, 3, 4], &[2, 5, 4]]),
        (&["bmk", "bkn"], "bmn", &[&[2, 3, 4], &[1, 4, 3]]),
        (&["mk", "k"], "m", &[&[3, 4], &[4]]),
        (&["ab", "c"], "ac", &[&[2, 3], &[4]]),
        (&["ab"], "ba", &[&[2, 3]]),
        (&["ab", "bc", "cd"], "ad", &[&[2, 3], &[3, 2], &[2, 4]]),
    ];
    for (inputs, output, shapes) in cases {
        let axes = AxesMapping::from_strs(inputs, &[output]).unwrap();
        check_one(
            EinSum::new(axes, f32::datum_type()),
            shapes,
            &format!("{inputs:?} {output}"),
        );
    }
}

fn pool(input: &[usize], kernel: &[usize], padding: PaddingSpec, strides: &[usize]) -> PoolSpec {
    PoolSpec::new(
        DataFormat::NCHW,
        kernel.iter().copied().collect(),
        padding,
        None,
        Some(strides.iter().copied().collect()),
        input[1],
        input[1],
    )
}

#[test]
fn pools() {
    let onnx = |b: &[usize], a: &[usize], ceil| {
        PaddingSpec::ExplicitOnnxPool(
            b.iter().copied().collect(),
            a.iter().copied().collect(),
            ceil,
        )
    };
    type Pool<'a> = (&'a [usize], &'a [usize], PaddingSpec, &'a [usize]);
    let cases: [Pool<'_>; 6] = [
        (&[1, 2, 6, 6], &[2, 2], PaddingSpec::Valid, &[2, 2]),
        (&[2, 2, 7, 6], &[3, 3], PaddingSpec::Valid, &[2, 2]),
        (
            &[1, 3, 7, 7],
            &[3, 3],
            onnx(&[0, 0], &[0, 0], true),
            &[2, 2],
        ),
        (
            &[1, 2, 6, 5],
            &[3, 2],
            onnx(&[1, 1], &[1, 0], false),
            &[2, 1],
        ),
        (&[1, 2, 6, 5], &[3, 2], PaddingSpec::SameUpper, &[2, 2]),
        (&[1, 2, 9], &[3], PaddingSpec::Valid, &[2]),
    ];
    for (input, kernel, padding, strides) in cases {
        let spec = pool(input, kernel, padding.clone(), strides);
        let what = format!("{kernel:?} {padding:?} {strides:?} on {input:?}");
        check_one(
            MaxPool::new(spec.clone(), None),
            &[input],
            &format!("max {what}"),
        );
        for include in [true, false] {
            for normalize in [true, false] {
                let op = SumPool::new(spec.clone(), include, normalize);
                check_one(op, &[input], &format!("sum {include} {normalize} {what}"));
            }
        }
    }
}

/// Functions at values inside their domain.
#[test]
fn functions() {
    let all: [(ElementWiseOp, f32, f32); 32] = [
        (math::neg(), -2.0, 2.0),
        (math::abs(), -2.0, 2.0),
        (math::square(), -2.0, 2.0),
        (math::sqrt(), 0.5, 2.0),
        (math::rsqrt(), 0.5, 2.0),
        (math::recip(), 0.5, 2.0),
        (math::exp(), -2.0, 2.0),
        (math::ln(), 0.5, 2.0),
        (math::pow_const(2.7), 0.5, 2.0),
        (math::sin(), -2.0, 2.0),
        (math::cos(), -2.0, 2.0),
        (math::tan(), -1.0, 1.0),
        (math::sinh(), -2.0, 2.0),
        (math::cosh(), -2.0, 2.0),
        (math::tanh(), -2.0, 2.0),
        (math::asin(), -0.8, 0.8),
        (math::acos(), -0.8, 0.8),
        (math::atan(), -2.0, 2.0),
        (math::asinh(), -2.0, 2.0),
        (math::acosh(), 1.5, 3.0),
        (math::atanh(), -0.8, 0.8),
        (math::erf(), -2.0, 2.0),
        (math::sign(), -2.0, 2.0),
        (math::floor(), 0.1, 0.9),
        (math::ceil(), 0.1, 0.9),
        (math::round_half_to_even(), 0.1, 0.4),
        (sigmoid(), -3.0, 3.0),
        (leaky_relu(0.1), -2.0, 2.0),
        (hard_swish(), -5.0, 5.0),
        (silu::silu(), -3.0, 3.0),
        (gelu_exact::gelu_exact(), -3.0, 3.0),
        (gelu_approximate::gelu_approximate(false), -3.0, 3.0),
    ];
    for (op, low, high) in all {
        let what = op.0.name();
        let (model, inputs) = one(op, &[&[3, 5]]);
        let unit = random(&[3, 5], 3);
        let unit = unit.to_plain_array_view::<f32>().unwrap();
        let x = unit
            .mapv(|u| low + (high - low) * (u + 1.0) / 2.0)
            .into_tensor();
        check_at(&model, &inputs, &[x], &what);
    }
}

#[test]
fn two_operands() {
    let all: [(TypedBinOp, &str); 7] = [
        (math::add(), "add"),
        (math::sub(), "sub"),
        (math::subf(), "subf"),
        (math::mul(), "mul"),
        (math::div(), "div"),
        (math::max(), "max"),
        (math::min(), "min"),
    ];
    for (op, what) in all {
        for [a, b] in [
            [[2, 3, 4], [2, 3, 4]],
            [[2, 3, 4], [1, 3, 1]],
            [[2, 1, 4], [2, 3, 1]],
        ] {
            check_one(op.clone(), &[&a, &b], what);
        }
    }
    let (model, inputs) = one(math::pow(), &[&[4], &[4]]);
    let base = tensor1(&[0.5_f32, 1.5, 2.0, 0.8]);
    let exponent = tensor1(&[2.0_f32, -1.5, 0.5, 3.0]);
    check_at(&model, &inputs, &[base, exponent], "pow");
}

/// Bounds by a number: rectifier, its upside down, a clip.
#[test]
fn bounds() {
    for (op, bound) in [
        (math::max(), 0.0_f32),
        (math::min(), 0.25),
        (math::max(), -0.5),
    ] {
        let mut model = TypedModel::default();
        let x = model.add_source("x", f32::fact([2, 3])).unwrap();
        let bound = model.add_const("bound", tensor2(&[[bound]])).unwrap();
        let y = model.wire_node("y", op, &[bound, x]).unwrap();
        model.select_output_outlets(&y).unwrap();
        check(&model, &[x], "bound");
    }
}

#[test]
fn a_choice() {
    let mut model = TypedModel::default();
    let a = model.add_source("a", f32::fact([3, 4])).unwrap();
    let b = model.add_source("b", f32::fact([3, 1])).unwrap();
    let test = model
        .wire_node("test", TypedBinOp(comp_gt(), None), &[a, b])
        .unwrap()[0];
    let square = model.wire_node("square", math::square(), &[a]).unwrap()[0];
    let y = model.wire_node("iff", Iff, &[test, square, b]).unwrap();
    model.select_output_outlets(&y).unwrap();
    check(&model, &[a, b], "iff");
}

#[test]
fn normalisations() {
    for axes in [vec![1], vec![2], vec![1, 2]] {
        for kind in [SoftmaxKind::Softmax, SoftmaxKind::LogSoftmax] {
            if kind == SoftmaxKind::LogSoftmax && axes.len() > 1 {
                continue;
            }
            let op = Softmax::new(axes.iter().copied().collect(), None, kind);
            check_one(op, &[&[2, 3, 4]], &format!("{kind:?} over {axes:?}"));
        }
    }
    for size in [1, 2, 3, 5] {
        let (alpha, beta, bias) = (0.9, 0.75, 1.5);
        let op = Lrn {
            alpha,
            beta,
            bias,
            size,
        };
        check_one(op, &[&[2, 6, 2, 3]], &format!("lrn {size}"));
    }
}

/// tract's operator computes in `f32` alone, too coarse for differences: its gradients are
/// those of the same written out, which are compared with differences.
#[test]
fn division_by_the_root_mean_square() {
    let gradient = |model: &TypedModel, x: OutletId| {
        let mut plan = Adjoint::of(model).wrt(&[x]).plan().unwrap();
        let weights = random(&[2, 3, 4], 7);
        let weights = weights.to_plain_array_view::<f32>().unwrap();
        let target = Target::Weighted(weights.iter().copied().collect());
        let input = random(&[2, 3, 4], 9).into_tvalue();
        let pass = plan.run(tvec!(input), &target).unwrap();
        pass.gradients[0].clone()
    };
    for axis in 0..3 {
        let eps = rctensor0(0.1_f32);
        let (model, inputs) = one(RmsNorm { axis, eps }, &[&[2, 3, 4]]);
        let got = gradient(&model, inputs[0]);

        let mut model = TypedModel::default();
        let x = model.add_source("x", f32::fact([2, 3, 4])).unwrap();
        let squares = model.wire_node("squares", math::mul(), &[x, x]).unwrap();
        let sum = Reduce::new(tvec!(axis), Reducer::Sum);
        let sum = model.wire_node("sum", sum, &squares).unwrap()[0];
        let share = tensor3(&[[[1.0 / [2.0_f32, 3.0, 4.0][axis]]]]);
        let share = model.add_const("share", share).unwrap();
        let mean = model.wire_node("mean", math::mul(), &[sum, share]).unwrap()[0];
        let eps = model.add_const("eps", tensor3(&[[[0.1_f32]]])).unwrap();
        let moved = model.wire_node("moved", math::add(), &[mean, eps]);
        let root = model.wire_node("root", math::sqrt(), &moved.unwrap());
        let y = model.wire_node("y", math::div(), &[x, root.unwrap()[0]]);
        model.select_output_outlets(&y.unwrap()).unwrap();
        check(&model, &[x], &format!("written out along axis {axis}"));
        let expected = gradient(&model, x);
        got.close_enough(&expected, Approximation::Approximate)
            .unwrap();
    }
}

/// A convolution of one by one is a matrix product in tract, which must not lose the
/// places that a mean after it repeats backward.
#[test]
fn a_mean_after_a_convolution_of_one_by_one() {
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([1, 3, 4, 5])).unwrap();
    let kernel = random(&[2, 3], 11);
    let kernel = model.add_const("kernel", kernel).unwrap();
    let axes = "oi,nihw->nohw".parse().unwrap();
    let product = EinSum::new(axes, f32::datum_type());
    let maps = model.wire_node("maps", product, &[kernel, x]).unwrap();
    let mean = Reduce::new(tvec!(2, 3), Reducer::Sum);
    let y = model.wire_node("mean", mean, &maps).unwrap();
    model.select_output_outlets(&y).unwrap();
    check(&model, &[x], "mean of a product");
}

#[test]
fn reductions() {
    for reducer in [Reducer::Sum, Reducer::Max, Reducer::Min, Reducer::Prod] {
        for axes in [vec![0], vec![1, 2], vec![0, 1, 2]] {
            let op = Reduce::new(axes.iter().copied().collect(), reducer);
            check_one(op, &[&[2, 3, 4]], &format!("{reducer:?} over {axes:?}"));
        }
    }
}

#[test]
fn a_product_with_zeros() {
    let (model, inputs) = one(Reduce::new(tvec!(1), Reducer::Prod), &[&[3, 3]]);
    let x = tensor2(&[[2.0_f32, 0.0, 3.0], [0.0, 0.0, 3.0], [2.0, 4.0, 0.5]]);
    check_at(&model, &inputs, &[x], "product with zeros");
}

#[test]
fn rearrangements() {
    let reshape = AxisOp::Reshape(1, tvec!(3.to_dim(), 4.to_dim()), tvec!(12.to_dim()));
    for op in [
        AxisOp::Add(1),
        AxisOp::Move(0, 2),
        AxisOp::Move(2, 1),
        reshape,
    ] {
        check_one(op.clone(), &[&[2, 3, 4]], &format!("{op:?}"));
    }
    check_one(AxisOp::Rm(1), &[&[2, 1, 4]], "rm");
    check_one(Identity, &[&[2, 3]], "identity");
    check_one(TypedConcat::new(1), &[&[2, 3], &[2, 1], &[2, 2]], "concat");
    check_one(Slice::new(1, 1, 3), &[&[2, 5]], "slice");
    let zero = PadMode::Constant(tensor0(0.5_f32).into_arc_tensor());
    for mode in [zero, PadMode::Edge, PadMode::Reflect] {
        let pads = vec![(0, 0), (2, 1), (1, 2)];
        check_one(
            Pad::new(pads, mode.clone()),
            &[&[2, 4, 5]],
            &format!("pad {mode:?}"),
        );
    }
    let to = MultiBroadcastTo {
        shape: ShapeFact::from_dims([2, 3, 4].map(|d: usize| d.to_dim())),
    };
    check_one(to.clone(), &[&[3, 1]], "broadcast");
    check_one(to, &[&[4]], "broadcast of one axis");
    check_one(Tile::new(tvec!(2.to_dim(), 3.to_dim())), &[&[3, 2]], "tile");
    for modulo in [0, 1] {
        check_one(Downsample::new(1, 3, modulo), &[&[2, 7]], "downsample");
    }
}

/// A value that two branches read gets both derivatives.
#[test]
fn branches_add_up() {
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([2, 3])).unwrap();
    let a = model.wire_node("a", math::square(), &[x]).unwrap()[0];
    let b = model.wire_node("b", math::exp(), &[x]).unwrap()[0];
    let product = model.wire_node("product", math::mul(), &[a, b]).unwrap()[0];
    let y = model.wire_node("y", math::add(), &[product, x]).unwrap();
    model.select_output_outlets(&y).unwrap();
    check(&model, &[x], "branches");
}

#[test]
fn what_indices_take_goes_back_to_its_place() {
    for (indices, axis) in [
        (tensor1(&[2_i64, 0, 2]), 1),
        (tensor1(&[1_i64, 3, 0, 2]), 2),
        (tensor0(1_i64), 1),
    ] {
        let mut model = TypedModel::default();
        let x = model
            .add_source("x", f32::fact([1_usize, 3, 4, 2]))
            .unwrap();
        let indices = model.add_const("indices", indices).unwrap();
        let taken = model
            .wire_node("taken", Gather::new(axis), &[x, indices])
            .unwrap();
        model.select_output_outlets(&taken).unwrap();
        check(&model, &[x], "gather");
    }
}
