//! Tensors of zeros.

use tract_onnx::prelude::*;

use super::pages::uninitialized;

/// A tensor of zeros. tract's own asks an iterator for each number, which is a call where tract
/// is built without optimisation.
pub(super) fn zeros(shape: &[usize]) -> TractResult<Tensor> {
    // SAFETY: the next line writes every byte, and no number is read before that.
    let mut tensor = unsafe { uninitialized::<f32>(shape)? };
    tensor.as_bytes_mut().fill(0);
    Ok(tensor)
}
