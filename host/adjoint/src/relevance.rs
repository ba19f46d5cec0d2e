//! Layer-wise relevance propagation, as nodes of the backward graph.

mod gate;
mod linear;
mod sum;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::resize::NearestUpsample;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer, Softmax};
use tract_onnx_opl::lrn::Lrn;

use crate::derivative::{Step, differentiate, is_resize};
use crate::straight_through::{Rescale, Steps};
use crate::tape::Tape;
use crate::{AdjointError, Rule};

pub use linear::{Linear, biased_product};

/// Sums of relevance around one layer, as values of the backward graph, each of
/// one element.
#[derive(Clone, Copy, Debug)]
pub struct ShareWires {
    /// What arrived.
    pub above: OutletId,
    /// What went on to the layer's inputs.
    pub below: OutletId,
    /// What the bias took.
    pub bias: Option<OutletId>,
    /// What ε took, or had nowhere to go.
    pub absorbed: OutletId,
}

/// Sends the relevance that arrived at a node to its inputs.
///
/// Layers that are linear in their input and sums of branches follow `rule`.
/// Max-pooling, rearrangements and choices send it where the value came from;
/// functions of one value, scaling and normalisation over channels (Binder et al.
/// 2016 treat it so) pass it as it is.
///
/// `fused` is the product that the node adds its bias to.
///
/// # Errors
/// The operator mixes values in another way: a softmax, or a product of values.
pub fn propagate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    rule: &Rule,
    fused: Option<&TypedNode>,
) -> Result<Option<ShareWires>, AdjointError> {
    let op = &step.node.op;
    if op.is::<Conv>()
        || op.is::<Deconv>()
        || op.is::<NearestUpsample>()
        || is_resize(step.node)
        || op.is::<EinSum>()
        || op.is::<SumPool>()
        || op
            .downcast_ref::<Reduce>()
            .is_some_and(|op| op.reducer == Reducer::Sum)
    {
        let layer = Linear::of(tape, step.node)?;
        return layer.propagate(tape, step, rule).map(Some);
    }
    if let Some(op) = op.downcast_ref::<TypedBinOp>() {
        if let Some(product) = fused {
            let layer = Linear::with_bias(tape, product, step.node)?;
            return layer.propagate(tape, step, rule).map(Some);
        }
        if op.0.is::<math::Add>() || op.0.is::<math::Sub>() || op.0.is::<math::SubF>() {
            return sum::propagate(tape, step, &*op.0, rule).map(Some);
        }
        return pass_to_variable(tape, step).map(|()| None);
    }
    if op.is::<ElementWiseOp>() || op.is::<Lrn>() {
        tape.give(step.node.inputs[0], step.arrived)?;
        return Ok(None);
    }
    if op.is::<Steps>() || op.is::<Rescale>() {
        return Err(step.unsupported("there is no rule of relevance for int8 arithmetic"));
    }
    let is_extreme = |op: &Reduce| matches!(op.reducer, Reducer::Max | Reducer::Min);
    if op.is::<Softmax>()
        || op
            .downcast_ref::<Reduce>()
            .is_some_and(|op| !is_extreme(op))
    {
        return Err(step.unsupported("there is no rule of relevance for it; begin before it"));
    }
    differentiate(tape, step, &Rule::Gradient).map(|()| None)
}

/// An operator with a constant: relevance goes to the other operand. Of two that vary it
/// goes where [`gate::source`] says.
fn pass_to_variable(tape: &mut Tape<'_>, step: &Step<'_>) -> Result<(), AdjointError> {
    let mut varying = Vec::new();
    for &operand in &step.node.inputs {
        // What does not vary with what is asked for, such as a mask of zeros and ones, takes
        // nothing.
        if tape.is_active(operand) && tape.constant(operand)?.is_none() {
            varying.push(operand);
        }
    }
    let operand = match *varying {
        [] => return Ok(()),
        [only] => only,
        [first, second] => gate::source(tape, [first, second])?.ok_or_else(|| {
            step.unsupported("there is no rule of relevance for two varying operands")
        })?,
        _ => return Err(step.unsupported("there is no rule of relevance for so many operands")),
    };
    let shape = tape.shape(operand)?;
    let back = tape.sum_to(step.arrived, &shape)?;
    tape.give(operand, back)
}
