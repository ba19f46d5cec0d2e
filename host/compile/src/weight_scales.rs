//! What one step of each output channel's weights is worth.

use super::associative_scales;
use super::error::{MAX_BIAS, Refusal};

/// Least usable product of two scales: far from where `f32` loses digits.
const LEAST_PRODUCT: f64 = 1e-30;
/// Least usable multiplier of an accumulator: no accumulator reaches one step.
const LEAST_MULTIPLIER: f64 = 1e-18;

/// The float weights and biases of a layer.
pub struct Weights<'a> {
    /// `[O, …]`.
    pub values: &'a [f32],
    /// One per output channel.
    pub bias: &'a [f32],
    /// Whether it is the mean over a window: all weights are the same, and one
    /// step of the int8 each.
    pub is_mean: bool,
}

/// What becomes of the accumulators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Destination {
    /// int8 of this scale.
    Int8(f32),
    /// `f32`, not quantised.
    Logits,
}

impl<'a> Weights<'a> {
    /// Weights and bias of each output channel.
    pub fn channels(&self) -> impl Iterator<Item = (&'a [f32], &'a f32)> {
        let per_output = self.values.len() / self.bias.len().max(1);
        self.values.chunks_exact(per_output.max(1)).zip(self.bias)
    }
}

/// One scale per output channel: enough for the greatest weight and for the bias
/// at scale `x·w`, and such that every engine computes with the same multiplier.
///
/// # Errors
/// Weights that are not finite, or accumulators whose scale is not usable.
pub fn choose(weights: &Weights<'_>, x: f32, to: Destination) -> Result<Vec<f32>, Refusal> {
    let y = match to {
        Destination::Int8(scale) => scale,
        Destination::Logits => 1.0,
    };
    let is_single = weights.bias.len() == 1 && to != Destination::Logits;
    let mut scales = Vec::with_capacity(weights.bias.len());
    for (channel, (row, &bias)) in weights.channels().enumerate() {
        if !row.iter().all(|weight| weight.is_finite()) {
            return Err(Refusal::NotFinite("weights"));
        }
        if !bias.is_finite() {
            return Err(Refusal::NotFinite("biases"));
        }
        let greatest = row
            .iter()
            .fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let steps = if weights.is_mean { 1 } else { i8::MAX };
        let least = least(greatest, steps, bias, [x, y]);
        let multiplier = (least * x) / y;
        let refused = Refusal::Multiplier {
            channel,
            multiplier,
        };
        if !(multiplier.is_finite() && multiplier > 0.0) {
            return Err(refused);
        }
        let scale = match (is_single, weights.is_mean) {
            (false, _) => associative_scales::weight_scale(least, x, y),
            (true, false) => associative_scales::of_single_channel(least, x, y),
            (true, true) => associative_scales::of_single_mean(least, x, y),
        };
        scales.push(scale.ok_or(refused)?);
    }
    if to != Destination::Logits {
        let multiplier = scales.first().map_or(0.0, |scale| (scale * x) / y);
        associative_scales::differ(&mut scales, x, y).ok_or(Refusal::Multiplier {
            channel: scales.len() - 1,
            multiplier,
        })?;
    }
    Ok(scales)
}

/// Enough for the greatest weight within ±`steps`, for the bias to fit at scale
/// `x·w`, and for the multiplier to be a usable number where all weights are
/// next to nothing.
fn least(greatest: f32, steps: i8, bias: f32, [x, y]: [f32; 2]) -> f32 {
    let x = f64::from(x);
    let for_weights = f64::from(greatest) / f64::from(steps);
    let for_bias = f64::from(bias.abs()) / (x * f64::from(MAX_BIAS));
    let for_multiplier = LEAST_MULTIPLIER * f64::from(y) / x;
    let for_product = LEAST_PRODUCT / x;
    let scale = [for_bias, for_multiplier, for_product]
        .into_iter()
        .fold(for_weights, f64::max);
    scale as f32
}
