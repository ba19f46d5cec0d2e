//! The derivative of each operator of tract, as nodes of the backward graph.

mod arithmetic;
mod choice;
mod convolution;
mod element_wise;
mod normalise;
mod pool;
mod product;
mod rearrange;
mod reduce;
mod resize;
mod straight_through;
mod transposed;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::array::{Gather, MultiBroadcastTo, Pad, Slice, Tile, TypedConcat};
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cast::Cast;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, MaxPool, SumPool};
use tract_onnx::tract_core::ops::downsample::Downsample;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx::tract_core::ops::logic::Iff;
use tract_onnx::tract_core::ops::nn::{Reduce, RmsNorm, Softmax};
use tract_onnx_opl::lrn::Lrn;

use crate::error::unsupported;
use crate::straight_through::{Rescale, Steps};
use crate::tape::Tape;
use crate::{AdjointError, Rule};

pub use arithmetic::bound;
pub use convolution::{input_gradient, is_plain};
pub use pool::spread;
pub use product::{Product, operand_gradient};
pub use resize::{Interpolation, is_resize};
pub use transposed::transposed_gradient;

/// A node of the forward graph on the way back.
pub struct Step<'a> {
    /// The node.
    pub node: &'a TypedNode,
    /// What arrived at its first output.
    pub arrived: OutletId,
}

impl Step<'_> {
    /// The error that says why the way ends here.
    pub fn unsupported(&self, why: &'static str) -> AdjointError {
        unsupported(self.node, why)
    }

    /// The node's first output.
    pub fn output(&self) -> OutletId {
        OutletId::new(self.node.id, 0)
    }
}

/// Sends what arrived at the output of a node to its inputs, times the derivative;
/// at rectifiers, as `rule` says.
///
/// # Errors
/// The operator has no derivative here.
pub fn differentiate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    rule: &Rule,
) -> Result<(), AdjointError> {
    let op = &step.node.op;
    if let Some(op) = op.downcast_ref::<Conv>() {
        convolution::differentiate(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<EinSum>() {
        product::differentiate(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Deconv>() {
        transposed::differentiate(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<MaxPool>() {
        pool::differentiate_max(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<SumPool>() {
        pool::differentiate_sum(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<ElementWiseOp>() {
        element_wise::differentiate(tape, step, &*op.0)
    } else if let Some(op) = op.downcast_ref::<TypedBinOp>() {
        arithmetic::differentiate(tape, step, &*op.0, rule)
    } else if op.is::<Iff>() {
        choice::differentiate(tape, step)
    } else if let Some(op) = op.downcast_ref::<Softmax>() {
        normalise::differentiate_softmax(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Lrn>() {
        normalise::differentiate_lrn(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<RmsNorm>() {
        normalise::differentiate_rms_norm(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Reduce>() {
        reduce::differentiate(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Steps>() {
        straight_through::differentiate_steps(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Rescale>() {
        straight_through::differentiate_rescale(tape, step, op, rule)
    } else if resize::differentiate(tape, step)? {
        Ok(())
    } else {
        differentiate_rearrangement(tape, step)
    }
}

/// Operators that move values and compute nothing.
fn differentiate_rearrangement(tape: &mut Tape<'_>, step: &Step<'_>) -> Result<(), AdjointError> {
    let op = &step.node.op;
    if let Some(op) = op.downcast_ref::<AxisOp>() {
        let back = tape.wire(op.recip(), &[step.arrived])?;
        tape.give(step.node.inputs[0], back)
    } else if let Some(op) = op.downcast_ref::<TypedConcat>() {
        rearrange::differentiate_concat(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Slice>() {
        rearrange::differentiate_slice(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Gather>() {
        rearrange::differentiate_gather(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Pad>() {
        rearrange::differentiate_pad(tape, step, op)
    } else if op.is::<MultiBroadcastTo>() {
        rearrange::differentiate_broadcast(tape, step)
    } else if let Some(op) = op.downcast_ref::<Tile>() {
        rearrange::differentiate_tile(tape, step, op)
    } else if let Some(op) = op.downcast_ref::<Downsample>() {
        rearrange::differentiate_downsample(tape, step, op)
    } else if op.is::<Identity>() || op.is::<Cast>() {
        // Values of another type than f32 are refused before.
        tape.give(step.node.inputs[0], step.arrived)
    } else {
        Err(step.unsupported("the operator is not supported"))
    }
}
