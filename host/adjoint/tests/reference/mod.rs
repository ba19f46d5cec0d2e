//! Typed graphs evaluated in `f64`, and central differences of what they give.
//!
//! Operators that tract has for `f64` are run by tract, unoptimised, one by one; the
//! others are written out here from their definitions.

pub mod check;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cast::Cast;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math::PowConst;
use tract_onnx::tract_core::ops::nn::LeakyRelu;

/// Step of the differences. Their error is about `h²/6` of a third derivative,
/// 1e-9 for values near one, and `2⁻⁵³/h`, 1e-12, of rounding.
const STEP: f64 = 1.0 / 16_384.0;

/// What single precision may be off: chains of at most 2⁹ roundings of 2⁻²⁴, with
/// sums whose terms are at most four times as large as the greatest derivative.
pub const TOLERANCE: f64 = 1.0 / 8_192.0;

/// Sigmoid.
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The error function by its series (Abramowitz and Stegun 7.1.6), for |x| < 4.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
    }
    sum * (-x * x).exp() * std::f64::consts::FRAC_2_SQRT_PI
}

/// Functions that tract has for `f32` alone.
fn function(op: &ElementWiseOp) -> Option<Box<dyn Fn(f64) -> f64>> {
    if let Some(op) = op.0.downcast_ref::<LeakyRelu>() {
        let alpha = f64::from(op.alpha);
        return Some(Box::new(move |x| if x > 0.0 { x } else { alpha * x }));
    }
    if let Some(op) = op.0.downcast_ref::<PowConst>() {
        let exponent = f64::from(op.exponent);
        return Some(Box::new(move |x| x.powf(exponent)));
    }
    let function: fn(f64) -> f64 = match &*op.0.name() {
        "Sigmoid" => sigmoid,
        "Silu" => |x| x * sigmoid(x),
        "Tanh" => f64::tanh,
        "Erf" => erf,
        "RoundHalfToEven" => f64::round_ties_even,
        "HardSwish" => |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        "GeluExact" => |x| 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        "GeluApproximate" => |x| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        },
        _ => return None,
    };
    Some(Box::new(function))
}

/// The values `read` of `model`, with some values set: inputs, constants, anything.
pub fn evaluate(
    model: &TypedModel,
    set: &[(OutletId, Tensor)],
    read: &[OutletId],
) -> TractResult<Vec<Tensor>> {
    let mut values: HashMap<OutletId, TValue> = HashMap::new();
    for id in model.eval_order()? {
        let node = model.node(id);
        let outlet = OutletId::from(id);
        if let Some((_, value)) = set.iter().find(|(at, _)| *at == outlet) {
            values.insert(outlet, value.clone().into_tvalue());
            continue;
        }
        if let Some(konst) = &node.outputs[0].fact.konst {
            values.insert(outlet, widen(konst)?.into_tvalue());
            continue;
        }
        let inputs: TVec<TValue> = node.inputs.iter().map(|at| values[at].clone()).collect();
        let element_wise = node.op_as::<ElementWiseOp>().and_then(function);
        let outputs = if let Some(function) = element_wise {
            let view = inputs[0].to_plain_array_view::<f64>()?;
            tvec!(view.mapv(function).into_tensor().into_tvalue())
        } else if let Some(op) = node.op_as::<EinSum>() {
            let wide = EinSum {
                operating_dt: f64::datum_type(),
                ..op.clone()
            };
            wide.eval(&EvalContext::out_of_plan(), inputs)?
        } else if node
            .op_as::<Cast>()
            .is_some_and(|op| op.to == f32::datum_type())
        {
            let wide = Cast {
                to: f64::datum_type(),
            };
            wide.eval(&EvalContext::out_of_plan(), inputs)?
        } else {
            node.op.eval(&EvalContext::out_of_plan(), inputs)?
        };
        for (slot, output) in outputs.into_iter().enumerate() {
            values.insert(OutletId::new(id, slot), output);
        }
    }
    Ok(read
        .iter()
        .map(|at| values[at].clone().into_tensor())
        .collect())
}

/// `tensor` in `f64` if it is `f32`.
pub fn widen(tensor: &Tensor) -> TractResult<Tensor> {
    if tensor.datum_type() == f32::datum_type() {
        Ok(tensor.cast_to::<f64>()?.into_owned())
    } else {
        Ok(tensor.clone())
    }
}

/// The derivative of `Σ weights · read` with respect to element `at` of the value
/// `wrt`, or nothing where a kink lies within the step: there the differences of two
/// steps disagree.
pub fn difference(
    model: &TypedModel,
    set: &[(OutletId, Tensor)],
    (wrt, at): (OutletId, usize),
    read: OutletId,
    weights: &[f32],
) -> TractResult<Option<f64>> {
    let objective = |offset: f64| -> TractResult<f64> {
        let mut moved = set.to_vec();
        let (_, value) = moved.iter_mut().find(|(outlet, _)| *outlet == wrt).unwrap();
        value.try_as_plain_ram_mut()?.as_slice_mut::<f64>()?[at] += offset;
        let output = evaluate(model, &moved, &[read])?.remove(0);
        let view = output.to_plain_array_view::<f64>()?;
        Ok(view
            .iter()
            .zip(weights)
            .map(|(y, &w)| y * f64::from(w))
            .sum())
    };
    let slope = |h: f64| Ok::<_, TractError>((objective(h)? - objective(-h)?) / (2.0 * h));
    let (wide, narrow) = (slope(STEP)?, slope(STEP / 2.0)?);
    let is_smooth = (wide - narrow).abs() <= 1e-5 * (1.0 + narrow.abs());
    Ok(is_smooth.then_some(narrow))
}
