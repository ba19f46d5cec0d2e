//! Rules of relevance where the result is known by hand, and which layer gets which.

use std::path::Path;

use tract_adjoint::{Adjoint, AdjointError, Pass, Rule, Rules, Target, load_onnx, outlet};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::AxesMapping;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{PaddingSpec, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{DataFormat, Reduce, Reducer, sigmoid};
use tract_onnx_opl::lrn::Lrn;

fn close(have: &TValue, want: &[f32]) {
    let have = have.to_plain_array_view::<f32>().unwrap();
    let have: Vec<f32> = have.iter().copied().collect();
    // Three roundings of numbers up to 16.
    let near = have.iter().zip(want).all(|(a, b)| (a - b).abs() <= 4e-6);
    assert!(
        have.len() == want.len() && near,
        "{have:?} instead of {want:?}"
    );
}

/// `a op b` for `a = [3, −1, 2]`, `b = [1, 4, −6]`, relevance 8 at each output.
fn branches(op: TypedBinOp, rule: Rule) -> Pass {
    let mut model = TypedModel::default();
    let a = model.add_source("a", f32::fact([3])).unwrap();
    let b = model.add_source("b", f32::fact([3])).unwrap();
    let y = model.wire_node("y", op, &[a, b]).unwrap();
    model.select_output_outlets(&y).unwrap();
    let request = Adjoint::of(&model)
        .wrt(&[a, b])
        .rules(Rules::uniform(rule))
        .with_shares();
    let inputs = tvec![
        tensor1(&[3.0_f32, -1.0, 2.0]).into(),
        tensor1(&[1.0_f32, 4.0, -6.0]).into(),
    ];
    let mut plan = request.plan().unwrap();
    plan.run(inputs, &Target::Weighted(vec![8.0; 3])).unwrap()
}

#[test]
fn branches_get_their_part() {
    let pass = branches(math::add(), Rule::Epsilon(0.0));
    close(&pass.gradients[0], &[6.0, -8.0 / 3.0, -4.0]);
    close(&pass.gradients[1], &[2.0, 32.0 / 3.0, 12.0]);
    let pass = branches(math::sub(), Rule::Epsilon(0.0));
    close(&pass.gradients[0], &[12.0, 1.6, 2.0]);
    close(&pass.gradients[1], &[-4.0, 6.4, 6.0]);
    let pass = branches(math::subf(), Rule::Epsilon(0.0));
    close(&pass.gradients[0], &[12.0, 1.6, 2.0]);
    close(&pass.gradients[1], &[-4.0, 6.4, 6.0]);
    let pass = branches(math::add(), Rule::ZPlus);
    close(&pass.gradients[0], &[6.0, 0.0, 8.0]);
    close(&pass.gradients[1], &[2.0, 8.0, 0.0]);
    // What is subtracted counts where it is negative; where nothing counts, nothing goes.
    let pass = branches(math::sub(), Rule::ZPlus);
    close(&pass.gradients[0], &[8.0, 0.0, 2.0]);
    close(&pass.gradients[1], &[0.0, 0.0, 6.0]);
    let pass = branches(math::subf(), Rule::ZPlus);
    close(&pass.gradients[0], &[0.0, 1.6, 0.0]);
    close(&pass.gradients[1], &[8.0, 6.4, 0.0]);
    // ε has the sign of the sum: 4 + 1, 3 + 1, −4 − 1.
    let pass = branches(math::add(), Rule::Epsilon(1.0));
    close(&pass.gradients[0], &[4.8, -2.0, -3.2]);
    close(&pass.gradients[1], &[1.6, 8.0, 9.6]);
    let share = &pass.shares[0];
    assert!(
        (share.above - 24.0).abs() < 1e-5 && (share.below - 18.8).abs() < 1e-5,
        "{share:?}"
    );
    assert!(
        (share.absorbed - 5.2).abs() < 1e-5 && share.bias == 0.0,
        "{share:?}"
    );
}

#[test]
fn what_has_nowhere_to_go_is_absorbed() {
    let mut model = TypedModel::default();
    let a = model.add_source("a", f32::fact([2])).unwrap();
    let y = model.wire_node("y", math::sub(), &[a, a]).unwrap();
    model.select_output_outlets(&y).unwrap();
    let rules = Rules::uniform(Rule::Epsilon(0.0));
    let mut plan = Adjoint::of(&model)
        .rules(rules)
        .with_shares()
        .plan()
        .unwrap();
    let input = tensor1(&[1.0_f32, 2.0]).into();
    let pass = plan
        .run(tvec![input], &Target::Weighted(vec![3.0, 4.0]))
        .unwrap();
    close(&pass.gradients[0], &[0.0, 0.0]);
    assert_eq!((pass.shares[0].above, pass.shares[0].absorbed), (7.0, 7.0));
}

#[test]
fn a_batch_norm_keeps_the_share_of_its_shift() {
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([2])).unwrap();
    let scale = model.add_const("scale", tensor1(&[2.0_f32, -1.0])).unwrap();
    let shift = model.add_const("shift", tensor1(&[2.0_f32, 4.0])).unwrap();
    let scaled = model.wire_node("scaled", math::mul(), &[x, scale]).unwrap()[0];
    let y = model
        .wire_node("shifted", math::add(), &[scaled, shift])
        .unwrap();
    model.select_output_outlets(&y).unwrap();
    let rules = Rules::uniform(Rule::Epsilon(0.0));
    let mut plan = Adjoint::of(&model)
        .rules(rules)
        .with_shares()
        .plan()
        .unwrap();
    let input = tensor1(&[3.0_f32, 2.0]).into();
    let pass = plan
        .run(tvec![input], &Target::Weighted(vec![8.0, 1.0]))
        .unwrap();
    // 6 of 8, and −2 of 2.
    close(&pass.gradients[0], &[6.0, -1.0]);
    assert_eq!(pass.shares[0].bias, 4.0);
}

