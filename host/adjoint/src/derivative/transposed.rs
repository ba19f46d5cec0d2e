//! Transposed convolutions: their derivative is a convolution.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, KernelFormat, PaddingSpec, PoolSpec};

use super::Step;
use super::convolution::transpose_kernel;
use crate::AdjointError;
use crate::error::unsupported;
use crate::tape::Tape;

/// Sends `step.arrived` to the input.
pub fn differentiate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Deconv,
) -> Result<(), AdjointError> {
    let [input, kernel, bias] = [0, 1, 2].map(|slot| step.node.inputs[slot]);
    if tape.is_active(kernel) || tape.is_active(bias) {
        return Err(step.unsupported("only the input of a transposed convolution has a derivative"));
    }
    let kernel = tape.saved(kernel)?;
    let back = transposed_gradient(tape, step.node, op, kernel, step.arrived)?;
    tape.give(input, back)
}

/// The derivative with respect to the input: the convolution of what `arrived` with
/// `kernel`, a value of the backward graph.
pub fn transposed_gradient(
    tape: &mut Tape<'_>,
    node: &TypedNode,
    op: &Deconv,
    kernel: OutletId,
    arrived: OutletId,
) -> Result<OutletId, AdjointError> {
    let pool = &op.pool_spec;
    if op.kernel_format != KernelFormat::OIHW || pool.data_format.c_is_last() {
        return Err(unsupported(node, "only kernels [O, I, …] are supported"));
    }
    let shape = tape.shape(node.inputs[0])?;
    let shape = pool.data_format.shape(&shape)?;
    let arrived_shape = tape.shape_here(arrived)?;
    let arrived_shape = pool.data_format.shape(&arrived_shape)?;
    let computed = pool.padding.compute_for_deconv(
        shape.hw_dims(),
        &pool.kernel_shape,
        &pool.dilations(),
        &pool.strides(),
        &op.adjustments,
    )?;
    let (mut before, mut after) = (tvec!(), tvec!());
    for (axis, padding) in computed.iter().enumerate() {
        let (step, gap) = (pool.strides()[axis], pool.dilations()[axis]);
        let reach = (shape.hw_dims()[axis] - 1) * step + (pool.kernel_shape[axis] - 1) * gap + 1;
        let there = padding.pad_before + arrived_shape.hw_dims()[axis];
        before.push(padding.pad_before);
        after.push(reach.saturating_sub(there));
    }
    let convolution = PoolSpec::new(
        pool.data_format,
        pool.kernel_shape.clone(),
        PaddingSpec::Explicit(before, after),
        pool.dilations.clone(),
        pool.strides.clone(),
        pool.output_channels,
        pool.input_channels,
    );
    let kernel = transpose_kernel(tape, kernel, op.group)?;
    let bias = tape.tensor(tensor0(0.0_f32))?;
    let convolution = Conv::new(convolution, KernelFormat::OIHW, op.group, None);
    tape.wire(convolution, &[arrived, kernel, bias])
}
