//! The document of `cortexscope doctor`.

use super::Document;
use cortexscope_net::described;

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

    /// What int8 does to one layer.
    pub struct LayerHealth {
        /// The layer's name.
        pub layer: String,
        /// Its ONNX operator.
        pub operator: String,
        /// Channels of what it writes.
        pub channels: usize,
        /// Signal to quantisation noise in decibels, of the board's bytes against the float
        /// network; `null` where nothing differs.
        pub sqnr_db: Option<f64>,
        /// Share of the float values that lie outside of what the int8 can say.
        pub saturated: f64,
        /// Channels whose bytes are the same for every place and every input.
        pub dead_channels: usize,
        /// The greatest float value of the widest channel, in those of the narrowest that is
        /// not all zero; `null` where there are not two.
        pub spread: Option<f64>,
        /// Inputs whose class changes if the float network goes on from the board's bytes of
        /// this layer.
        pub changed: usize,
        /// Right answers then; `null` where an input has no label.
        pub right: Option<usize>,
    }

    /// A way to compile the network, and what came of it on the same inputs.
    pub struct Remedy {
        /// What was done.
        pub name: String,
        /// Signal to quantisation noise of the logits, in decibels; `null` where nothing
        /// differs.
        pub sqnr_db: Option<f64>,
        /// Inputs whose class is another than the float network's.
        pub changed: usize,
        /// Right answers; `null` where an input has no label.
        pub right: Option<usize>,
    }
}

impl Document for Doctor {
    const NAME: &'static str = "doctor";
}
