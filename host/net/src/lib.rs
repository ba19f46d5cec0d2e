//! What a network is and what it is shown: ONNX graphs, the description of an input,
//! pictures, digits and arrays, and the files that are shipped.

pub mod affine;
pub mod hex;
pub mod input;
pub mod onnx;
pub mod output;
pub mod printable;
pub mod random;
pub mod request;
pub mod resources;
pub mod scores;

pub use affine::Affine;
pub use hex::hex;
pub use request::RequestError;
