//! The document of `cortexscope activations`.

use super::Document;
use cortexscope_net::described;

described! {
    /// What each layer of a float model gives for one input. Without `--output` nothing is
    /// written, and `picture` and `array` are `null`.
    pub struct Activations {
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// The input as it was asked for.
        pub input: String,
        /// One entry for each layer.
        pub layers: Vec<Layer>,
    }

    /// What one layer gives.
    pub struct Layer {
        /// The node's name, or its tensor's if it has none.
        pub name: String,
        /// The tensor that the node writes.
        pub tensor: String,
        /// The node's ONNX operator.
        pub operator: String,
        /// Channels, rows, columns.
        pub shape: [usize; 3],
        /// Number of values.
        pub values: usize,
        /// Values that are exactly zero.
        pub zeros: usize,
        /// Channels with no value but zero.
        pub silent_maps: usize,
        /// The least value.
        pub least: f32,
        /// The greatest value.
        pub greatest: f32,
        /// Path of the PNG file; `null` without `--output`.
        pub picture: Option<String>,
        /// Path of the `.npy` file, [1, C, H, W]; `null` without `--output`.
        pub array: Option<String>,
    }
}

impl Document for Activations {
    const NAME: &'static str = "activations";
}
