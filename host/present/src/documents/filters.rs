//! The document of `cortexscope filters`.

use super::Document;
use cortexscope_net::described;

described! {
    /// The filters of a convolution, drawn and saved.
    pub struct Filters {
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// The convolution's name.
        pub layer: String,
        /// Filters, input channels of each, rows, columns.
        pub shape: [usize; 4],
        /// Path of the PNG file.
        pub picture: String,
        /// Path of the `.npy` file with all weights, in the order of `shape`.
        pub array: String,
    }
}

impl Document for Filters {
    const NAME: &'static str = "filters";
}
