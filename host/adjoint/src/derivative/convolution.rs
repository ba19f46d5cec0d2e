//! Convolutions of any rank, with groups, strides, dilations and padding.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::array::{Slice, TypedConcat};
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::Step;
use crate::AdjointError;
use crate::error::unsupported;
use crate::operators::{ConvGeometry, ConvInputGradient, Winograd, phased_kernel};
use crate::tape::Tape;
use crate::window::Window;

/// Sends `step.arrived` to input, kernel and bias.
pub fn differentiate(tape: &mut Tape<'_>, step: &Step<'_>, op: &Conv) -> Result<(), AdjointError> {
    let [input, kernel, bias] = [0, 1, 2].map(|slot| step.node.inputs[slot]);
    check(step.node, op)?;
    if tape.is_active(input) {
        let back = match fast_input_gradient(tape, step, op)? {
            Some(back) => back,
            None => {
                let kernel = tape.saved(kernel)?;
                input_gradient(tape, step.node, op, kernel, step.arrived)?
            }
        };
        tape.give(input, back)?;
    }
    if tape.is_active(kernel) {
        let back = kernel_gradient(tape, step, op)?;
        tape.give(kernel, back)?;
    }
    if tape.is_active(bias) {
        let rank = tape.shape_here(step.arrived)?.len();
        let channel = usize::from(op.pool_spec.data_format.has_n());
        let shape = tape.shape(bias)?;
        let axes: Vec<usize> = (0..rank)
            .filter(|&axis| axis != channel || shape.iter().product::<usize>() == 1)
            .collect();
        let mut back = tape.sum(step.arrived, &axes)?;
        for axis in (0..rank).rev() {
            if axis != channel || shape.is_empty() {
                back = tape.wire(AxisOp::Rm(axis), &[back])?;
            }
        }
        tape.give(bias, back)?;
    }
    Ok(())
}

/// Whether `op` is a convolution of `f32` with a kernel `[O, I, …]`.
pub fn is_plain(op: &Conv) -> bool {
    op.q_params.is_none() && op.kernel_fmt == KernelFormat::OIHW
}

fn check(node: &TypedNode, op: &Conv) -> Result<(), AdjointError> {
    if op.q_params.is_some() {
        return Err(unsupported(
            node,
            "quantised convolutions have no derivative",
        ));
    }
    if op.kernel_fmt != KernelFormat::OIHW {
        return Err(unsupported(node, "only kernels [O, I, …] are supported"));
    }
    Ok(())
}

/// The derivative with respect to the input with fewer multiplications, where the kernel
/// is constant and the sizes are worth it. Not for relevance: it divides by small sums,
/// and a tile's rounding is that of its largest value.
fn fast_input_gradient(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Conv,
) -> Result<Option<OutletId>, AdjointError> {
    let [input, kernel] = [0, 1].map(|slot| step.node.inputs[slot]);
    let window = Window::of(step.node, &op.pool_spec, &tape.shape(input)?)?;
    let geometry = ConvGeometry::of(&window, op);
    let Some((geometry, kernel)) = geometry.zip(tape.constant(kernel)?) else {
        return Ok(None);
    };
    let scratch = tape.scratch.clone();
    let (own, kernel, phases) = if let Some(own) = Winograd::back_if_worth(geometry, &scratch) {
        let kernel = own.transformed_back(&kernel)?;
        (own, kernel, None)
    } else if let Some((own, phases)) = Winograd::phased_back_if_worth(geometry, &scratch) {
        let kernel = own.transformed_back(&phased_kernel(&geometry, &kernel)?)?;
        (own, kernel, Some(phases))
    } else {
        return Ok(None);
    };
    let kernel = tape.tensor(kernel)?;
    let bias = tape.tensor(tensor0(0.0_f32))?;
    let back = tape.wire(own, &[step.arrived, kernel, bias])?;
    match phases {
        Some(phases) => tape.wire(phases, &[back]).map(Some),
        None => Ok(Some(back)),
    }
}

