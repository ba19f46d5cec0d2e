//! The document of `cortexscope invert`, which is also its receipt.

use super::Document;
use cortexscope_explain::invert::Term;
use cortexscope_net::described;

described! {
    /// The receipt of an inversion: for z = x / sigma, the sum of a distance, an α-norm and a
    /// total variation is lowered.
    pub struct Invert {
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
        /// The start as it was asked for; `null` for noise.
        pub start: Option<String>,
        /// σ, what z is multiplied with to be an input of the model.
        pub sigma: f64,
        /// α of the norm.
        pub alpha: f64,
        /// Its weight.
        pub alpha_weight: f64,
        /// β of the total variation.
        pub beta: f64,
        /// Its weight.
        pub tv_weight: f64,
        /// How the total variation ends at the border.
        pub tv_border: String,
        /// Root mean square of the first step, in units of z.
        pub first_step: f64,
        /// The share of the last step that is kept.
        pub momentum: f64,
        /// Steps for each layer.
        pub steps: usize,
        /// Standard deviation of the noise, in units of z.
        pub noise: f64,
        /// Its seed.
        pub seed: u64,
        /// Path of the PNG file: the input, and what each layer remembers of it.
        pub picture: String,
        /// The terms of the first layer's result; their sum is the objective.
        pub terms: Vec<Term>,
        /// One result for each layer.
        pub results: Vec<InvertResult>,
    }

    /// What one layer remembers.
    pub struct InvertResult {
        /// The layer.
        pub layer: String,
        /// The terms of the result; their sum is the objective.
        pub terms: Vec<Term>,
        /// The terms at the start.
        pub start_terms: Vec<Term>,
        /// The objective before each step.
        pub values: Vec<f64>,
        /// Path of the `.npy` file, [C, H, W], in the model's units.
        pub array: String,
        /// Path of the `.npy` file with the gradient of the objective at the start, [C, H, W],
        /// with respect to the model's input; `null` without `--gradient`.
        pub gradient: Option<String>,
        /// Seconds that it took.
        pub seconds: f64,
    }
}

impl Document for Invert {
    const NAME: &'static str = "invert";
}
