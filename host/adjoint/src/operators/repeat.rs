//! Repeating a value along axes of size one.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

/// A value of the same rank, repeated along its axes of size 1 until it has `shape`.
///
/// tract's own `MultiBroadcastTo` is the same. But tract 0.23.9 leaves it out before every
/// `EinSum`, also where nothing else has the repeated axis (`declutter_broadcast` in
/// `ops/einsum/mod.rs`), and then refuses the graph: for instance where the mean of a map
/// follows a convolution of one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    shape: TVec<usize>,
}

impl Repeat {
    /// Repetition to `shape`.
    pub fn new(shape: &[usize]) -> Self {
        Self {
            shape: shape.into(),
        }
    }
}

impl Op for Repeat {
    fn name(&self) -> StaticName {
        "Repeat".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Repeat {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let repeated = inputs[0].broadcast_to_shape(&self.shape)?;
        Ok(tvec!(repeated.into_tvalue()))
    }
}

impl TypedOp for Repeat {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        ensure!(inputs[0].rank() == self.shape.len());
        Ok(tvec!(inputs[0].datum_type.fact(&self.shape)))
    }
}
