//! A choice between two values by a condition.

use tract_onnx::tract_core::ops::logic::Iff;

use super::Step;
use crate::AdjointError;
use crate::tape::Tape;

/// What arrived goes to the value that was chosen.
pub fn differentiate(tape: &mut Tape<'_>, step: &Step<'_>) -> Result<(), AdjointError> {
    let condition = tape.saved(step.node.inputs[0])?;
    let nothing = tape.number(0.0, step.arrived)?;
    for (slot, is_then) in [(1, true), (2, false)] {
        let operand = step.node.inputs[slot];
        if !tape.is_active(operand) {
            continue;
        }
        let [then, otherwise] = if is_then {
            [step.arrived, nothing]
        } else {
            [nothing, step.arrived]
        };
        let back = tape.wire(Iff, &[condition, then, otherwise])?;
        let shape = tape.shape(operand)?;
        let back = tape.sum_to(back, &shape)?;
        tape.give(operand, back)?;
    }
    Ok(())
}
