//! Operators of two operands, element by element, with repetition.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::{BinMiniOp, TypedBinOp};
use tract_onnx::tract_core::ops::logic::{Iff, comp_eq, comp_gt};
use tract_onnx::tract_core::ops::math;

use super::Step;
use crate::operators::{Gate, Passed};
use crate::tape::Tape;
use crate::{AdjointError, Rule};

/// The one number that all elements of a constant have.
pub fn bound(model: &TypedModel, outlet: OutletId) -> Option<f32> {
    let fact = model.outlet_fact(outlet).ok()?;
    let uniform = fact.konst.as_ref()?.as_uniform()?;
    uniform.cast_to_scalar::<f32>().ok()
}

/// Sends `step.arrived` to both operands.
pub fn differentiate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &dyn BinMiniOp,
    rule: &Rule,
) -> Result<(), AdjointError> {
    let [a, b] = [step.node.inputs[0], step.node.inputs[1]];
    let g = step.arrived;
    if op.is::<math::Max>() || op.is::<math::Min>() {
        return differentiate_bound(tape, step, op.is::<math::Max>(), rule);
    }
    for (operand, is_first) in [(a, true), (b, false)] {
        if !tape.is_active(operand) {
            continue;
        }
        let other = if is_first { b } else { a };
        let back = if op.is::<math::Add>() {
            g
        } else if op.is::<math::Sub>() || op.is::<math::SubF>() {
            // SubF is b − a.
            if is_first == op.is::<math::Sub>() {
                g
            } else {
                tape.wire(math::neg(), &[g])?
            }
        } else if op.is::<math::Mul>() {
            let other = tape.saved(other)?;
            tape.mul(g, other)?
        } else if op.is::<math::Div>() {
            let divisor = tape.saved(b)?;
            let quotient = tape.div(g, divisor)?;
            if is_first {
                quotient
            } else {
                let y = tape.saved(step.output())?;
                let product = tape.mul(quotient, y)?;
                tape.wire(math::neg(), &[product])?
            }
        } else if op.is::<math::Pow>() {
            power(tape, step, is_first)?
        } else {
            return Err(step.unsupported("the operator is not supported"));
        };
        let shape = tape.shape(operand)?;
        let back = tape.sum_to(back, &shape)?;
        tape.give(operand, back)?;
    }
    Ok(())
}

/// `a^b`: `b · a^(b − 1)` for the base, `a^b · ln a` for the exponent.
fn power(tape: &mut Tape<'_>, step: &Step<'_>, is_base: bool) -> Result<OutletId, AdjointError> {
    let base = tape.saved(step.node.inputs[0])?;
    if is_base {
        let exponent = tape.saved(step.node.inputs[1])?;
        let less = tape.shift(exponent, -1.0)?;
        let slope = tape.binary(math::pow(), base, less)?;
        let slope = tape.mul(slope, exponent)?;
        return tape.mul(step.arrived, slope);
    }
    let y = tape.saved(step.output())?;
    let log = tape.wire(math::ln(), &[base])?;
    let slope = tape.mul(y, log)?;
    tape.mul(step.arrived, slope)
}

/// `max(a, b)` and `min(a, b)`. Against one constant number nothing passes where
/// both are equal, so the derivative of a rectifier is 0 at 0; between two values
/// each gets half.
fn differentiate_bound(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    is_max: bool,
    rule: &Rule,
) -> Result<(), AdjointError> {
    let [a, b] = [step.node.inputs[0], step.node.inputs[1]];
    for (operand, other) in [(a, b), (b, a)] {
        if !tape.is_active(operand) {
            continue;
        }
        let shape = tape.shape(operand)?;
        let same_shape = shape == tape.shape(step.output())?;
        let limit = bound(tape.model, other).filter(|_| same_shape);
        let back = match limit {
            Some(limit) => {
                let passed = match rule {
                    Rule::Guided if is_max && limit == 0.0 => Passed::PositiveBeyond,
                    Rule::Deconvnet if is_max && limit == 0.0 => Passed::Positive,
                    Rule::Deconvnet => Passed::All,
                    _ => Passed::Beyond,
                };
                gate(
                    tape,
                    step,
                    Gate::new(passed, is_max, limit, tape.scratch.clone()),
                )?
            }
            None => compare(tape, step, operand, other, is_max)?,
        };
        let back = tape.sum_to(back, &shape)?;
        tape.give(operand, back)?;
    }
    Ok(())
}

fn gate(tape: &mut Tape<'_>, step: &Step<'_>, gate: Gate) -> Result<OutletId, AdjointError> {
    match gate.passed {
        Passed::All => Ok(step.arrived),
        Passed::Positive => tape.positive(step.arrived),
        Passed::Beyond | Passed::PositiveBeyond => {
            // The output passes the bound just where the input does.
            let y = tape.saved(step.output())?;
            tape.wire(gate, &[step.arrived, y])
        }
    }
}

fn compare(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    operand: OutletId,
    other: OutletId,
    is_max: bool,
) -> Result<OutletId, AdjointError> {
    let [own, other] = [tape.saved(operand)?, tape.saved(other)?];
    let ordered = if is_max { [own, other] } else { [other, own] };
    let wins = tape.wire(TypedBinOp(comp_gt(), None), &ordered)?;
    let ties = tape.wire(TypedBinOp(comp_eq(), None), &[own, other])?;
    let half = tape.scale(step.arrived, 0.5)?;
    let nothing = tape.number(0.0, half)?;
    let tied = tape.wire(Iff, &[ties, half, nothing])?;
    tape.wire(Iff, &[wins, step.arrived, tied])
}