/// The derivative with respect to the input: the transposed convolution with
/// `kernel`, a value of the backward graph. Over two dimensions it is an operator of our
/// own, elsewhere tract's `Deconv`.
pub fn input_gradient(
    tape: &mut Tape<'_>,
    node: &TypedNode,
    op: &Conv,
    kernel: OutletId,
    arrived: OutletId,
) -> Result<OutletId, AdjointError> {
    check(node, op)?;
    let shape = tape.shape(node.inputs[0])?;
    let window = Window::of(node, &op.pool_spec, &shape)?;
    if let Some(geometry) = ConvGeometry::of(&window, op) {
        let own = ConvInputGradient::new(geometry, tape.scratch.clone());
        return tape.wire(own, &[arrived, kernel]);
    }
    let transposed = window.transposed(op.output_channels(), op.input_channels(), op.group);
    let kernel = transpose_kernel(tape, kernel, op.group)?;
    let bias = tape.tensor(tensor0(0.0_f32))?;
    tape.wire(transposed, &[arrived, kernel, bias])
}

/// `[g·O, I, …]` as `[g·I, O, …]`.
pub fn transpose_kernel(
    tape: &mut Tape<'_>,
    kernel: OutletId,
    group: usize,
) -> Result<OutletId, AdjointError> {
    let shape = tape.shape_here(kernel)?;
    let [outputs, inputs] = [shape[0] / group, shape[1]];
    let dims = |sizes: [usize; 2]| sizes.iter().map(ToDim::to_dim).collect::<TVec<TDim>>();
    let whole = tvec!((group * outputs).to_dim());
    let parts = dims([group, outputs]);
    let wire = tape.wire(AxisOp::Reshape(0, whole, parts), &[kernel])?;
    let wire = tape.wire(AxisOp::Move(1, 2), &[wire])?;
    let whole = tvec!((group * inputs).to_dim());
    tape.wire(AxisOp::Reshape(0, dims([group, inputs]), whole), &[wire])
}

/// The derivative with respect to the kernel: for each group the convolution of the
/// input, its channels taken for a batch, with what arrived, strides and dilations
/// exchanged.
fn kernel_gradient(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &Conv,
) -> Result<OutletId, AdjointError> {
    let shape = tape.shape(step.node.inputs[0])?;
    let window = Window::of(step.node, &op.pool_spec, &shape)?;
    let mut input = tape.saved(step.node.inputs[0])?;
    let mut arrived = step.arrived;
    if !window.has_batch {
        input = tape.wire(AxisOp::Add(0), &[input])?;
        arrived = tape.wire(AxisOp::Add(0), &[arrived])?;
    }
    let batch = tape.shape_here(input)?[0];
    let [inputs, outputs] = [op.input_channels(), op.output_channels()].map(|c| c / op.group);
    let mut parts = tvec!();
    for group in 0..op.group {
        let part = |channels: usize| Slice::new(1, group * channels, (group + 1) * channels);
        let x = tape.wire(part(inputs), &[input])?;
        let x = tape.wire(AxisOp::Move(1, 0), &[x])?;
        let g = tape.wire(part(outputs), &[arrived])?;
        let g = tape.wire(AxisOp::Move(1, 0), &[g])?;
        let mut after = tvec!();
        for axis in 0..window.input.len() {
            // As much as makes exactly the kernel's positions.
            let reach = (window.output[axis] - 1) * window.strides[axis] + 1;
            let need = reach + (window.kernel[axis] - 1) * window.dilations[axis];
            after.push(need.saturating_sub(window.before[axis] + window.input[axis]));
        }
        let pool = PoolSpec::new(
            DataFormat::NCHW,
            window.output.clone(),
            PaddingSpec::Explicit(window.before.clone(), after),
            Some(window.strides.clone()),
            Some(window.dilations.clone()),
            batch,
            outputs,
        );
        let bias = tape.tensor(tensor0(0.0_f32))?;
        let correlate = Conv::new(pool, KernelFormat::OIHW, 1, None);
        let mut kernel = tape.wire(correlate, &[x, g, bias])?;
        for (axis, &size) in window.kernel.iter().enumerate() {
            kernel = tape.wire(Slice::new(axis + 2, 0, size), &[kernel])?;
        }
        parts.push(tape.wire(AxisOp::Move(1, 0), &[kernel])?);
    }
    if parts.len() == 1 {
        return Ok(parts[0]);
    }
    tape.wire(TypedConcat::new(0), &parts)
}
