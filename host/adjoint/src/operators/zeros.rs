//! Tensors of zeros.

use tract_onnx::prelude::*;

/// A number whose zero is zero bytes.
pub(super) trait ZeroBytes: Datum {}

impl ZeroBytes for f32 {}
impl ZeroBytes for i32 {}

/// A tensor of zeros. tract's own asks an iterator for each number, which is a call where tract
/// is built without optimisation.
pub(super) fn zeros<T: ZeroBytes>(shape: &[usize]) -> TractResult<Tensor> {
    // SAFETY: the next line writes every byte, and no number is read before that.
    let mut tensor = unsafe { Tensor::uninitialized::<T>(shape)? };
    tensor.as_bytes_mut().fill(0);
    Ok(tensor)
}
