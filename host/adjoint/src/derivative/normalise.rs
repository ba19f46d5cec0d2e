//! Softmax, log-softmax, and normalisation by neighbouring channels or by the root mean
//! square.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer, RmsNorm, Softmax, SoftmaxKind};
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

/// Division `y = x · r` by the root mean square, `r = 1 / √(mean x² + ε)`:
/// `r · (g − y · mean (g·y))`.
pub fn differentiate_rms_norm(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &RmsNorm,
) -> Result<(), AdjointError> {
    let input = step.node.inputs[0];
    let count = tape.shape(input)?[op.axis] as f32;
    let (x, y) = (tape.saved(input)?, tape.saved(step.output())?);
    let squares = tape.wire(Reduce::new(tvec!(op.axis), Reducer::MeanOfSquares), &[x])?;
    let moved = tape.shift(squares, op.eps.cast_to_scalar::<f32>()?)?;
    let factor = tape.wire(math::rsqrt(), &[moved])?;
    let product = tape.mul(step.arrived, y)?;
    let sum = tape.sum(product, &[op.axis])?;
    let mean = tape.scale(sum, 1.0 / count)?;
    let along = tape.mul(y, mean)?;
    let rest = tape.sub(step.arrived, along)?;
    let back = tape.mul(rest, factor)?;
    tape.give(input, back)
}
