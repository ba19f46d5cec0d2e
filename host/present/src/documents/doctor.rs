//! The document of `cortexscope doctor`.

use super::Document;
use cortexscope_net::described;
use cortexscope_study::doctor::{LayerHealth, Remedy};

described! {
    /// What int8 costs a network, layer by layer, and what helps.
    pub struct Doctor {
        /// The network's name.
        pub model: String,
        /// SHA-256 of the float ONNX file, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The data that was measured on, as it was named.
        pub data: String,
        /// Inputs of it.
        pub images: usize,
        /// The data that was calibrated with, as it was named.
        pub calibration: String,
        /// Inputs of it.
        pub calibration_inputs: usize,
        /// The board whose bytes were looked at.
        pub board: String,
        /// Right answers of the float network; `null` where an input has no label.
        pub float_right: Option<usize>,
        /// Every layer, in order.
        pub layers: Vec<LayerHealth>,
        /// The first layer from which on at least half of all changed classes are changed;
        /// `null` where no class changes.
        pub first_costly_layer: Option<String>,
        /// What was tried, the network as it is compiled by default first.
        pub remedies: Vec<Remedy>,
        /// What to do, in words.
        pub advice: Vec<String>,
        /// Path of the PNG file with the bars; `null` without `-o`.
        pub picture: Option<String>,
        /// Seconds that it took.
        pub seconds: f64,
    }
}

impl Document for Doctor {
    const NAME: &'static str = "doctor";
}
