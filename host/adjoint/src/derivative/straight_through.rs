//! Straight-through derivatives of int8 arithmetic.

use super::Step;
use crate::straight_through::{Rescale, RescaleGradient, Steps};
use crate::tape::Tape;
use crate::{AdjointError, Rule};

/// Rounding passes everything.
pub fn differentiate_steps(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Steps,
) -> Result<(), AdjointError> {
    let back = tape.scale(step.arrived, op.slope())?;
    tape.give(step.node.inputs[0], back)
}

/// Saturated values pass nothing; where saturation stands for a rectifier, `rule` says
/// what passes, as it does for a rectifier of floats.
pub fn differentiate_rescale(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Rescale,
    rule: &Rule,
) -> Result<(), AdjointError> {
    let is_rectifier = op.to.is_some_and(|to| to.is_rectifier);
    let gradient = RescaleGradient {
        forward: op.clone(),
        only_positive: is_rectifier && matches!(rule, Rule::Guided | Rule::Deconvnet),
        ignores_saturation: matches!(rule, Rule::Deconvnet),
    };
    let mut operands = vec![step.arrived];
    for &part in &step.node.inputs {
        operands.push(tape.saved(part)?);
    }
    let back = tape.wire(gradient, &operands)?;
    for &part in &step.node.inputs {
        tape.give(part, back)?;
    }
    Ok(())
}
