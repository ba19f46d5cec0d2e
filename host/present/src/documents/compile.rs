//! The document of `cortexscope compile`.

use super::Document;
use cortexscope_net::described;

described! {
    /// What compiling a float ONNX gave.
    pub struct Compile {
        /// The network's name.
        pub model: String,
        /// The same as `onnx_sha256`.
        pub source_sha256: String,
        /// The same as `image_sha256`.
        pub model_sha256: String,
        /// SHA-256 of the float ONNX file, in hexadecimal.
        pub onnx_sha256: String,
        /// SHA-256 of the int8 ONNX file that was made of it.
        pub int8_onnx_sha256: String,
        /// SHA-256 of the board image from byte 48 on: what comes before is the place of this
        /// hash.
        pub image_sha256: String,
        /// Inputs that were used for calibration.
        pub calibration_inputs: usize,
        /// Path of the int8 ONNX.
        pub int8_onnx: String,
        /// Path of the board image.
        pub image: String,
        /// Path of the description of the network's input.
        pub spec: String,
        /// Path of the UF2 file with the board image; `null` without `--uf2`.
        pub uf2: Option<String>,
        /// Bytes of flash that the board image takes.
        pub image_bytes: usize,
        /// Multiply-accumulates of one inference.
        pub macs: u64,
        /// Layers of the compiled network.
        pub layers: usize,
        /// The arena in each plan.
        pub planned_arena_bytes: PlannedArena,
        /// How often both networks are right; `null` without `--accuracy`.
        pub accuracy: Option<Accuracy>,
        /// What is wrong with the calibration data, or with the accuracy, though the
        /// network compiled; empty if nothing is.
        pub warnings: Vec<String>,
    }

    /// Bytes of arena in each plan.
    pub struct PlannedArena {
        /// Bytes with fused layers; `null` if the image has no such plan.
        pub fused: Option<usize>,
        /// Bytes with every layer kept whole; `null` if the image has no such plan.
        pub tapped: Option<usize>,
    }

    /// Both networks on labelled inputs.
    pub struct Accuracy {
        /// Inputs that were run.
        pub images: usize,
        /// Inputs that the float network classifies correctly.
        pub float_right: usize,
        /// Inputs that the int8 engine classifies correctly.
        pub int8_right: usize,
        /// Inputs that both assign to the same class.
        pub agree: usize,
    }
}

impl Document for Compile {
    const NAME: &'static str = "compile";
}

impl From<cortexscope_compile::Accuracy> for Accuracy {
    fn from(found: cortexscope_compile::Accuracy) -> Self {
        Self {
            images: found.images,
            float_right: found.float_right,
            int8_right: found.int8_right,
            agree: found.agree,
        }
    }
}
