//! The document of `cortexscope compare`.

use super::Document;
use cortexscope_net::described;

described! {
    /// The float model and the int8 network on a board, explained by the same methods. Methods
    /// that need derivatives have those that go straight through the int8 network's rounding.
    pub struct Compare {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the float ONNX file, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// The same as `image_sha256`.
        pub image_hash: String,
        /// SHA-256 of the board image from byte 48 on, in hexadecimal.
        pub image_sha256: String,
        /// The board.
        pub board: String,
        /// The input as it was asked for; `null` for a data set.
        pub input: Option<String>,
        /// The data set; `null` for one input.
        pub data: Option<String>,
        /// Inputs that were explained.
        pub images: usize,
        /// Spearman's rank correlation of the float and the int8 map, method by method.
        pub rank_correlation: Vec<MapAgreement>,
        /// The classes of both networks, input by input.
        pub classes: Vec<ClassPair>,
        /// Inputs whose class changes.
        pub changed: usize,
        /// Path of the PNG file with the maps side by side; `null` for a data set.
        pub picture: Option<String>,
        /// Seconds that it took.
        pub seconds: f64,
    }

    /// How far two maps agree.
    pub struct MapAgreement {
        /// The method's name on the command line.
        pub method: String,
        /// Its variant.
        pub variant: String,
        /// By which derivatives it works on the int8 network: `straight-through`; `null` for a
        /// method that only asks for scores.
        pub gradients: Option<String>,
        /// The mean over the inputs where both maps vary; `null` where there is none.
        pub value: Option<f64>,
        /// Those inputs.
        pub images: usize,
        /// Path of the float model's map, `.npy`; `null` for a data set.
        pub float_array: Option<String>,
        /// Path of the int8 network's map, `.npy`; `null` for a data set.
        pub int8_array: Option<String>,
    }

    /// The classes of both networks for one input.
    pub struct ClassPair {
        /// The input.
        pub input: String,
        /// The float model's class.
        pub float: usize,
        /// Its name.
        pub float_label: String,
        /// Its probability.
        pub float_probability: f64,
        /// The int8 network's class.
        pub int8: usize,
        /// Its name.
        pub int8_label: String,
        /// Its probability.
        pub int8_probability: f64,
        /// Whether they differ.
        pub changed: bool,
    }
}

impl Document for Compare {
    const NAME: &'static str = "compare";
}
