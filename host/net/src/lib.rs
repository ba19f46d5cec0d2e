//! What a network is and what it is shown: ONNX graphs, the description of an input,
//! pictures, digits and arrays, and the files that are shipped.

pub mod input;
pub mod onnx;
pub mod printable;
pub mod random;
pub mod resources;
pub mod scores;
