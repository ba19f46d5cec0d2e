//! Where the windows of a convolution or a pool lie.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Deconv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::nn::DataFormat;

use crate::error::{AdjointError, unsupported};

/// Where the windows of a convolution or a pool lie.
#[derive(Clone, Debug)]
pub struct Window {
    /// Sizes of the input that the window moves over.
    pub input: TVec<usize>,
    /// Positions of the window.
    pub output: TVec<usize>,
    /// Sizes of the window.
    pub kernel: TVec<usize>,
    /// Steps from one position to the next.
    pub strides: TVec<usize>,
    /// Steps within the window.
    pub dilations: TVec<usize>,
    /// Rows and columns of padding before the input.
    pub before: TVec<usize>,
    /// Whether the input has an axis for the batch.
    pub has_batch: bool,
    /// Channels of the input.
    pub channels: usize,
}

impl Window {
    /// The windows of `pool` over an input of `shape`.
    ///
    /// # Errors
    /// Channels come last.
    pub fn of(node: &TypedNode, pool: &PoolSpec, shape: &[usize]) -> Result<Self, AdjointError> {
        if pool.data_format.c_is_last() {
            return Err(unsupported(
                node,
                "only channels before positions are supported",
            ));
        }
        let shape = pool.data_format.shape(shape)?;
        let computed = pool.computed_padding(shape.hw_dims());
        Ok(Self {
            input: shape.hw_dims().into(),
            output: computed.iter().map(|axis| axis.convoluted).collect(),
            kernel: pool.kernel_shape.clone(),
            strides: pool.strides().iter().copied().collect(),
            dilations: pool.dilations().iter().copied().collect(),
            before: computed.iter().map(|axis| axis.pad_before).collect(),
            has_batch: pool.data_format.has_n(),
            channels: *shape.c(),
        })
    }

    /// The order of axes: channels before positions.
    pub fn format(&self) -> DataFormat {
        if self.has_batch {
            DataFormat::NCHW
        } else {
            DataFormat::CHW
        }
    }

    /// tract's transposed convolution from `from` channels at the positions to `to`
    /// channels of the input. The full result is cut by the padding; what no
    /// window reached is added.
    pub fn transposed(&self, from: usize, to: usize, group: usize) -> Deconv {
        let mut after = tvec!();
        let mut adjustments = tvec!();
        for axis in 0..self.input.len() {
            let reach = (self.kernel[axis] - 1) * self.dilations[axis] + 1;
            let full = (self.output[axis] - 1) * self.strides[axis] + reach;
            let wanted = self.before[axis] + self.input[axis];
            after.push(full.saturating_sub(wanted));
            adjustments.push(wanted.saturating_sub(full));
        }
        let pool = PoolSpec::new(
            self.format(),
            self.kernel.clone(),
            PaddingSpec::Explicit(self.before.clone(), after),
            Some(self.dilations.clone()),
            Some(self.strides.clone()),
            from,
            to,
        );
        Deconv::new(pool, KernelFormat::OIHW, adjustments, group)
    }
}
