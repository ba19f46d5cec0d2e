//! The document of `cortexscope dream`, which is also its receipt.

use super::Document;
use cortexscope_net::described;

described! {
    /// The receipt of a dream.
    pub struct Dream {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The input as it was asked for.
        pub input: String,
        /// The layer whose answer is made stronger.
        pub layer: String,
        /// Which of its maps; `null` for all.
        pub map: Option<usize>,
        /// `half-square`, `mean` or `guide`.
        pub objective: String,
        /// The guide as it was asked for; `null` without one.
        pub guide: Option<String>,
        /// Steps in each octave.
        pub steps: usize,
        /// Resolutions that follow each other.
        pub octaves: usize,
        /// Ratio of the sizes of two octaves that follow each other.
        pub octave_ratio: f64,
        /// Mean step of a pixel, in levels of 0..255.
        pub rate: f64,
        /// Pixels by which the picture is shifted at most before a step.
        pub jitter: usize,
        /// Rows and columns of a tile at most.
        pub tile: usize,
        /// Seed of the jitter.
        pub seed: u64,
        /// Rows and columns of each octave.
        pub sizes: Vec<[usize; 2]>,
        /// The objective of the input.
        pub start: f64,
        /// The objective of the result.
        pub value: f64,
        /// The objective before each step, jitter included.
        pub values: Vec<f64>,
        /// What the reader has to know, and what to try.
        pub notes: Vec<String>,
        /// Channels, rows, columns of the result.
        pub shape: [usize; 3],
        /// Path of the PNG file.
        pub picture: String,
        /// Path of the `.npy` file, [C, H, W], in the model's units.
        pub array: String,
        /// Path of the `.npy` file with the gradient of the objective at the input, [C, H, W],
        /// with respect to the model's input; `null` without `--gradient`.
        pub gradient: Option<String>,
        /// Path of the folder with the frames; `null` without `--frames`.
        pub frames: Option<String>,
        /// Path of the clip; `null` without `--clip`.
        pub clip: Option<String>,
        /// Seconds that it took.
        pub seconds: f64,
    }
}

impl Document for Dream {
    const NAME: &'static str = "dream";
}
