//! The document of `cortexscope assess`.

use super::Document;
use cortexscope_explain::attribute::ReceiptParameters;
use cortexscope_net::described;

described! {
    /// A measure of a method's attributions, beside two controls: a random map, and the edges
    /// of the input.
    pub struct Assess {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// The input as it was asked for; `null` for a data set.
        pub input: Option<String>,
        /// The data set; `null` for one input.
        pub data: Option<String>,
        /// Inputs that were explained.
        pub images: usize,
        /// The measure's name on the command line.
        pub metric: String,
        /// Where the measure was published.
        pub paper: String,
        /// Its variant and parameters, in words.
        pub setting: String,
        /// Pixels from one point of a curve to the next; `null` for other measures.
        pub step: Option<usize>,
        /// Seed of the measure's chance and of the random map.
        pub seed: u64,
        /// The method's name on the command line.
        pub method: String,
        /// The method's variant.
        pub method_variant: String,
        /// The method's parameters.
        pub parameters: ReceiptParameters,
        /// The measure of the method: the area under the mean curve, the mean sensitivity, the
        /// mean Gini index, the rank correlation of the magnitudes with all layers exchanged, or
        /// the mean of the pointing game; `null` where no input has a value.
        pub value: Option<f64>,
        /// The same for a curve; `null` for other measures.
        pub auc: Option<f64>,
        /// The method and the controls.
        pub rows: Vec<AssessRow>,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Seconds that it took; `null` where parts were joined, so that the document does not
        /// depend on their number.
        pub seconds: Option<f64>,
    }

    /// The measure of one map.
    pub struct AssessRow {
        /// The method's name, `random` or `edges`.
        pub map: String,
        /// The measure; `null` where no input has a value.
        pub value: Option<f64>,
        /// Inputs where it has a value.
        pub images: usize,
        /// The mean curve, with `--curve`; otherwise empty.
        pub curve: Vec<CurvePoint>,
        /// For `randomisation`: the agreement after each layer was exchanged.
        pub layers: Vec<Agreement>,
    }

    /// A point of a curve.
    #[derive(Copy)]
    pub struct CurvePoint {
        /// The share of the pixels that were hidden or shown.
        pub share: f64,
        /// The class: its probability, or its logit where that was asked for.
        pub value: f64,
    }

    /// How maps agree with themselves after weights were exchanged.
    pub struct Agreement {
        /// `cascading`: this layer and all above it; `independent`: this layer alone.
        pub order: String,
        /// The lowest layer that was exchanged.
        pub layer: String,
        /// Structural similarity of the maps, each scaled to 0..1 (data range 1).
        pub ssim: Option<f64>,
        /// The same of their magnitudes.
        pub ssim_absolute: Option<f64>,
        /// Spearman's rank correlation of the maps.
        pub spearman: Option<f64>,
        /// The same of their magnitudes.
        pub spearman_absolute: Option<f64>,
    }
}

impl Document for Assess {
    const NAME: &'static str = "assess";
}
