//! The way back through max-pooling.

use super::zeros;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// Adds each value of the signal where its switch points to in its channel's
/// plane. Signal and switches have one shape, with the axes of `shape`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpool {
    shape: TVec<usize>,
    planes: usize,
}

impl Unpool {
    /// A way back to values of `shape`: `planes` of them, batch and channels, one
    /// after the other.
    pub fn new(shape: &[usize], planes: usize) -> Self {
        Self {
            shape: shape.into(),
            planes,
        }
    }
}

impl Op for Unpool {
    fn name(&self) -> StaticName {
        "Unpool".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Unpool {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (signal, switches) = args_2!(inputs);
        let mut output = zeros::<f32>(&self.shape)?;
        {
            let signal = signal.try_as_plain_ram()?;
            let switches = switches.try_as_plain_ram()?;
            let mut output = output.try_as_plain_ram_mut()?;
            let output = output.as_slice_mut::<f32>()?;
            let signal = signal.as_slice::<f32>()?;
            let switches = switches.as_slice::<i32>()?;
            let planes = self.planes.max(1);
            let [from, to] = [signal.len() / planes, output.len() / planes];
            let pairs = signal
                .chunks_exact(from.max(1))
                .zip(switches.chunks_exact(from.max(1)));
            for ((signal, switches), plane) in pairs.zip(output.chunks_exact_mut(to.max(1))) {
                for (&signal, &switch) in signal.iter().zip(switches) {
                    plane[switch as usize] += signal;
                }
            }
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Unpool {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        ensure!(inputs[0].shape == inputs[1].shape);
        Ok(tvec!(f32::fact(&*self.shape)))
    }
}
