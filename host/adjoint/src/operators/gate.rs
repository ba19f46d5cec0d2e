//! What a bound lets pass backward.

use super::Scratch;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// What of the arriving signal passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Everything.
    All,
    /// What is positive.
    Positive,
    /// What belongs to values that passed the bound forward.
    Beyond,
    /// Of that, what is positive.
    PositiveBeyond,
}

/// What a comparison costs in main memory, in multiplications of a matrix product.
const COMPARISON: usize = 8;

/// From a signal and the bounded values, both of one shape: the signal where the
/// value passed, 0 elsewhere and at the bound itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What passes.
    pub passed: Passed,
    is_lower: bool,
    bound: f32,
    scratch: Scratch,
}

impl Eq for Gate {}

impl Gate {
    /// A gate at `bound`: a lower bound passes what is above.
    pub fn new(passed: Passed, is_lower: bool, bound: f32, scratch: Scratch) -> Self {
        Self {
            passed,
            is_lower,
            bound,
            scratch,
        }
    }

    /// Signals of a part.
    fn pass(&self, signal: &mut [f32], values: &[f32]) {
        let pairs = signal.iter_mut().zip(values);
        let only_positive = self.passed == Passed::PositiveBeyond;
        match (self.is_lower, only_positive) {
            (true, false) => pairs.for_each(|(g, &y)| *g = if y > self.bound { *g } else { 0.0 }),
            (true, true) => {
                pairs.for_each(|(g, &y)| *g = if y > self.bound { g.max(0.0) } else { 0.0 });
            }
            (false, false) => pairs.for_each(|(g, &y)| *g = if y < self.bound { *g } else { 0.0 }),
            (false, true) => {
                pairs.for_each(|(g, &y)| *g = if y < self.bound { g.max(0.0) } else { 0.0 });
            }
        }
    }
}

impl Op for Gate {
    fn name(&self) -> StaticName {
        "Gate".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Gate {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (signal, values) = args_2!(inputs);
        let mut signal = signal.into_tensor();
        {
            let values = values.try_as_plain_ram()?;
            let values = values.as_slice::<f32>()?;
            let mut plain = signal.try_as_plain_ram_mut()?;
            let signal = plain.as_slice_mut::<f32>()?;
            ensure!(signal.len() == values.len());
            let threads = self.scratch.threads(signal.len() * COMPARISON);
            let each = signal.len().div_ceil(threads).max(1);
            self.scratch.chunks(threads, signal, each, |part, signal| {
                self.pass(signal, &values[part * each..][..signal.len()]);
            });
        }
        Ok(tvec!(signal.into_tvalue()))
    }
}

impl TypedOp for Gate {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        ensure!(inputs[0].shape == inputs[1].shape);
        Ok(tvec!(f32::fact(inputs[0].shape.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_open_strictly_beyond_its_bound() {
        let pass = |passed, is_lower| {
            let signal = tensor1(&[-2.0_f32, 3.0, -4.0, 5.0, -6.0, 7.0]).into_tvalue();
            let values = tensor1(&[0.0_f32, 0.0, 1.0, 1.0, 2.0, 2.0]).into_tvalue();
            let gate = Gate::new(passed, is_lower, 1.0, Scratch::new(1));
            let inputs = tvec!(signal, values);
            gate.eval(&EvalContext::out_of_plan(), inputs).unwrap()[0]
                .clone()
                .into_tensor()
        };
        for (passed, is_lower, want) in [
            (Passed::Beyond, true, [0.0_f32, 0.0, 0.0, 0.0, -6.0, 7.0]),
            (Passed::PositiveBeyond, true, [0.0, 0.0, 0.0, 0.0, 0.0, 7.0]),
            (Passed::Beyond, false, [-2.0, 3.0, 0.0, 0.0, 0.0, 0.0]),
            (
                Passed::PositiveBeyond,
                false,
                [0.0, 3.0, 0.0, 0.0, 0.0, 0.0],
            ),
        ] {
            assert_eq!(pass(passed, is_lower), tensor1(&want), "{passed:?}");
        }
    }
}
