//! The document of `cortexscope explain`, which is also its receipt.

use super::Document;
use super::shape::{Described, Shape, described};
use serde::Serialize;
use serde_json::{Map, Value};

described! {
    /// The receipt of an attribution: everything that is needed to make it again. The same
    /// document lies beside picture and array.
    pub struct Explain {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file, in hexadecimal.
        pub model_sha256: String,
        /// The input as it was asked for.
        pub input: String,
        /// How pixels became numbers.
        pub preprocessing: String,
        /// The method's name on the command line.
        pub method: String,
        /// Which of the method's variants in the literature it is.
        pub variant: String,
        /// The target as it was asked for; `null` for the predicted class.
        pub target: Option<String>,
        /// The target in words.
        pub explained: String,
        /// The layer that the target is read from.
        pub layer: String,
        /// The target's value for the input.
        pub value: f64,
        /// The method's parameters; each method has its own.
        pub parameters: Parameters,
        /// Seed of the method's chance; `null` for a method without chance.
        pub seed: Option<u64>,
        /// Channels, rows, columns of the attribution.
        pub shape: [usize; 3],
        /// What is left over in the method's own equation, and other numbers of the method.
        pub residuals: Vec<Residual>,
        /// `lrp-*`: the layers that relevance went through, from the target down, and the
        /// rule that each got.
        pub rules: Vec<AppliedRule>,
        /// What the reader has to know, and what to try.
        pub notes: Vec<String>,
        /// Other results of the method.
        pub maps: Vec<ResultMap>,
        /// Path of the PNG file.
        pub picture: String,
        /// Path of the `.npy` file.
        pub array: String,
        /// Seconds that the method took.
        pub seconds: f64,
    }

    /// One number that a method gives besides its attribution.
    pub struct Residual {
        /// What the number is.
        pub name: String,
        /// The number.
        pub value: f64,
    }

    /// The rule that a layer got.
    pub struct AppliedRule {
        /// The layer's name; layers that are computed as one, with `+` between.
        pub layer: String,
        /// Its operator in the file.
        pub operator: String,
        /// The rule.
        pub rule: String,
    }

    /// Another result of a method.
    pub struct ResultMap {
        /// What the result is.
        pub name: String,
        /// Its channels, rows, columns.
        pub shape: [usize; 3],
        /// Path of its `.npy` file.
        pub array: String,
    }

    /// Every parameter of every method.
    struct KnownParameters {
        /// `deconvnet`: where it begins, `strongest` or `map`.
        pub start: String,
        /// `smooth-grad`: what is averaged.
        pub of: String,
        /// `smooth-grad`: number of noisy inputs.
        pub samples: usize,
        /// `smooth-grad`: noise as a share of the input's range.
        pub level: f64,
        /// `integrated-gradients`: where the path begins.
        pub baseline: String,
        /// `integrated-gradients`: points on the path.
        pub steps: usize,
        /// `integrated-gradients`: `right`, `midpoint` or `trapezoid`.
        pub quadrature: String,
        /// `grad-cam` and `guided-grad-cam`: the layer as it was asked for; `null` for the
        /// last convolution.
        pub layer: Option<String>,
        /// `lrp-*`: how rules depend on the kind of a layer.
        pub composite: String,
        /// `lrp-*`: the rule of dense layers.
        pub dense: String,
        /// `lrp-*`: the rule of convolutions.
        pub conv: String,
        /// `lrp-*`: the rule of layers that read the input; `null` if they have no rule of
        /// their own.
        pub first: Option<String>,
        /// `lrp-*`: layers with a rule of their own.
        pub layers: Vec<LayerRule>,
        /// `occlusion`: rows and columns of the window.
        pub window: [usize; 2],
        /// `occlusion`: rows and columns from one position to the next.
        pub stride: [usize; 2],
        /// `occlusion`: what fills the window.
        pub fill: String,
    }

    /// The rule of one layer.
    pub struct LayerRule {
        /// The layer's name.
        pub layer: String,
        /// Its rule.
        pub rule: String,
    }
}

/// The parameters that a method has, by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Parameters(pub Map<String, Value>);

impl Described for Parameters {
    fn shape() -> Shape {
        match KnownParameters::shape() {
            Shape::Object(mut object) => {
                for field in &mut object.fields {
                    field.can_be_absent = true;
                }
                Shape::Object(object)
            }
            shape => shape,
        }
    }
}

impl Document for Explain {
    const NAME: &'static str = "explain";
}
