//! From a float ONNX to an int8 network.

pub mod network;
