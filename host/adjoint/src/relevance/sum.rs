//! Sums and differences of branches, and shifts by constants.

use tract_onnx::tract_core::ops::binary::BinMiniOp;
use tract_onnx::tract_core::ops::math;

use super::ShareWires;
use super::linear::total;
use crate::derivative::Step;
use crate::operators::Quotient;
use crate::tape::Tape;
use crate::{AdjointError, Rule};

/// Each operand gets relevance in proportion to what it adds; with z⁺ and αβ to
/// what it adds that is positive. A constant keeps its part, as a bias does.
pub fn propagate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &dyn BinMiniOp,
    rule: &Rule,
) -> Result<ShareWires, AdjointError> {
    let only_positive = matches!(rule, Rule::ZPlus | Rule::AlphaBeta { .. });
    let epsilon = match rule {
        Rule::Epsilon(epsilon) => *epsilon,
        _ => 0.0,
    };
    let whole = tape.shape(step.output())?;
    let mut terms = Vec::new();
    for (slot, &operand) in step.node.inputs.iter().enumerate() {
        let mut term = tape.saved(operand)?;
        let is_subtracted =
            (op.is::<math::Sub>() && slot == 1) || (op.is::<math::SubF>() && slot == 0);
        if is_subtracted {
            term = tape.wire(math::neg(), &[term])?;
        }
        if only_positive {
            term = tape.positive(term)?;
        }
        terms.push(tape.broadcast(term, &whole)?);
    }
    let sum = tape.add(terms[0], terms[1])?;
    let shares = tape.wire(Quotient::new(epsilon), &[step.arrived, sum])?;
    let mut below = None;
    let mut kept = None;
    for (&operand, &term) in step.node.inputs.iter().zip(&terms) {
        let part = tape.mul(shares, term)?;
        let into = if tape.constant(operand)?.is_some() {
            &mut kept
        } else {
            let shape = tape.shape(operand)?;
            let back = tape.sum_to(part, &shape)?;
            tape.give(operand, back)?;
            &mut below
        };
        *into = Some(match *into {
            Some(before) => tape.add(before, part)?,
            None => part,
        });
    }
    let shared = tape.mul(shares, sum)?;
    let absorbed = tape.sub(step.arrived, shared)?;
    let below = match below {
        Some(below) => total(tape, below)?,
        None => return Err(step.unsupported("a sum of constants has no relevance")),
    };
    Ok(ShareWires {
        above: total(tape, step.arrived)?,
        below,
        bias: kept.map(|kept| total(tape, kept)).transpose()?,
        absorbed: total(tape, absorbed)?,
    })
}
