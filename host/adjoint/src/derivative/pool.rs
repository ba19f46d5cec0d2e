//! Greatest value and mean over windows.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::{MaxPool, SumPool};

use super::Step;
use crate::AdjointError;
use crate::operators::Unpool;
use crate::tape::{Shape, Tape};
use crate::window::Window;

/// What arrived goes to where the greatest value of the window was: the first of
/// them, by rows, where several are equal.
pub fn differentiate_max(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &MaxPool,
) -> Result<(), AdjointError> {
    if op.with_index_outputs.is_some() {
        return Err(step.unsupported("a pool that gives indices is not supported"));
    }
    let input = step.node.inputs[0];
    let shape = tape.shape(input)?;
    let window = Window::of(step.node, &op.pool_spec, &shape)?;
    let planes = shape.iter().product::<usize>() / window.input.iter().product::<usize>().max(1);
    let positions = tape.shape(step.output())?;
    // The second output of our own pool, which takes the node's place forward.
    let switches = OutletId::new(step.node.id, 1);
    let switches = tape.saved_as(switches, i32::fact(&*positions))?;
    let back = tape.wire(
        Unpool::new(&shape, planes, tape.scratch.clone()),
        &[step.arrived, switches],
    )?;
    tape.give(input, back)
}

/// What arrived goes to every element of the window, divided as the mean divides.
pub fn differentiate_sum(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &SumPool,
) -> Result<(), AdjointError> {
    let shape = tape.shape(step.node.inputs[0])?;
    let back = spread(tape, step, op, &shape, step.arrived)?;
    tape.give(step.node.inputs[0], back)
}

/// `wire`, of the shape of the pool's output, spread over the windows: tract's
/// transposed convolution with ones, channel by channel.
pub fn spread(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &SumPool,
    shape: &Shape,
    wire: OutletId,
) -> Result<OutletId, AdjointError> {
    let window = Window::of(step.node, &op.pool_spec, shape)?;
    let mut wire = wire;
    if op.normalize {
        let factors = tape.tensor(factors(op, shape)?)?;
        wire = tape.mul(wire, factors)?;
    }
    let mut kernel = tvec!(window.channels, 1);
    kernel.extend(window.kernel.iter().copied());
    let ones = Tensor::from_shape(&kernel, &vec![1.0_f32; kernel.iter().product()])?;
    let ones = tape.tensor(ones)?;
    let bias = tape.tensor(tensor0(0.0_f32))?;
    let transposed = window.transposed(window.channels, window.channels, window.channels);
    tape.wire(transposed, &[wire, ones, bias])
}

/// By what the sum in each window is multiplied: the pool of ones divided by their
/// sum, which is how many of the window lie in the input.
fn factors(op: &SumPool, shape: &Shape) -> Result<Tensor, AdjointError> {
    let count = shape.iter().product();
    let ones = Tensor::from_shape(shape, &vec![1.0_f32; count])?;
    let pool = |normalize: bool| {
        let op = SumPool {
            normalize,
            ..op.clone()
        };
        let outputs = op.eval(&EvalContext::out_of_plan(), tvec!(ones.clone().into()))?;
        Ok::<_, TractError>(outputs[0].clone().into_tensor())
    };
    let (means, sums) = (pool(true)?, pool(false)?);
    let (means, sums) = (
        means.to_plain_array_view::<f32>()?,
        sums.to_plain_array_view::<f32>()?,
    );
    let quotient = |(&mean, &sum): (&f32, &f32)| if sum == 0.0 { 0.0 } else { mean / sum };
    let values: Vec<f32> = means.iter().zip(sums.iter()).map(quotient).collect();
    Ok(Tensor::from_shape(means.shape(), &values)?)
}
