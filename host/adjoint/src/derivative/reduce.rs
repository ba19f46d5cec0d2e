//! Sums, means of squares, extremes and products over axes.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_core::ops::logic::comp_eq;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use super::Step;
use crate::AdjointError;
use crate::operators::ProductGradient;
use crate::tape::Tape;

/// Sends what arrived to every element that was reduced. Elements that tie for an
/// extreme share it evenly.
pub fn differentiate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Reduce,
) -> Result<(), AdjointError> {
    let input = step.node.inputs[0];
    let g = step.arrived;
    let back = match op.reducer {
        Reducer::Sum => g,
        Reducer::MeanOfSquares => {
            let shape = tape.shape(input)?;
            let count: usize = op.axes.iter().map(|&axis| shape[axis]).product();
            let x = tape.saved(input)?;
            let slope = tape.scale(x, 2.0 / count as f32)?;
            tape.mul(g, slope)?
        }
        Reducer::Max | Reducer::Min => {
            let [x, y] = [tape.saved(input)?, tape.saved(step.output())?];
            let ties = tape.wire(TypedBinOp(comp_eq(), None), &[x, y])?;
            let ties = tape.wire(cast(f32::datum_type()), &[ties])?;
            let count = tape.sum(ties, &op.axes)?;
            let share = tape.div(g, count)?;
            tape.mul(ties, share)?
        }
        Reducer::Prod => {
            let x = tape.saved(input)?;
            tape.wire(ProductGradient::new(&op.axes), &[g, x])?
        }
        Reducer::ArgMax(_) | Reducer::ArgMin(_) | Reducer::All | Reducer::Any => {
            return Err(step.unsupported("an index or a truth value has no derivative"));
        }
    };
    tape.give(input, back)
}
