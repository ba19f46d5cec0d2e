//! The document of `cortexscope brain compare`.

use super::Document;
use cortexscope_brain::similarity::Agreement;
use cortexscope_net::described;

described! {
    /// How alike the layers of a network and brains see the same images.
    pub struct BrainCompare {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The images as they were named.
        pub images: String,
        /// The dissimilarities or responses as they were named.
        pub compared_with: String,
        /// Dissimilarity matrices that were compared with: one for each subject.
        pub subjects: usize,
        /// Images that were compared.
        pub images_compared: usize,
        /// Shuffles for p, and draws for the interval.
        pub draws: usize,
        /// Seed of shuffles, draws and halves of repeats.
        pub seed: u64,
        /// One entry for each layer.
        pub layers: Vec<LayerAgreement>,
        /// Between what a perfect model lies.
        pub ceiling: CeilingRange,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Path of the PNG file with the matrices; `null` without `--output`.
        pub picture: Option<String>,
    }

    /// How alike one layer and the brains are. What is not defined, because nothing varies, is
    /// `null`.
    pub struct LayerAgreement {
        /// The layer.
        pub layer: String,
        /// Channels, rows and columns of the features, after averaging in windows.
        pub features: [usize; 3],
        /// Spearman's ρ of the dissimilarities (1 − Pearson's r) above the diagonal, the mean over
        /// the subjects.
        pub rsa: Option<f64>,
        /// ρ with each subject.
        pub rsa_subjects: Vec<f64>,
        /// Standard error of the mean over subjects; `null` for one subject.
        pub rsa_standard_error: Option<f64>,
        /// The middle 95 % over subjects drawn with replacement; over images for one subject.
        pub rsa_interval: Option<[f64; 2]>,
        /// Share of shuffled orders of the images with a ρ that is not smaller.
        pub p: Option<f64>,
        /// Kendall's τ_a, the mean over the subjects.
        pub kendall: Option<f64>,
        /// Linear CKA with the unbiased HSIC; `null` with `--rdm`, which has no responses.
        pub cka: Option<f64>,
    }

    /// Between what a perfect model lies.
    pub struct CeilingRange {
        /// How both are computed.
        pub formula: String,
        /// What it reaches at least; `null` for one subject without repeats.
        pub lower: Option<f64>,
        /// What no model exceeds on average; `null` for one subject without repeats.
        pub upper: Option<f64>,
    }
}

impl Document for BrainCompare {
    const NAME: &'static str = "brain-compare";
}

impl LayerAgreement {
    /// What was found for a layer.
    pub fn new(
        layer: String,
        features: [usize; 3],
        agreement: Option<Agreement>,
        cka: Option<f64>,
    ) -> Self {
        let of = agreement.as_ref();
        Self {
            layer,
            features,
            rsa: of.map(|agreement| agreement.spearman),
            rsa_standard_error: of.and_then(|agreement| agreement.standard_error),
            rsa_interval: of.map(|agreement| agreement.interval),
            p: of.map(|agreement| agreement.p),
            kendall: of.map(|agreement| agreement.kendall),
            cka,
            rsa_subjects: agreement
                .map(|agreement| agreement.subjects)
                .unwrap_or_default(),
        }
    }
}
