//! Division of relevance among what caused it.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// From relevance `R` and sums of contributions `z`, of one shape:
/// `R / (z + ε · sign z)` with `sign 0 = 1`, and 0 where that divisor is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Quotient {
    epsilon: f32,
}

impl Eq for Quotient {}

impl Quotient {
    /// Division with this ε.
    pub fn new(epsilon: f32) -> Self {
        Self { epsilon }
    }
}

impl Op for Quotient {
    fn name(&self) -> StaticName {
        "Quotient".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Quotient {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (relevance, sums) = args_2!(inputs);
        let mut relevance = relevance.into_tensor();
        {
            let sums = sums.try_as_plain_ram()?;
            let mut plain = relevance.try_as_plain_ram_mut()?;
            let pairs = plain.as_slice_mut::<f32>()?.iter_mut();
            for (relevance, &z) in pairs.zip(sums.as_slice::<f32>()?) {
                let divisor = if z < 0.0 {
                    z - self.epsilon
                } else {
                    z + self.epsilon
                };
                *relevance = if divisor == 0.0 {
                    0.0
                } else {
                    *relevance / divisor
                };
            }
        }
        Ok(tvec!(relevance.into_tvalue()))
    }
}

impl TypedOp for Quotient {
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
    fn the_sign_of_zero_is_positive_and_nothing_is_divided_by_zero() {
        let divide = |epsilon| {
            let relevance = tensor1(&[6.0_f32, 6.0, -6.0, 6.0]).into_tvalue();
            let sums = tensor1(&[1.0_f32, -1.0, 0.0, 3.0]).into_tvalue();
            let inputs = tvec!(relevance, sums);
            let quotient = Quotient::new(epsilon);
            quotient.eval(&EvalContext::out_of_plan(), inputs).unwrap()[0]
                .clone()
                .into_tensor()
        };
        assert_eq!(divide(1.0), tensor1(&[3.0_f32, -3.0, -6.0, 1.5]));
        assert_eq!(divide(0.0), tensor1(&[6.0_f32, -6.0, 0.0, 2.0]));
    }
}
