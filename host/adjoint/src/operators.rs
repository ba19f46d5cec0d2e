//! tract operators for what tract lacks or is slow at.

mod conv_forward;
mod conv_gradient;
mod gate;
mod lrn_gradient;
mod max_pool;
mod pages;
mod phases;
mod pointwise;
mod product_gradient;
mod quotient;
mod rectifier;
mod repeat;
mod scratch;
mod unpool;
mod winograd;
mod zeros;

pub use conv_forward::ConvForward;
pub use conv_gradient::{ConvGeometry, ConvInputGradient};
pub use gate::{Gate, Passed};
pub use lrn_gradient::LrnGradient;
pub use max_pool::SwitchMaxPool;
pub use phases::phased_kernel;
pub use pointwise::Pointwise;
pub use product_gradient::ProductGradient;
pub use quotient::Quotient;
pub use rectifier::Rectifier;
pub use repeat::Repeat;
pub use scratch::Scratch;
pub use unpool::Unpool;
pub use winograd::Winograd;

use zeros::zeros;
