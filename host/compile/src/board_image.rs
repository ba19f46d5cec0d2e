//! From a quantised [`Network`](crate::network::Network) to the board
//! image that every engine reads.
//!
//! [`emit()`] writes the records of `cortexscope_core::image::format`;
//! [`crate::planner`] decides where each tensor lies.

mod emit;
mod kernels;
mod owned;
mod steps;
#[cfg(test)]
mod tests;
mod weights;
mod writer;

pub use emit::{EmitError, emit, emit_with};
pub use kernels::{FEWEST_PIXELS, Weights, scratch_bytes};
pub use owned::BoardImage;

pub(crate) use emit::bytes;
pub(crate) use steps::planned;
