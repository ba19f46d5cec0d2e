//! How much memory the values of a plan need.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;

use crate::AdjointError;

/// Greatest sums of bytes of values that are alive at once, inputs included,
/// constants and the buffers inside tract's operators not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Of the forward graph alone.
    pub forward_bytes: usize,
    /// Of forward and backward: what the way back needs is kept from the way
    /// forward. Buffers of our own operators are counted once they have been used.
    pub value_and_gradient_bytes: usize,
}

/// Of one plan.
pub fn peak(plan: &TypedRunnableModel) -> Result<usize, AdjointError> {
    let order = plan.order_without_consts();
    let steps = plan
        .model()
        .eval_tmp_memory_usage(order, |node| !node.op_is::<Const>())?;
    let mut greatest = 0;
    for (_, bytes) in steps {
        let bytes = bytes
            .to_i64()
            .map_err(|error| AdjointError::Tract(error.to_string()))?;
        greatest = greatest.max(usize::try_from(bytes).unwrap_or(0));
    }
    Ok(greatest)
}
