//! What an attribution was made from: enough to make it again.

use super::attribution::{Attribution, Note, Residual};
use super::layer_rules::AppliedRule;
use super::method::{LayerRule, Method, ParameterValue};
use crate::float_model::FloatModel;
use crate::target::Aim;
use cortexscope_net::described;
use cortexscope_net::described::{Described, Shape};
use serde::Serialize;
use std::collections::BTreeMap;

/// What an attribution was made from.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// The model.
    pub model: &'a FloatModel,
    /// What the input is called.
    pub input: &'a str,
    /// The target as it was asked for; `None` is the predicted class.
    pub target: Option<&'a str>,
    /// What was explained.
    pub aim: &'a Aim,
    /// The method and its parameters.
    pub method: &'a Method,
    /// What came out.
    pub attribution: &'a Attribution,
    /// Seconds that it took.
    pub seconds: f64,
    /// The picture.
    pub picture: &'a str,
    /// The array.
    pub array: &'a str,
    /// The arrays of other maps, in their order.
    pub maps: &'a [String],
}

described! {
    /// The receipt of an attribution: everything that is needed to make it again. The same
    /// document lies beside picture and array.
    pub struct Receipt {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was explained, in hexadecimal: the float one, or the int8
        /// one where `gradients` is `straight-through`; never of a board image.
        pub model_sha256: String,
        /// Which network was explained: `float`, or `straight-through` for the int8 network,
        /// whose values are the board's and whose derivatives go straight through rounding.
        pub gradients: String,
        /// The input as it was asked for.
        pub input: String,
        /// How pixels became numbers.
        pub preprocessing: String,
        /// The method's name on the command line.
        pub method: &'static str,
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
        pub parameters: ReceiptParameters,
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
        /// What the notes are about, in their order: `zero-everywhere`, `nowhere-positive`,
        /// `independent-of-input`, `relevance-grew` or `gamma-on-signed-input`. The
        /// attribution says nothing with one of the first three, and little with the
        /// others.
        pub cautions: Vec<&'static str>,
        /// Other results of the method.
        pub maps: Vec<ResultMap>,
        /// Path of the PNG file.
        pub picture: String,
        /// Path of the `.npy` file.
        pub array: String,
        /// Seconds that the method took.
        pub seconds: f64,
    }

    /// Another result of a method.
    pub struct ResultMap {
        /// What the result is.
        pub name: &'static str,
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
        /// `smooth-grad`: number of noisy inputs; `rise`: number of masks.
        pub samples: usize,
        /// `smooth-grad`: noise as a share of the input's range.
        pub level: f64,
        /// `integrated-gradients`: where the path begins.
        pub baseline: String,
        /// `integrated-gradients`: points on the path.
        pub steps: usize,
        /// `integrated-gradients`: `right`, `midpoint` or `trapezoid`.
        pub quadrature: String,
        /// `grad-cam` and its kin: the layer as it was asked for; `null` for the last
        /// convolution.
        pub layer: Option<String>,
        /// `grad-cam` and its kin: whether the map stays on the layer's grid.
        pub coarse: bool,
        /// `rise`: rows and columns of the grid that a mask is made from.
        pub cells: usize,
        /// `rise`: the probability that a cell is seen.
        pub share: f64,
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
        /// `occlusion`: rows and columns of the patch.
        pub window: [usize; 2],
        /// `occlusion`: rows and columns from one position to the next.
        pub stride: [usize; 2],
        /// `occlusion`: what fills the patch; `score-cam` and `rise`: what hidden pixels
        /// become.
        pub fill: String,
    }
}

/// The parameters that a method has, by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ReceiptParameters(pub BTreeMap<&'static str, ParameterValue>);

impl Described for ReceiptParameters {
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

impl Receipt {
    /// The receipt of what was explained.
    pub fn of(explained: Explained<'_>) -> Self {
        let Explained {
            model,
            aim,
            method,
            attribution,
            ..
        } = explained;
        let maps = attribution.maps.iter().zip(explained.maps);
        let maps = maps.map(|(map, array)| ResultMap {
            name: map.name,
            shape: map.shape,
            array: array.clone(),
        });
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            gradients: model.gradients().to_owned(),
            input: explained.input.to_owned(),
            preprocessing: model.spec.input.to_string(),
            method: method.name(),
            variant: method.variant(),
            target: explained.target.map(str::to_owned),
            explained: aim.words.clone(),
            layer: model.layer(aim.layer).name.clone(),
            value: attribution.score,
            parameters: ReceiptParameters(method.parameters().into_iter().collect()),
            seed: method.seed(),
            shape: attribution.shape,
            residuals: attribution.residuals.clone(),
            rules: attribution.rules.clone(),
            notes: attribution.notes.iter().map(ToString::to_string).collect(),
            cautions: attribution.notes.iter().map(Note::name).collect(),
            maps: maps.collect(),
            picture: explained.picture.to_owned(),
            array: explained.array.to_owned(),
            seconds: explained.seconds,
        }
    }
}
