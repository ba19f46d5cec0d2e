//! The document of `cortexscope robustness`.

use super::Document;
use cortexscope_net::described;

described! {
    /// How often a model is right on corrupted pictures.
    pub struct Robustness {
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The data, as it was named.
        pub data: String,
        /// Inputs of each row, the first ones of the data.
        pub images: usize,
        /// The set of corruptions: `imagenet-c`, `mnist-c`, or `named`.
        pub suite: String,
        /// `definition`, `mnist-c` or `tangent`.
        pub variant: String,
        /// Seed of everything that is random; input number n takes stream n of it.
        pub seed: u64,
        /// The baseline's name; `null` without one.
        pub baseline: Option<String>,
        /// The board's own name; `null` without one.
        pub board: Option<String>,
        /// Without a corruption.
        pub clean: Count,
        /// One row for each corruption and severity.
        pub rows: Vec<Row>,
        /// Share of wrong answers, the mean over severities and then over corruptions: not
        /// an mCE.
        pub mean_error: f64,
        /// The same of the int8 network on the board; `null` without one.
        pub board_mean_error: Option<f64>,
        /// The same of the baseline; `null` without one.
        pub baseline_mean_error: Option<f64>,
        /// Mean corruption error: wrong answers over all severities as a share of the
        /// baseline's, the mean over corruptions; 1 is as good as the baseline. `null` without a
        /// baseline, or where that makes no error in a corruption.
        pub mce: Option<f64>,
        /// The same of the int8 network on the board.
        pub board_mce: Option<f64>,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Path of the PNG file with the curves; `null` without `-o`.
        pub picture: Option<String>,
        /// Seconds that it took; `null` where parts
        /// were joined, so that the document does not depend on their number.
        pub seconds: Option<f64>,
    }

    /// Right answers.
    pub struct Count {
        /// Inputs.
        pub images: usize,
        /// Right answers of the float model.
        pub right: usize,
        /// Right answers of the int8 network on the board; `null` without one.
        pub board_right: Option<usize>,
        /// Right answers of the baseline; `null` without one.
        pub baseline_right: Option<usize>,
    }

    /// One corruption with one severity.
    pub struct Row {
        /// The kind of corruption.
        pub corruption: String,
        /// From 1 to 5; a kind without severities has 1.
        pub severity: u8,
        /// How often each network is right.
        #[serde(flatten)]
        pub count: Count,
    }
}

impl Document for Robustness {
    const NAME: &'static str = "robustness";
}
