//! Functions of one operand, element by element.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_core::ops::logic::{Iff, comp_gt};
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{
    GeluApproximate, GeluExact, HardSwish, LeakyRelu, Sigmoid, Silu, sigmoid,
};

use super::Step;
use crate::AdjointError;
use crate::tape::Tape;

/// Sends `step.arrived` back, times the slope of `op` at its input. Steps (sign,
/// rounding) have the slope 0.
pub fn differentiate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &dyn ElementWiseMiniOp,
) -> Result<(), AdjointError> {
    if op.is::<math::Sign>()
        || op.is::<math::Ceil>()
        || op.is::<math::Floor>()
        || op.is::<math::Round>()
        || op.is::<math::RoundHalfToEven>()
    {
        return Ok(());
    }
    let back = if op.is::<math::Neg>() {
        tape.wire(math::neg(), &[step.arrived])?
    } else if let Some(leaky) = op.downcast_ref::<LeakyRelu>() {
        let x = tape.saved(step.node.inputs[0])?;
        let less = tape.scale(step.arrived, leaky.alpha)?;
        let zero = tape.number(0.0, x)?;
        choose_above(tape, [x, zero], [step.arrived, less])?
    } else {
        let slope = slope(tape, step, op)?;
        tape.mul(step.arrived, slope)?
    };
    tape.give(step.node.inputs[0], back)
}

/// `above` where `x > bound`, `below` elsewhere.
fn choose_above(
    tape: &mut Tape<'_>,
    [x, bound]: [OutletId; 2],
    [above, below]: [OutletId; 2],
) -> Result<OutletId, AdjointError> {
    let is_above = tape.wire(TypedBinOp(comp_gt(), None), &[x, bound])?;
    tape.wire(Iff, &[is_above, above, below])
}

fn slope(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &dyn ElementWiseMiniOp,
) -> Result<OutletId, AdjointError> {
    let input = step.node.inputs[0];
    if let Some(slope) = slope_from_output(tape, step.output(), op)? {
        return Ok(slope);
    }
    if let Some(slope) = slope_of_activation(tape, step, op)? {
        return Ok(slope);
    }
    let known = [
        op.is::<math::Square>(),
        op.is::<math::Ln>(),
        op.is::<math::Abs>(),
        op.is::<math::Sin>(),
        op.is::<math::Cos>(),
        op.is::<math::Sinh>(),
        op.is::<math::Cosh>(),
        op.is::<math::Asin>(),
        op.is::<math::Acos>(),
        op.is::<math::Atan>(),
        op.is::<math::Asinh>(),
        op.is::<math::Acosh>(),
        op.is::<math::Atanh>(),
        op.is::<math::Erf>(),
        op.is::<math::PowConst>(),
    ];
    if !known.contains(&true) {
        return Err(step.unsupported("the function is not supported"));
    }
    let x = tape.saved(input)?;
    if let Some(power) = op.downcast_ref::<math::PowConst>() {
        let less = tape.wire(math::pow_const(power.exponent - 1.0), &[x])?;
        tape.scale(less, power.exponent)
    } else if op.is::<math::Square>() {
        tape.scale(x, 2.0)
    } else if op.is::<math::Ln>() {
        tape.wire(math::recip(), &[x])
    } else if op.is::<math::Abs>() {
        tape.wire(math::sign(), &[x])
    } else if op.is::<math::Sin>() {
        tape.wire(math::cos(), &[x])
    } else if op.is::<math::Cos>() {
        let sine = tape.wire(math::sin(), &[x])?;
        tape.wire(math::neg(), &[sine])
    } else if op.is::<math::Sinh>() {
        tape.wire(math::cosh(), &[x])
    } else if op.is::<math::Cosh>() {
        tape.wire(math::sinh(), &[x])
    } else if op.is::<math::Erf>() {
        bell(tape, x, 1.0, FRAC_2_SQRT_PI)
    } else {
        slope_of_inverse(tape, op, x)
    }
}

/// `height · exp(−(scale · x)²)`.
fn bell(
    tape: &mut Tape<'_>,
    x: OutletId,
    scale: f32,
    height: f32,
) -> Result<OutletId, AdjointError> {
    let square = tape.wire(math::square(), &[x])?;
    let exponent = tape.scale(square, -scale * scale)?;
    let bell = tape.wire(math::exp(), &[exponent])?;
    tape.scale(bell, height)
}

/// Inverse circular and hyperbolic functions: `± 1 / (a + b·x²)` or its root.
fn slope_of_inverse(
    tape: &mut Tape<'_>,
    op: &dyn ElementWiseMiniOp,
    x: OutletId,
) -> Result<OutletId, AdjointError> {
    let square = tape.wire(math::square(), &[x])?;
    let falls = op.is::<math::Asin>() || op.is::<math::Acos>() || op.is::<math::Atanh>();
    let signed = tape.scale(square, if falls { -1.0 } else { 1.0 })?;
    let offset = if op.is::<math::Acosh>() { -1.0 } else { 1.0 };
    let inner = tape.shift(signed, offset)?;
    let is_rational = op.is::<math::Atan>() || op.is::<math::Atanh>();
    let slope: ElementWiseOp = if is_rational {
        math::recip()
    } else {
        math::rsqrt()
    };
    let slope = tape.wire(slope, &[inner])?;
    if op.is::<math::Acos>() {
        tape.wire(math::neg(), &[slope])
    } else {
        Ok(slope)
    }
}

