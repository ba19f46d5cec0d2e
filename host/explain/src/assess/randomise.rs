//! Model-parameter randomisation (Adebayo et al. 2018, section 3): a map that explains a
//! model changes with its weights.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::control::{Candidate, Map};
use super::layers::{Order, layers};
use super::measures::{Measures, One};
use crate::attribute::{ExplainError, Plans, Report, Run};
use crate::float_model::{FloatModel, LayerId};
use crate::target::{Aim, ClassValue};
use cortexscope_net::onnx::{Constant, Values};
use cortexscope_net::random::Random;
use cortexscope_statistics::{spearman, ssim};

/// What the weights of a layer become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redraw {
    /// The layer's own, in a random order; biases likewise.
    Permuted,
    /// Normal with the variance 2 / fan-in (He et al. 2015), biases 0: an initial
    /// distribution, because a file does not say which one it was.
    Initial,
}

impl Redraw {
    /// New values for the constants of a layer.
    fn of(
        self,
        model: &FloatModel,
        layer: LayerId,
        random: &mut Random,
    ) -> Vec<(String, Constant)> {
        let Some(of) = model.layer_constants(layer) else {
            return Vec::new();
        };
        let constants = of.constants.into_iter().enumerate();
        let drawn = constants.map(|(at, (name, constant))| {
            let mut values = constant.floats().unwrap_or_default().to_vec();
            match self {
                Self::Permuted => shuffle(&mut values, random),
                Self::Initial => {
                    let deviation = (2.0 / of.fan_in as f64).sqrt();
                    let is_weight = at == 0;
                    values.fill_with(|| {
                        if is_weight {
                            (deviation * random.normal()) as f32
                        } else {
                            0.0
                        }
                    });
                }
            }
            let values = Values::Float(values);
            (name, Constant { values, ..constant })
        });
        drawn.collect()
    }
}

/// Fisher and Yates.
fn shuffle(values: &mut [f32], random: &mut Random) {
    for last in (1..values.len()).rev() {
        let other = (random.uniform() * (last + 1) as f64) as usize;
        values.swap(last, other.min(last));
    }
}

/// For each input and candidate the agreement after each layer, cascading from the top and
/// one layer at a time.
///
/// # Errors
/// The method, a model without weights, or an interruption.
pub fn measure(
    model: &FloatModel,
    candidates: &[Candidate<'_>],
    inputs: &[Vec<f32>],
    redraw: Redraw,
    seed: u64,
    report: Report<'_>,
) -> Result<Measures, ExplainError> {
    let layers = layers(model);
    if layers.is_empty() {
        return Err(ExplainError::Parameter(
            "the model has no convolution or dense layer whose weights are in the file, so there is nothing to randomise",
        ));
    }
    let mut random = Random::new(seed);
    let drawn: Vec<Vec<(String, Constant)>> = layers
        .iter()
        .map(|&layer| redraw.of(model, layer, &mut random))
        .collect();
    let aims = inputs
        .iter()
        .map(|input| Aim::predicted(model, input, ClassValue::Logit));
    let aims: Vec<Aim> = aims.collect::<Result<_, _>>()?;
    let all = (2 * layers.len() + 1) * inputs.len().max(1);
    let mut done = 0;
    let mut maps = |model: &FloatModel| -> Result<Vec<Vec<Map>>, ExplainError> {
        let mut plans = Plans::default();
        let mut of_inputs = Vec::with_capacity(inputs.len());
        for (input, aim) in inputs.iter().zip(&aims) {
            let mut of_candidates = Vec::with_capacity(candidates.len());
            for candidate in candidates {
                of_candidates.push(candidate.map(&mut Run {
                    model,
                    input,
                    aim,
                    plans: &mut plans,
                    answers: None,
                    report: &mut |_, _| report(done, all),
                })?);
            }
            of_inputs.push(of_candidates);
            done += 1;
            if report(done, all).is_break() {
                return Err(ExplainError::Interrupted);
            }
        }
        Ok(of_inputs)
    };
    let originals = maps(model)?;
    let [_, height, width] = model.input_shape();
    let mut ones = vec![vec![One::default(); candidates.len()]; inputs.len()];
    for order in [Order::Cascading, Order::Independent] {
        let mut changed: HashMap<String, Constant> = HashMap::new();
        for drawn in &drawn {
            if order == Order::Independent {
                changed.clear();
            }
            changed.extend(drawn.iter().cloned());
            let other = maps(&model.with_constants(&changed)?)?;
            for ((ones, before), after) in ones.iter_mut().zip(&originals).zip(&other) {
                for ((one, before), after) in ones.iter_mut().zip(before).zip(after) {
                    one.push_layer(agreement(&before.pixels, &after.pixels, [height, width]));
                }
            }
        }
    }
    let mut measures = Measures::default();
    ones.into_iter()
        .for_each(|of_input| measures.push(of_input));
    Ok(measures)
}

/// SSIM and Spearman's ρ of two maps, and of their magnitudes: SSIM, SSIM of magnitudes, ρ,
/// ρ of magnitudes.
pub fn agreement(before: &[f32], after: &[f32], size: [usize; 2]) -> [Option<f64>; 4] {
    let wide = |map: &[f32]| -> Vec<f64> { map.iter().copied().map(f64::from).collect() };
    let sizes = |map: &[f64]| -> Vec<f64> { map.iter().map(|value| value.abs()).collect() };
    let (a, b) = (wide(before), wide(after));
    let (size_a, size_b) = (sizes(&a), sizes(&b));
    [
        ssim(&scaled(&a), &scaled(&b), size, 1.0),
        ssim(&scaled(&size_a), &scaled(&size_b), size, 1.0),
        spearman(&a, &b),
        spearman(&size_a, &size_b),
    ]
}

/// From 0 to 1; a constant map is 0.
fn scaled(map: &[f64]) -> Vec<f64> {
    let least = map.iter().copied().fold(f64::INFINITY, f64::min);
    let range = map.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least;
    let scale = if range > 0.0 { 1.0 / range } else { 0.0 };
    map.iter().map(|value| (value - least) * scale).collect()
}
