//! Int8 arithmetic with straight-through derivatives, by numbers worked out by hand.

use tract_adjoint::straight_through::{Int8, Rescale, Steps};
use tract_adjoint::{Adjoint, Rule, Rules, Target};
use tract_onnx::prelude::*;

/// Value and derivative of the sum of what `op` gives for `inputs`, one channel each, by
/// `rule`.
fn pass(op: impl Into<Box<dyn TypedOp>>, inputs: &[f32], rule: Rule) -> (Tensor, Tensor) {
    let mut model = TypedModel::default();
    let shape = [1, inputs.len()];
    let x = model.add_source("x", f32::fact(shape)).unwrap();
    let y = model.wire_node("y", op, &[x]).unwrap()[0];
    model.select_output_outlets(&[y]).unwrap();
    let adjoint = Adjoint::of(&model).rules(Rules::uniform(rule));
    let mut plan = adjoint.plan().unwrap();
    let input = Tensor::from_shape(&shape, inputs).unwrap();
    let pass = plan.run(tvec![input.into()], &Target::Sum).unwrap();
    let values = pass.values[0].clone().into_tensor();
    (values, pass.gradients[0].clone().into_tensor())
}

fn row(values: &[f32]) -> Tensor {
    Tensor::from_shape(&[1, values.len()], values).unwrap()
}

#[test]
fn steps_are_whole_and_their_derivative_is_the_inverse_of_the_scale() {
    let (values, slopes) = pass(Steps::of(0.25), &[0.5, -0.75, 0.2, 0.0], Rule::Gradient);
    assert_eq!(values, row(&[2.0, -3.0, 1.0, 0.0]));
    assert_eq!(slopes, row(&[4.0; 4]));
}

/// Sums of 2 units a step, `m` = ½ and zero 0: beyond −128 and 127 nothing passes, at the
/// bounds themselves all does; ties go to the even number.
#[test]
fn saturated_values_have_the_derivative_zero() {
    let op = Rescale {
        bias: vec![1],
        multipliers: vec![0.5],
        slopes: vec![3.0],
        to: Some(Int8 {
            scale: 6.0,
            zero: 0,
            is_rectifier: false,
        }),
    };
    let sums = [-258.0, -257.0, -3.0, 0.0, 2.0, 253.0, 254.0, 300.0];
    let (values, slopes) = pass(op, &sums, Rule::Gradient);
    // In steps: −128.5, −128, −1, ½, 1½, 127, 127½, 150½.
    let steps = [-128.0, -128.0, -1.0, 0.0, 2.0, 127.0, 127.0, 127.0];
    assert_eq!(values, row(&steps.map(|steps| steps * 6.0)));
    assert_eq!(slopes, row(&[0.0, 3.0, 3.0, 3.0, 3.0, 3.0, 0.0, 0.0]));
}

/// Zero at −128 is a rectifier: nothing passes at its kink, as at that of a float one, and
/// guided backpropagation and the deconvnet take it for what it is.
#[test]
fn saturation_at_zero_is_a_rectifier() {
    let op = |slope: f32| Rescale {
        bias: vec![0],
        multipliers: vec![1.0],
        slopes: vec![slope],
        to: Some(Int8 {
            scale: 0.5,
            zero: -128,
            is_rectifier: true,
        }),
    };
    let sums = [-1.0, 0.0, 1.0, 255.0, 256.0];
    let (values, slopes) = pass(op(0.5), &sums, Rule::Gradient);
    assert_eq!(values, row(&[0.0, 0.0, 0.5, 127.5, 127.5]));
    assert_eq!(slopes, row(&[0.0, 0.0, 0.5, 0.5, 0.0]));
    // What arrives is 1 everywhere: positive. A slope below 0 stands for no network.
    let (_, guided) = pass(op(0.5), &sums, Rule::Guided);
    assert_eq!(guided, slopes);
    let (_, deconvnet) = pass(op(0.5), &sums, Rule::Deconvnet);
    assert_eq!(deconvnet, row(&[0.5; 5]));
}

/// Every channel has its own numbers; without an int8 nothing is rounded.
#[test]
fn channels_have_multipliers_of_their_own() {
    let op = Rescale {
        bias: vec![1, -2],
        multipliers: vec![0.5, 0.25],
        slopes: vec![0.5, 0.25],
        to: None,
    };
    let (values, slopes) = pass(op, &[2.0, 5.0], Rule::Gradient);
    assert_eq!(values, row(&[1.5, 0.75]));
    assert_eq!(slopes, row(&[0.5, 0.25]));
}

/// 2²⁴ + 1 is no `f32`: the parts are added before they are rounded.
#[test]
fn parts_are_added_without_rounding() {
    let mut model = TypedModel::default();
    let parts = ["a", "b", "c"].map(|name| model.add_source(name, f32::fact([1, 1])).unwrap());
    let op = Rescale {
        bias: vec![1],
        multipliers: vec![1.0],
        slopes: vec![1.0],
        to: None,
    };
    let y = model.wire_node("y", op, &parts).unwrap()[0];
    model.select_output_outlets(&[y]).unwrap();
    let mut plan = Adjoint::of(&model).wrt(&parts).plan().unwrap();
    let inputs = [16_777_216.0_f32, 1.0, 1.0].map(|part| row(&[part]).into());
    let pass = plan
        .run(inputs.into_iter().collect(), &Target::Sum)
        .unwrap();
    // 2²⁴ + 3 lies between two numbers of f32; the even one is above.
    assert_eq!(*pass.values[0], row(&[16_777_220.0]));
    for gradient in &pass.gradients {
        assert_eq!(**gradient, row(&[1.0]));
    }
}

#[test]
fn relevance_is_refused() {
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([1, 1])).unwrap();
    let y = model
        .wire_node("y", Rescale::quantise(0.5, 0), &[x])
        .unwrap()[0];
    model.select_output_outlets(&[y]).unwrap();
    let rules = Rules::uniform(Rule::Epsilon(1e-6));
    let refused = Adjoint::of(&model).rules(rules).plan();
    let words = refused.expect_err("there is no rule").to_string();
    assert!(words.contains("int8"), "{words}");
}
