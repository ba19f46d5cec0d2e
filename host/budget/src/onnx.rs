//! A network's shapes from an ONNX graph. Weights are not read: an initialiser
//! counts by its sizes, wherever its values are.

mod file;
mod shapes;

pub use file::{ReadError, read};
pub use shapes::{ParseError, parse};