/// Slopes that the output alone gives.
fn slope_from_output(
    tape: &mut Tape<'_>,
    output: OutletId,
    op: &dyn ElementWiseMiniOp,
) -> Result<Option<OutletId>, AdjointError> {
    let slope = if op.is::<math::Exp>() {
        tape.saved(output)?
    } else if op.is::<math::Sqrt>() {
        let y = tape.saved(output)?;
        let twice = tape.scale(y, 2.0)?;
        tape.wire(math::recip(), &[twice])?
    } else if op.is::<math::Recip>() {
        let y = tape.saved(output)?;
        let square = tape.wire(math::square(), &[y])?;
        tape.wire(math::neg(), &[square])?
    } else if op.is::<math::Rsqrt>() {
        let y = tape.saved(output)?;
        let square = tape.wire(math::square(), &[y])?;
        let cube = tape.mul(square, y)?;
        tape.scale(cube, -0.5)?
    } else if op.is::<math::Tan>() {
        let y = tape.saved(output)?;
        let square = tape.wire(math::square(), &[y])?;
        tape.shift(square, 1.0)?
    } else if op.is::<math::Tanh>() {
        let y = tape.saved(output)?;
        let square = tape.wire(math::square(), &[y])?;
        let negative = tape.wire(math::neg(), &[square])?;
        tape.shift(negative, 1.0)?
    } else if op.is::<Sigmoid>() {
        let y = tape.saved(output)?;
        rise(tape, y)?
    } else {
        return Ok(None);
    };
    Ok(Some(slope))
}

/// `s · (1 − s)`.
fn rise(tape: &mut Tape<'_>, s: OutletId) -> Result<OutletId, AdjointError> {
    let square = tape.wire(math::square(), &[s])?;
    tape.sub(s, square)
}

/// `x` times a function that rises from 0 to 1.
fn slope_of_activation(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &dyn ElementWiseMiniOp,
) -> Result<Option<OutletId>, AdjointError> {
    let [is_silu, is_gelu] = [op.is::<Silu>(), op.is::<GeluExact>()];
    let approximate = op.downcast_ref::<GeluApproximate>();
    if op.is::<HardSwish>() {
        let x = tape.saved(step.node.inputs[0])?;
        return hard_swish(tape, x).map(Some);
    }
    if !is_silu && !is_gelu && approximate.is_none() {
        return Ok(None);
    }
    let x = tape.saved(step.node.inputs[0])?;
    let (share, density) = if is_silu {
        let share = tape.wire(sigmoid(), &[x])?;
        (share, rise(tape, share)?)
    } else if is_gelu {
        let scaled = tape.scale(x, FRAC_1_SQRT_2)?;
        let erf = tape.wire(math::erf(), &[scaled])?;
        let half = tape.scale(erf, 0.5)?;
        let share = tape.shift(half, 0.5)?;
        (
            share,
            bell(tape, x, FRAC_1_SQRT_2, 0.5 * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI)?,
        )
    } else {
        // ½ · (1 + tanh u), u = √(2/π) · (x + 0.044715 x³).
        let square = tape.wire(math::square(), &[x])?;
        let factor = tape.scale(square, 0.044_715)?;
        let factor = tape.shift(factor, 1.0)?;
        let u = tape.mul(x, factor)?;
        let u = tape.scale(u, (2.0 / PI).sqrt())?;
        let tanh = tape.wire(math::tanh(), &[u])?;
        let half = tape.scale(tanh, 0.5)?;
        let share = tape.shift(half, 0.5)?;
        let tanh2 = tape.wire(math::square(), &[tanh])?;
        let rise = tape.scale(tanh2, -0.5)?;
        let rise = tape.shift(rise, 0.5)?;
        let inner = tape.scale(square, 3.0 * 0.044_715 * (2.0 / PI).sqrt())?;
        let inner = tape.shift(inner, (2.0 / PI).sqrt())?;
        (share, tape.mul(rise, inner)?)
    };
    let moved = tape.mul(x, density)?;
    tape.add(share, moved).map(Some)
}

/// `x · clamp(x/6 + ½, 0, 1)`: 0 up to −3, 1 above 3, `x/3 + ½` between.
fn hard_swish(tape: &mut Tape<'_>, x: OutletId) -> Result<OutletId, AdjointError> {
    let third = tape.scale(x, 1.0 / 3.0)?;
    let middle = tape.shift(third, 0.5)?;
    let [low, high] = [tape.number(-3.0, x)?, tape.number(3.0, x)?];
    let [none, all] = [tape.number(0.0, x)?, tape.number(1.0, x)?];
    let left = choose_above(tape, [x, low], [middle, none])?;
    choose_above(tape, [x, high], [all, left])
}
