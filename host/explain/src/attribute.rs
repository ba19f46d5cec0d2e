//! Attributions: what each value of an input has to do with a target, by the
//! methods of the literature, each after its paper.
//!
//! [`explain`] takes a [`FloatModel`], an input, an [`Aim`] and a [`Method`], and
//! gives an [`Attribution`]: values, the target's value, and residuals that say
//! how well the method's own equation holds. All that is random has a seed.

mod backward;
mod cam;
pub mod composite;
mod deconvnet;
mod integrated;
mod layer_rules;
pub mod method;
mod occlusion;
mod receipt;
mod relevance;
mod smooth;
pub mod standard;
#[cfg(test)]
pub(crate) mod tests;
mod upsample;

pub use backward::{Backward, Pass, Rules, Wrt};
pub use composite::{Composite, CompositeKind, LrpRule};
pub use layer_rules::AppliedRule;
pub use method::{
    Baseline, DeconvnetStart, GradCam, IntegratedGradients, METHODS, Method, OcclusionParameters,
    Quadrature, SmoothGrad, SmoothGradOf,
};
pub use receipt::Receipt;
pub use upsample::{bilinear, bilinear_transposed};

use std::ops::ControlFlow;

use thiserror::Error;

use crate::float_model::{FloatModel, FloatModelError};
use crate::target::Aim;
use cortexscope_net::input::InputSpec;

/// What an attribution is of.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `[C, H, W]`, as the model wants it.
    pub input: &'a [f32],
    /// What is explained.
    pub aim: &'a Aim,
    /// How.
    pub method: &'a Method,
}

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
}

/// A number that says how well an equation holds, or between what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// What it is, as a phrase.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
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

/// Told after each step: steps done, and steps in all. [`ControlFlow::Break`]
/// ends the work.
pub type Report<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// Why an input cannot be explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// The model cannot be used or run.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The backward pass cannot be made or run.
    #[error(transparent)]
    Backward(#[from] tract_adjoint::AdjointError),
    /// A parameter is outside its range.
    #[error("{0}")]
    Parameter(&'static str),
    /// The window does not fit the input.
    #[error(
        "a window of {}×{} does not fit an input of {}×{} (rows × columns)",
        window[0], window[1], input[0], input[1]
    )]
    Window {
        /// Rows and columns of the window.
        window: [usize; 2],
        /// Rows and columns of the input.
        input: [usize; 2],
    },
    /// Grad-CAM is to read a layer that has no maps, or that the target does not
    /// depend on.
    #[error("Grad-CAM of {target} cannot weigh {layer}: it weighs maps of a layer before the target, {}", have.join(", "))]
    NoMaps {
        /// The target.
        target: String,
        /// The layer.
        layer: String,
        /// Layers with maps before the target.
        have: Vec<String>,
    },
    /// The input, the target's value or a derivative is not a number.
    #[error("{0} is not finite: is the input in the range that the model wants?")]
    NotFinite(&'static str),
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

/// Explains an input.
///
/// # Errors
/// [`ExplainError`]: the model, a parameter, or an interruption.
pub fn explain(
    model: &FloatModel,
    request: Request<'_>,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, method } = request;
    if !input.iter().all(|value| value.is_finite()) {
        return Err(ExplainError::NotFinite("the input"));
    }
    let attribution = match method {
        Method::Gradient => {
            let pass = gradient(model, input, aim, Rules::Gradient)?;
            whole(model, pass.score, pass.gradient)
        }
        Method::Saliency => {
            let pass = gradient(model, input, aim, Rules::Gradient)?;
            let [_, height, width] = model.input_shape();
            let values = greatest_magnitude(&pass.gradient, height * width);
            Attribution {
                shape: [1, height, width],
                values,
                score: pass.score,
                residuals: Vec::new(),
                maps: Vec::new(),
                rules: Vec::new(),
            }
        }
        Method::GradientXInput => {
            let pass = gradient(model, input, aim, Rules::Gradient)?;
            let products = pass.gradient.iter().zip(input).map(|(g, x)| g * x);
            whole(model, pass.score, products.collect())
        }
        Method::GuidedBackprop => {
            let pass = gradient(model, input, aim, Rules::Guided)?;
            whole(model, pass.score, pass.gradient)
        }
        Method::Deconvnet(start) => deconvnet::run(model, request, *start)?,
        Method::SmoothGrad(parameters) => smooth::run(model, request, parameters, report)?,
        Method::IntegratedGradients(parameters) => {
            integrated::run(model, request, parameters, report)?
        }
        Method::GradCam(parameters) => cam::run(model, request, parameters)?,
        Method::GuidedGradCam(parameters) => cam::guided(model, request, parameters)?,
        Method::LrpEpsilon(composite)
        | Method::LrpGamma(composite)
        | Method::LrpZPlus(composite) => relevance::run(model, request, composite)?,
        Method::Occlusion(parameters) => occlusion::run(model, request, parameters, report)?,
    };
    let finite = attribution.values.iter().all(|value| value.is_finite());
    if finite && attribution.score.is_finite() {
        Ok(attribution)
    } else {
        Err(ExplainError::NotFinite("the attribution"))
    }
}

/// One value and derivative with respect to the input.
fn gradient(
    model: &FloatModel,
    input: &[f32],
    aim: &Aim,
    rules: Rules<'_>,
) -> Result<Pass, ExplainError> {
    Backward::new(model, aim.layer, Wrt::Input, rules)?.run(input, aim)
}

/// An attribution with a value for each value of the input.
fn whole(model: &FloatModel, score: f64, values: Vec<f32>) -> Attribution {
    Attribution {
        shape: model.input_shape(),
        values,
        score,
        residuals: Vec::new(),
        maps: Vec::new(),
        rules: Vec::new(),
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

impl Baseline {
    /// The baseline as an input `[C, H, W]` of its own, for `input`.
    ///
    /// # Errors
    /// An input of another size.
    pub fn values(&self, spec: &InputSpec, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        let [channels, height, width] = spec.shape();
        let positions = height * width;
        let filled = |value: &dyn Fn(usize) -> f32| -> Vec<f32> {
            let planes = (0..channels).flat_map(|channel| vec![value(channel); positions]);
            planes.collect()
        };
        Ok(match self {
            Self::Black => filled(&|channel| spec.value(channel, 0)),
            Self::White => filled(&|channel| spec.value(channel, 255)),
            Self::Level(level) => filled(&|channel| spec.value_of_level(channel, *level)),
            Self::Zero => filled(&|_| 0.0),
            Self::Mean => filled(&|channel| {
                let plane = input.iter().skip(channel * positions).take(positions);
                let sum: f64 = plane.copied().map(f64::from).sum();
                (sum / positions as f64) as f32
            }),
            Self::Input(values) if values.len() == input.len() => values.clone(),
            Self::Input(values) => {
                let (have, need) = (values.len(), input.len());
                return Err(FloatModelError::InputSize { have, need }.into());
            }
        })
    }
}

/// Tells how far the work is, and ends it where that is asked for.
fn tell(report: Report<'_>, done: usize, all: usize) -> Result<(), ExplainError> {
    match report(done, all) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ExplainError::Interrupted),
    }
}
