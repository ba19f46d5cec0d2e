//! The way back through max-pooling.

use super::Scratch;
use super::pages::uninitialized;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// What a number of the output costs in main memory, in multiplications of a matrix product.
const ADDITION: usize = 8;

/// Adds each value of the signal where its switch points to in its channel's
/// plane. Signal and switches have one shape, with the axes of `shape`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpool {
    shape: TVec<usize>,
    planes: usize,
    scratch: Scratch,
}

impl Unpool {
    /// A way back to values of `shape`: `planes` of them, batch and channels, one
    /// after the other.
    pub fn new(shape: &[usize], planes: usize, scratch: Scratch) -> Self {
        Self {
            shape: shape.into(),
            planes,
            scratch,
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
        // SAFETY: each plane is filled before it is added to, and the planes are the whole tensor.
        let mut output = unsafe { uninitialized::<f32>(&self.shape)? };
        {
            let signal = signal.try_as_plain_ram()?;
            let switches = switches.try_as_plain_ram()?;
            let mut output = output.try_as_plain_ram_mut()?;
            let output = output.as_slice_mut::<f32>()?;
            let signal = signal.as_slice::<f32>()?;
            let switches = switches.as_slice::<i32>()?;
            let planes = self.planes.max(1);
            let [from, to] = [signal.len() / planes, output.len() / planes];
            ensure!(to * planes == output.len() && signal.len() == switches.len());
            let add = |plane: usize, output: &mut [f32]| {
                output.fill(0.0);
                let signal = &signal[plane * from..][..from];
                let switches = &switches[plane * from..][..from];
                for (&signal, &switch) in signal.iter().zip(switches) {
                    output[switch as usize] += signal;
                }
            };
            let threads = self.scratch.threads(output.len() * ADDITION);
            self.scratch.chunks(threads, output, to.max(1), add);
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
