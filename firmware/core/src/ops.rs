//! The kernels. The unit is a run of output pixels in one row, so that whole
//! layers, fused rows and the patches of an occlusion use the same code.

pub mod concat;
pub mod conv2d;
pub mod dense;
pub mod lookup;
pub mod max_pool;
pub mod requantize;
