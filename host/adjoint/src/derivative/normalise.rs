//! Softmax, log-softmax, and normalisation over neighbouring channels.

use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{Softmax, SoftmaxKind};
use tract_onnx_opl::lrn::Lrn;

use super::Step;
use crate::AdjointError;
use crate::operators::LrnGradient;
use crate::tape::Tape;

/// Softmax `y`: `y · (g − Σ g·y)`. Log-softmax: `g − exp(y) · Σ g`.
pub fn differentiate_softmax(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Softmax,
) -> Result<(), AdjointError> {
    let y = tape.saved(step.output())?;
    let g = step.arrived;
    let back = match op.kind {
        SoftmaxKind::Softmax => {
            let product = tape.mul(g, y)?;
            let sum = tape.sum(product, &op.axes)?;
            let rest = tape.sub(g, sum)?;
            tape.mul(rest, y)?
        }
        SoftmaxKind::LogSoftmax => {
            let sum = tape.sum(g, &op.axes)?;
            let shares = tape.wire(math::exp(), &[y])?;
            let taken = tape.mul(shares, sum)?;
            tape.sub(g, taken)?
        }
    };
    tape.give(step.node.inputs[0], back)
}

/// Local response normalisation, by an operator of our own.
pub fn differentiate_lrn(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Lrn,
) -> Result<(), AdjointError> {
    let x = tape.saved(step.node.inputs[0])?;
    let back = tape.wire(LrnGradient::new(op), &[step.arrived, x])?;
    tape.give(step.node.inputs[0], back)
}
