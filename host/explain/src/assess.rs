//! Is it true? Measures of attributions, each beside two controls: a random map, and the
//! edges of the input.
//!
//! - [`curve`]: deletion and insertion (Petsiuk et al. 2018);
//! - [`sensitivity`]: max-sensitivity (Yeh et al. 2019);
//! - [`Metric::Sparseness`]: the Gini index (Chalasani et al. 2020);
//! - [`randomise`]: model-parameter randomisation (Adebayo et al. 2018);
//! - [`control`]: the method and the controls as maps.

pub mod control;
pub mod curve;
pub mod randomise;
pub mod sensitivity;
#[cfg(test)]
mod tests;

pub use control::{Candidate, Map};
pub use curve::{Blur, Curve, Hide, Point};
pub use randomise::{LayerAgreement, Order, Redraw};
pub use sensitivity::Sensitivity;

use crate::attribute::{ExplainError, Method, Plans, Report, Run};
use crate::float_model::FloatModel;
use crate::target::{Aim, ClassValue};
use cortexscope_statistics::gini;

/// A measure of attributions, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// The curve of the class while pixels are hidden or shown, the most important ones first.
    Curve {
        /// What happens to pixels.
        hide: Hide,
        /// Pixels from one point of the curve to the next.
        step: usize,
        /// Which value of the class is on the curve.
        value: ClassValue,
    },
    /// How far a map moves if the input moves a little.
    MaxSensitivity(Sensitivity),
    /// How unequally a map is shared out.
    Sparseness,
    /// How far a map moves if the weights are exchanged.
    Randomisation {
        /// What the weights become.
        redraw: Redraw,
        /// Seed of the new weights.
        seed: u64,
    },
}

/// What a measure says of one map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What was measured: the method's name, `random` or `edges`.
    pub map: &'static str,
    /// The mean of the measure over the inputs where it has a value; `None` where it has none.
    pub value: Option<f64>,
    /// Inputs where it has a value.
    pub inputs: usize,
    /// The mean curve, where the measure is one.
    pub curve: Vec<Point>,
    /// The agreement after each layer's weights were exchanged, where that is the measure.
    pub layers: Vec<LayerAgreement>,
}

/// Attributions that are measured.
#[derive(Clone, Copy, Debug)]
pub struct Assessment<'a> {
    /// The model.
    pub model: &'a FloatModel,
    /// The method whose maps are measured.
    pub method: &'a Method,
    /// The measure.
    pub metric: &'a Metric,
    /// Seed of the random map.
    pub seed: u64,
}

/// Measures the maps of a method, of chance and of edges for `inputs`, each `[C, H, W]`. What
/// is explained is the logit of the class that the whole input is put into.
///
/// # Errors
/// The method, a parameter, or an interruption.
pub fn assess(
    assessment: Assessment<'_>,
    inputs: &[Vec<f32>],
    report: Report<'_>,
) -> Result<Vec<Row>, ExplainError> {
    let Assessment {
        model,
        method,
        metric,
        seed,
    } = assessment;
    let candidates = [
        Candidate::Method(method),
        Candidate::Random { seed },
        Candidate::Edges,
    ];
    if let Metric::Randomisation { redraw, seed } = metric {
        return randomise::rows(model, &candidates, inputs, *redraw, *seed, report);
    }
    let mut plans = Plans::default();
    let mut sums: Vec<Vec<One>> = candidates.iter().map(|_| Vec::new()).collect();
    let all = inputs.len() * candidates.len();
    for (index, input) in inputs.iter().enumerate() {
        let aim = Aim::predicted(model, input, ClassValue::Logit)?;
        for (at, candidate) in candidates.iter().enumerate() {
            let done = index * candidates.len() + at;
            let mut is_ended = || report(done, all);
            let one = measure(
                candidate,
                metric,
                &mut Run {
                    model,
                    input,
                    aim: &aim,
                    plans: &mut plans,
                    answers: None,
                    report: &mut |_, _| is_ended(),
                },
            )?;
            sums[at].push(one);
            if report(done + 1, all).is_break() {
                return Err(ExplainError::Interrupted);
            }
        }
    }
    let rows = candidates.iter().zip(sums);
    Ok(rows
        .map(|(candidate, ones)| row(candidate, &ones))
        .collect())
}

/// A measure of one map.
struct One {
    value: Option<f64>,
    curve: Vec<Point>,
}

fn measure(
    candidate: &Candidate<'_>,
    metric: &Metric,
    run: &mut Run<'_>,
) -> Result<One, ExplainError> {
    let only = |value| One {
        value,
        curve: Vec::new(),
    };
    Ok(match metric {
        Metric::Curve { hide, step, value } => {
            let map = candidate.map(run)?;
            let found = curve::curve(run, &map.pixels, hide, *step, *value)?;
            One {
                value: Some(found.area),
                curve: found.points,
            }
        }
        Metric::MaxSensitivity(sensitivity) => only(sensitivity.of(candidate, run)?),
        // A randomisation is made for all inputs at once, above.
        Metric::Sparseness | Metric::Randomisation { .. } => {
            let map = candidate.map(run)?;
            let values: Vec<f64> = map.values.iter().copied().map(f64::from).collect();
            only(gini(&values))
        }
    })
}

fn row(candidate: &Candidate<'_>, ones: &[One]) -> Row {
    let known: Vec<f64> = ones.iter().filter_map(|one| one.value).collect();
    let mut curve = ones.first().map_or_else(Vec::new, |one| one.curve.clone());
    for (at, point) in curve.iter_mut().enumerate() {
        let sum: f64 = ones.iter().map(|one| one.curve[at].value).sum();
        point.value = sum / ones.len() as f64;
    }
    Row {
        map: candidate.name(),
        value: mean(&known),
        inputs: known.len(),
        curve,
        layers: Vec::new(),
    }
}

/// The arithmetic mean, where there is a number.
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
