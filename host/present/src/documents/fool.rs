//! The document of `cortexscope fool`, which is also its receipt.

use super::Document;
use cortexscope_net::described;

described! {
    /// The receipt of fooling images: for each class a picture without sense that is taken for
    /// it.
    pub struct Fool {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// The same as `onnx_sha256`, or as `image_sha256` with `board`.
        pub model_sha256: String,
        /// SHA-256 of the ONNX file, in hexadecimal; `null` with `board`.
        pub onnx_sha256: Option<String>,
        /// SHA-256 of the board image from byte 48 on, in hexadecimal; `null` without `board`.
        pub image_sha256: Option<String>,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The board whose int8 network was asked; `null` for the float model.
        pub board: Option<String>,
        /// `direct`, `cppn` or `gradient`.
        pub method: String,
        /// Where it was published.
        pub paper: String,
        /// Seed of everything that is random.
        pub seed: u64,
        /// The probability that was to be reached.
        pub confidence: f64,
        /// Generations, or steps for a class, at most.
        pub most_generations: usize,
        /// Children in a generation; `null` for `gradient`.
        pub offspring: Option<usize>,
        /// Length of a step in pixels from 0 to 1; `null` for evolution.
        pub step: Option<f64>,
        /// Generations that were made; for `gradient` the most steps of a class.
        pub generations: usize,
        /// Pictures that were judged in all; for `gradient` runs of the model.
        pub queries: u64,
        /// Path of the PNG file with every class.
        pub picture: String,
        /// One for each class.
        pub classes: Vec<FoolingImage>,
        /// What the reader has to know, and what to try.
        pub notes: Vec<String>,
        /// Seconds that it took.
        pub seconds: f64,
    }

    /// The picture of one class.
    pub struct FoolingImage {
        /// The class.
        pub class: usize,
        /// Its name.
        pub label: String,
        /// The probability of the class for the picture in 8 bits.
        pub probability: f64,
        /// Pictures that were judged until this one was found; for `gradient` runs of the
        /// model for this class.
        pub queries: u64,
        /// Path of the `.npy` file, [C, H, W], float32, in the model's units.
        pub array: String,
        /// Path of the picture as PNG.
        pub picture: String,
    }
}

impl Document for Fool {
    const NAME: &'static str = "fool";
}