#[test]
fn a_mean_and_a_sum_share_by_value() {
    let pixels = [1.0_f32, 2.0, 3.0, 2.0];
    let spec = PoolSpec::new(
        DataFormat::NCHW,
        tvec!(2, 2),
        PaddingSpec::Valid,
        None,
        Some(tvec!(1, 1)),
        1,
        1,
    );
    let mean: Box<dyn TypedOp> = Box::new(SumPool::new(spec, false, true));
    let sum: Box<dyn TypedOp> = Box::new(Reduce::new(tvec!(2, 3), Reducer::Sum));
    for op in [mean, sum] {
        let mut model = TypedModel::default();
        let x = model.add_source("x", f32::fact([1, 1, 2, 2])).unwrap();
        let y = model.wire_node("y", op, &[x]).unwrap();
        model.select_output_outlets(&y).unwrap();
        for (rule, want) in [
            (Rule::Epsilon(0.0), [2.0, 4.0, 6.0, 4.0]),
            (Rule::Gamma(0.5), [2.0, 4.0, 6.0, 4.0]),
            (Rule::ZPlus, [2.0, 4.0, 6.0, 4.0]),
            (Rule::Flat, [4.0; 4]),
        ] {
            let mut plan = Adjoint::of(&model)
                .rules(Rules::uniform(rule))
                .plan()
                .unwrap();
            let input = Tensor::from_shape(&[1, 1, 2, 2], &pixels).unwrap();
            let pass = plan
                .run(tvec![input.into()], &Target::Weighted(vec![16.0]))
                .unwrap();
            close(&pass.gradients[0], &want);
        }
    }
}

#[test]
fn each_layer_gets_its_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("../../models/lecture-lenet/lecture-lenet.onnx");
    let model = load_onnx(&file, &[]).unwrap();
    let rules_of = |rules: Rules| {
        let mut plan = Adjoint::of(&model)
            .rules(rules)
            .with_shares()
            .plan()
            .unwrap();
        let input = Tensor::zero::<f32>(&[1, 1, 28, 28]).unwrap();
        let pass = plan
            .run(tvec![input.into()], &Target::Relevance(0))
            .unwrap();
        let shares = pass.shares.into_iter();
        shares
            .map(|share| (share.node, share.rule))
            .collect::<Vec<_>>()
    };
    let layers = |fc: Rule, conv2: Rule, conv1: Rule| {
        let named = [("fc", fc), ("conv2", conv2), ("conv1", conv1)];
        named.map(|(name, rule)| (name.to_owned(), rule)).to_vec()
    };
    let (low, high) = (vec![0.0], vec![1.0]);
    let zbox = Rule::ZBox {
        low: low.clone(),
        high: high.clone(),
    };
    assert_eq!(
        rules_of(Rules::epsilon_gamma_box(0.5, 0.25, low, high)),
        layers(Rule::Epsilon(0.5), Rule::Gamma(0.25), zbox)
    );
    assert_eq!(
        rules_of(Rules::epsilon_plus_flat(0.5)),
        layers(Rule::Epsilon(0.5), Rule::ZPlus, Rule::Flat)
    );
    assert_eq!(
        rules_of(Rules::epsilon_plus(0.5)),
        layers(Rule::Epsilon(0.5), Rule::ZPlus, Rule::ZPlus)
    );
    let (alpha, beta) = (2.0, 1.0);
    let both = Rule::AlphaBeta { alpha, beta };
    let exception = outlet(&model, "fc").unwrap();
    assert_eq!(
        rules_of(Rules::epsilon_alpha2_beta1(0.5).with(exception, Rule::ZPlus)),
        layers(Rule::ZPlus, both.clone(), both)
    );
}

/// `x · Wᵀ` for `x = [1, 2]`, with the weights on either side.
fn dense(model: &mut TypedModel, x: OutletId, weights: [f32; 2], weights_first: bool) -> OutletId {
    let weights = Tensor::from_shape(&[1, 2], &weights).unwrap();
    let weights = model.add_const("weights", weights).unwrap();
    let (strings, operands) = if weights_first {
        (["ok", "nk"], [weights, x])
    } else {
        (["nk", "ok"], [x, weights])
    };
    let axes = AxesMapping::from_strs(&strings, &["no"]).unwrap();
    let op = EinSum::new(axes, f32::datum_type());
    model.wire_node("product", op, &operands).unwrap()[0]
}

