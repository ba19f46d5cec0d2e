//! Attributions: what each value of an input has to do with a target, by the
//! methods of the literature, each after its paper.
//!
//! [`explain`] takes a [`FloatModel`], an input, an [`Aim`] and a [`Method`], and
//! gives an [`Attribution`]: values, the target's value, and residuals that say
//! how well the method's own equation holds. All that is random has a seed.
//!
//! A method is a file in `methods`: its name, paper, arguments with defaults and ranges, and its
//! run. [`REGISTRY`] lists them.

mod argument;
mod attribution;
mod backward;
mod baseline;
mod class_score;
mod composite;
mod error;
mod layer_rules;
mod map_layer;
mod method;
mod methods;
mod per_pixel;
mod receipt;
mod registry;
mod relevance;
mod run;
#[cfg(test)]
pub(crate) mod tests;
mod upsample;

pub use argument::{Argument, ArgumentError, ArgumentKind, Arguments, Choice, Given, OpenInput};
pub use attribution::{
    Attribution, NamedMap, Note, Residual, greatest_magnitude, sum_over_channels,
};
pub(crate) use backward::threads_for;
pub use backward::{Backward, Pass, Rules, Scalar, Wrt};
pub use baseline::Baseline;
pub use composite::{Composite, CompositeKind, LrpRule};
pub use error::ExplainError;
pub use layer_rules::AppliedRule;
pub use map_layer::MapLayer;
pub use method::{Explainer, LayerRule, Method, MethodInfo, ParameterValue, Parameters, ValueKind};
pub use methods::*;
pub use per_pixel::per_pixel;
pub use receipt::{Explained, Receipt, ReceiptParameters, ResultMap};
pub use registry::{METHODS, find};
pub use run::{Answers, Plans, Report, Run};
pub use upsample::{bilinear, bilinear_transposed};

use crate::float_model::FloatModel;
use crate::target::Aim;

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

/// Explains an input.
///
/// # Errors
/// [`ExplainError`]: the model, a parameter, or an interruption.
pub fn explain(
    model: &FloatModel,
    request: Request<'_>,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    explain_with(&mut Plans::default(), model, request, report)
}

/// Explains an input with the plans of earlier inputs, and keeps its own for later ones:
/// the values are those of [`explain`].
///
/// # Errors
/// As [`explain`].
pub fn explain_with(
    plans: &mut Plans,
    model: &FloatModel,
    request: Request<'_>,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    explain_by(plans, model, request, None, report)
}

/// The same by the scores of `answers` in the place of the model's, where a method
/// [only asks](Explainer::only_asks) for scores.
///
/// # Errors
/// As [`explain`]; [`ExplainError::NeedsSlopes`] for other methods.
pub fn explain_by(
    plans: &mut Plans,
    model: &FloatModel,
    request: Request<'_>,
    answers: Option<&mut dyn Answers>,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, method } = request;
    if answers.is_some() && !(method.only_asks() && aim.class_in(model).is_some()) {
        return Err(ExplainError::NeedsSlopes {
            method: method.name(),
        });
    }
    if !input.iter().all(|value| value.is_finite()) {
        return Err(ExplainError::NotFinite("the input"));
    }
    let mut run = Run {
        model,
        input,
        aim,
        plans,
        // Each lives as long as it may, so that it is taken out and put in again.
        answers: match answers {
            Some(answers) => Some(answers),
            None => None,
        },
        report,
    };
    let mut attribution = method.run(&mut run)?;
    let finite = attribution.values.iter().all(|value| value.is_finite());
    if !(finite && attribution.score.is_finite()) {
        return Err(ExplainError::NotFinite("the attribution"));
    }
    let is_zero = attribution.values.iter().all(|&value| value == 0.0);
    let is_said = |note: &Note| matches!(note, Note::NowherePositive { .. });
    if is_zero && !attribution.notes.iter().any(is_said) {
        let value = attribution.score;
        attribution.notes.push(if is_independent(&mut run, value)? {
            Note::Independent { value }
        } else {
            Note::ZeroEverywhere
        });
    }
    Ok(attribution)
}

/// Whether the target has this `value` for other inputs as well: a black one, a white one,
/// and the input inverted.
fn is_independent(run: &mut Run<'_>, value: f64) -> Result<bool, ExplainError> {
    let spec = &run.model.spec.input;
    let levels = spec.levels(run.input);
    let others: [Vec<f32>; 3] = [
        vec![0.0; levels.len()],
        vec![255.0; levels.len()],
        levels.iter().map(|level| 255.0 - level).collect(),
    ];
    for other in others.map(|levels| spec.of_levels(&levels)) {
        if run.value_for(&other)? != value {
            return Ok(false);
        }
    }
    Ok(true)
}
