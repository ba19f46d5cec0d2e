//! What a method gives.

use std::fmt;

use super::layer_rules::AppliedRule;
use crate::float_model::FloatModel;
use cortexscope_net::described;

/// What a method gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// `[C, H, W]`; C is 1 where the method has one value for a pixel.
    pub shape: [usize; 3],
    /// As many values as the product of `shape`.
    pub values: Vec<f32>,
    /// The target's value for the input.
    pub score: f64,
    /// How well the method's own equation holds.
    pub residuals: Vec<Residual>,
    /// Other results, at their own resolution.
    pub maps: Vec<NamedMap>,
    /// For relevance propagation, the rule that each layer got, from the target down.
    pub rules: Vec<AppliedRule>,
    /// What the reader has to know to read the values.
    pub notes: Vec<Note>,
}

described! {
    /// One number that a method gives besides its attribution.
    #[derive(Copy)]
    pub struct Residual {
        /// What the number is.
        pub name: &'static str,
        /// The number.
        pub value: f64,
    }
}

/// A result besides the attribution.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedMap {
    /// What it is called in file names.
    pub name: &'static str,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
    /// As many values as the product of `shape`.
    pub values: Vec<f32>,
}

/// What the reader of an attribution has to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// Every value is 0.
    ZeroEverywhere,
    /// Grad-CAM's weighted sum is positive nowhere, and what is not is cut off.
    NowherePositive {
        /// The layer whose maps were weighted.
        layer: String,
    },
    /// The target has one value for every input that was tried.
    Independent {
        /// That value.
        value: f64,
    },
    /// The relevance at the input is many times the target's value.
    RelevanceGrew {
        /// How many times.
        times: f64,
    },
    /// The γ rule was used on an input with negative values.
    GammaOnSignedInput {
        /// Values of the input that are negative.
        negative: usize,
        /// Values of the input.
        of: usize,
    },
}

impl Note {
    /// What the note is called in a receipt.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ZeroEverywhere => "zero-everywhere",
            Self::NowherePositive { .. } => "nowhere-positive",
            Self::Independent { .. } => "independent-of-input",
            Self::RelevanceGrew { .. } => "relevance-grew",
            Self::GammaOnSignedInput { .. } => "gamma-on-signed-input",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroEverywhere => f.write_str(
                "every value is 0: for this method the target does not depend on this input. Try another target, a layer before the last rectifier, or another method, such as gradient or occlusion",
            ),
            Self::NowherePositive { layer } => write!(
                f,
                "every value is 0: the weighted sum of the maps of {layer} is nowhere positive, so nothing there speaks for the target. Try another target, an earlier layer with --layer, or a method with a sign, such as gradient or occlusion"
            ),
            Self::Independent { value } => write!(
                f,
                "every value is 0: the target is {value} for this input, for a black one, for a white one and for this one inverted, so it does not depend on the input. Try another target, such as a class, and look at the layers with `cortexscope activations`: an earlier one may be 0 everywhere"
            ),
            Self::RelevanceGrew { times } => write!(
                f,
                "the relevance at the input is {times:.0} times the target's value: it grew where large parts cancel each other, and its size says little. Try a larger --epsilon, --composite epsilon-plus, or a target whose value is not near 0"
            ),
            Self::GammaOnSignedInput { negative, of } => write!(
                f,
                "the γ rule assumes inputs that are not negative (Montavon et al. 2019, section 10.2.1), but {negative} of {of} values of this input are negative. Use --composite epsilon-gamma-box, which has a rule of its own for the first layer"
            ),
        }
    }
}

impl Attribution {
    /// Values of `shape`, and nothing besides.
    pub fn of(shape: [usize; 3], values: Vec<f32>, score: f64) -> Self {
        Self {
            shape,
            values,
            score,
            residuals: Vec::new(),
            maps: Vec::new(),
            rules: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A value for each value of the input of `model`.
    pub fn whole(model: &FloatModel, score: f64, values: Vec<f32>) -> Self {
        Self::of(model.input_shape(), values, score)
    }

    /// The same with these residuals.
    pub fn with<const N: usize>(mut self, residuals: [(&'static str, f64); N]) -> Self {
        self.residuals = residuals
            .map(|(name, value)| Residual { name, value })
            .to_vec();
        self
    }
}

/// The greatest magnitude over the channels, for each of `positions`.
pub fn greatest_magnitude(values: &[f32], positions: usize) -> Vec<f32> {
    let mut greatest = vec![0.0_f32; positions];
    for channel in values.chunks_exact(positions) {
        for (most, value) in greatest.iter_mut().zip(channel) {
            *most = most.max(value.abs());
        }
    }
    greatest
}

/// The sum over the channels, for each of `positions`.
pub fn sum_over_channels(values: &[f32], positions: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f32; positions];
    for channel in values.chunks_exact(positions) {
        for (sum, value) in sums.iter_mut().zip(channel) {
            *sum += value;
        }
    }
    sums
}
