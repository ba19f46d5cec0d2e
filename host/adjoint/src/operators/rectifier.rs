//! What is below zero becomes zero, on several threads.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

use super::Scratch;

/// What a comparison costs in main memory, in multiplications of a matrix product.
const COMPARISON: usize = 8;

/// The greater of each value and zero, in the values' place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rectifier {
    scratch: Scratch,
}

impl Rectifier {
    /// For so many values, if they are worth a second thread.
    pub fn if_worth(values: usize, scratch: &Scratch) -> Option<Self> {
        let is_worth = scratch.threads(values * COMPARISON) > 1;
        is_worth.then(|| Self {
            scratch: scratch.clone(),
        })
    }
}

impl Op for Rectifier {
    fn name(&self) -> StaticName {
        "Rectifier".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Rectifier {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut values = args_1!(inputs).into_tensor();
        {
            let mut plain = values.try_as_plain_ram_mut()?;
            let values = plain.as_slice_mut::<f32>()?;
            let threads = self.scratch.threads(values.len() * COMPARISON);
            let each = values.len().div_ceil(threads).max(1);
            self.scratch.chunks(threads, values, each, |_, values| {
                let mut at = 0;
                while at < values.len() {
                    let value = values[at];
                    values[at] = if value < 0.0 { 0.0 } else { value };
                    at += 1;
                }
            });
        }
        Ok(tvec!(values.into_tvalue()))
    }
}

impl TypedOp for Rectifier {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(inputs[0].shape.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_zero_becomes_zero() {
        let scratch = Scratch::new(2);
        assert!(Rectifier::if_worth(1 << 10, &scratch).is_none());
        assert!(Rectifier::if_worth(1 << 20, &Scratch::new(1)).is_none());
        let own = Rectifier::if_worth(1 << 20, &scratch).unwrap();
        let numbers: Vec<f32> = (0..(1 << 20) + 3).map(|at| (at % 7) as f32 - 3.0).collect();
        let context = EvalContext::out_of_plan();
        let found = own.eval(&context, tvec![tensor1(&numbers).into_tvalue()]);
        let expected: Vec<f32> = numbers.iter().map(|number| number.max(0.0)).collect();
        assert!(*found.unwrap()[0] == tensor1(&expected));
    }
}
