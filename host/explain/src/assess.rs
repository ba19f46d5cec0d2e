//! Is it true? Measures of attributions, each beside two controls: a random map, and the
//! edges of the input.
//!
//! - [`curve`]: deletion and insertion (Petsiuk et al. 2018);
//! - [`sensitivity`]: max-sensitivity (Yeh et al. 2019);
//! - [`Metric::Sparseness`]: the Gini index (Chalasani et al. 2020);
//! - [`randomise`]: model-parameter randomisation (Adebayo et al. 2018);
//! - [`pointing`]: the pointing game (Zhang et al. 2018) at a neuron's receptive field;
//! - [`control`]: the method and the controls as maps.
//!
//! [`measure`] gives the [`Measures`] of each input, which can be joined; their
//! [`rows`](Measures::rows) are the table. [`assess`] does both.

pub mod control;
pub mod curve;
mod kind;
mod layers;
mod measures;
pub mod pointing;
pub mod randomise;
pub mod sensitivity;
#[cfg(test)]
mod tests;

pub use control::{Candidate, Map};
pub use curve::{Blur, Curve, Hide, Point};
pub use kind::{MetricKind, MetricSettings};
pub use layers::{LayerAgreement, Order};
pub use measures::Measures;
pub use pointing::{Pointing, Score};
pub use randomise::Redraw;
pub use sensitivity::Sensitivity;

use crate::attribute::{ExplainError, Method, Plans, Report, Run};
use crate::float_model::FloatModel;
use crate::target::{Aim, ClassValue};
use cortexscope_statistics::gini;
use measures::One;

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
    /// Whether the map of a neuron lies where the neuron looks.
    Pointing(Pointing),
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
/// is explained is the logit of the class that the whole input is put into, or the neuron
/// that [`Metric::Pointing`] names.
///
/// # Errors
/// The method, a parameter, or an interruption.
pub fn assess(
    assessment: Assessment<'_>,
    inputs: &[Vec<f32>],
    report: Report<'_>,
) -> Result<Vec<Row>, ExplainError> {
    Ok(measure(assessment, inputs, report)?.rows(assessment))
}

/// The measures of each input.
///
/// # Errors
/// As [`assess`].
pub fn measure(
    assessment: Assessment<'_>,
    inputs: &[Vec<f32>],
    report: Report<'_>,
) -> Result<Measures, ExplainError> {
    let Assessment { model, metric, .. } = assessment;
    let candidates = assessment.candidates();
    if let Metric::Randomisation { redraw, seed } = metric {
        return randomise::measure(model, &candidates, inputs, *redraw, *seed, report);
    }
    let mut plans = Plans::default();
    let mut measures = Measures::default();
    let all = inputs.len() * candidates.len();
    for (index, input) in inputs.iter().enumerate() {
        let seen = match metric {
            Metric::Pointing(pointing) => Some(pointing.neuron(model, input)?),
            _ => None,
        };
        let aim = match &seen {
            Some(seen) => seen.aim.clone(),
            None => Aim::predicted(model, input, ClassValue::Logit)?,
        };
        let mut of_input = Vec::with_capacity(candidates.len());
        for (at, candidate) in candidates.iter().enumerate() {
            let done = index * candidates.len() + at;
            let mut is_ended = || report(done, all);
            let run = &mut Run {
                model,
                input,
                aim: &aim,
                plans: &mut plans,
                answers: None,
                report: &mut |_, _| is_ended(),
            };
            of_input.push(match (metric, &seen) {
                (Metric::Pointing(pointing), Some(seen)) => {
                    One::of_value(pointing.of(candidate, seen.field, run)?)
                }
                _ => of_class(candidate, metric, run)?,
            });
            if report(done + 1, all).is_break() {
                return Err(ExplainError::Interrupted);
            }
        }
        measures.push(of_input);
    }
    Ok(measures)
}

impl Assessment<'_> {
    /// The method and the controls, in the order of the rows.
    fn candidates(&self) -> [Candidate<'_>; 3] {
        [
            Candidate::Method(self.method),
            Candidate::Random { seed: self.seed },
            Candidate::Edges,
        ]
    }
}

/// What a measure of the class says of one map.
fn of_class(
    candidate: &Candidate<'_>,
    metric: &Metric,
    run: &mut Run<'_>,
) -> Result<One, ExplainError> {
    Ok(match metric {
        Metric::Curve { hide, step, value } => {
            let map = candidate.map(run)?;
            One::of_curve(&curve::curve(run, &map.pixels, hide, *step, *value)?)
        }
        Metric::MaxSensitivity(sensitivity) => One::of_value(sensitivity.of(candidate, run)?),
        // The other two are measured above.
        Metric::Sparseness | Metric::Randomisation { .. } | Metric::Pointing(_) => {
            let map = candidate.map(run)?;
            let values: Vec<f64> = map.values.iter().copied().map(f64::from).collect();
            One::of_value(gini(&values))
        }
    })
}
