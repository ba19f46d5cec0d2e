//! The derivative of a product over axes, exact where factors are zero.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// From the arriving signal, with size 1 on the reduced axes, and the input: the
/// signal times the product of all other factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductGradient {
    axes: TVec<usize>,
}

impl ProductGradient {
    /// The way back through a product over `axes`.
    pub fn new(axes: &[usize]) -> Self {
        Self { axes: axes.into() }
    }
}

impl Op for ProductGradient {
    fn name(&self) -> StaticName {
        "ProductGradient".into()
    }

    op_as_typed_op!();
}

impl EvalOp for ProductGradient {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (g, x) = args_2!(inputs);
        let g = g.to_plain_array_view::<f32>()?;
        let x = x.to_plain_array_view::<f32>()?;
        // Of each product: the factors that are not zero, and how many are.
        let mut rest = tract_ndarray::ArrayD::from_elem(g.shape(), (1.0_f32, 0_usize));
        let group = |at: &tract_ndarray::IxDyn| {
            let mut at = at.clone();
            self.axes.iter().for_each(|&axis| at[axis] = 0);
            at
        };
        for (at, &factor) in x.indexed_iter() {
            let (product, zeros) = &mut rest[group(&at)];
            if factor == 0.0 {
                *zeros += 1;
            } else {
                *product *= factor;
            }
        }
        let output = tract_ndarray::ArrayD::from_shape_fn(x.shape(), |at| {
            let (product, zeros) = rest[group(&at)];
            let factor = x[&at];
            let others = match (factor == 0.0, zeros) {
                (false, 0) => product / factor,
                (true, 1) => product,
                _ => 0.0,
            };
            g[group(&at)] * others
        });
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for ProductGradient {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(inputs[1].shape.clone())))
    }
}