#[test]
fn a_product_without_bias_follows_its_rule_whichever_side_the_weights_are_on() {
    for weights_first in [false, true] {
        for (rule, weights, want, absorbed) in [
            // 10 of 5 + 1: the parts are 3 and 2.
            (
                Rule::Epsilon(1.0),
                [3.0, -1.0],
                [5.0, 10.0 / 3.0],
                5.0 / 3.0,
            ),
            (Rule::Epsilon(0.0), [3.0, -1.0], [6.0, 4.0], 0.0),
            // Only −2 · −1 and 1 · 3 are positive.
            (Rule::ZPlus, [3.0, -1.0], [6.0, 4.0], 0.0),
            (Rule::ZPlus, [3.0, 1.0], [10.0, 0.0], 0.0),
        ] {
            let mut model = TypedModel::default();
            let x = model.add_source("x", f32::fact([1, 2])).unwrap();
            let y = dense(&mut model, x, weights, weights_first);
            model.select_output_outlets(&[y]).unwrap();
            let request = Adjoint::of(&model).rules(Rules::uniform(rule));
            let mut plan = request.with_shares().plan().unwrap();
            let input = tensor2(&[[1.0_f32, -2.0]]).into();
            let pass = plan.run(tvec![input], &Target::Weighted(vec![10.0]));
            let pass = pass.unwrap();
            close(&pass.gradients[0], &want);
            assert!((pass.shares[0].absorbed - absorbed).abs() < 4e-6);
            assert_eq!(pass.shares[0].bias, 0.0);
        }
    }
}

/// A product and its bias are one layer only where nothing else reads the product: here
/// the sum of both is read, and the product once more.
#[test]
fn a_product_that_is_read_twice_is_a_layer_of_its_own() {
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([1, 2])).unwrap();
    let product = dense(&mut model, x, [3.0, 0.0], false);
    let bias = model.add_const("bias", tensor2(&[[2.0_f32]])).unwrap();
    let sum = model.wire_node("sum", math::add(), &[product, bias]);
    let both = model.wire_node("both", math::add(), &[sum.unwrap()[0], product]);
    model.select_output_outlets(&both.unwrap()).unwrap();
    let request = Adjoint::of(&model).rules(Rules::uniform(Rule::Epsilon(1.0)));
    let mut plan = request.plan().unwrap();
    // 6 + 2 and 6: of 15, the sum gets 8 and the product 6; of 8, the product gets
    // 8 · 6 / 9; and of all that, x gets six sevenths.
    let input = tensor2(&[[2.0_f32, 0.0]]).into();
    let pass = plan.run(tvec![input], &Target::Weighted(vec![15.0]));
    let want = (6.0 + 8.0 * 6.0 / 9.0) * 6.0 / 7.0;
    close(&pass.unwrap().gradients[0], &[want, 0.0]);
}

#[test]
fn functions_norms_and_extremes_pass_relevance_and_products_of_elements_refuse_it() {
    let lrn = Lrn {
        alpha: 0.5,
        beta: 0.75,
        bias: 1.0,
        size: 3,
    };
    let greatest = Reduce::new(tvec!(1), Reducer::Max);
    let product = Reduce::new(tvec!(1), Reducer::Prod);
    type Case = (Box<dyn TypedOp>, Option<Vec<f32>>);
    let ops: [Case; 4] = [
        (sigmoid().into(), Some(vec![8.0, 8.0, 8.0])),
        (Box::new(lrn), Some(vec![8.0, 8.0, 8.0])),
        (Box::new(greatest), Some(vec![0.0, 8.0, 0.0])),
        (Box::new(product), None),
    ];
    for (op, want) in ops {
        let mut model = TypedModel::default();
        let x = model.add_source("x", f32::fact([1, 3, 1, 1])).unwrap();
        let y = model.wire_node("y", op, &[x]).unwrap();
        model.select_output_outlets(&y).unwrap();
        let size = model
            .outlet_fact(y[0])
            .unwrap()
            .shape
            .volume()
            .to_i64()
            .unwrap();
        let request = Adjoint::of(&model).rules(Rules::uniform(Rule::Epsilon(0.0)));
        let plan = request.plan();
        let Some(want) = want else {
            assert!(matches!(plan, Err(AdjointError::Unsupported { node, .. }) if node == "y"));
            continue;
        };
        let input = Tensor::from_shape(&[1, 3, 1, 1], &[1.0_f32, 5.0, -2.0]).unwrap();
        let objective = Target::Weighted(vec![8.0; size as usize]);
        let pass = plan.unwrap().run(tvec![input.into()], &objective);
        close(&pass.unwrap().gradients[0], &want);
    }
}
