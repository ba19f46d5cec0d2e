//! Scalar functions of some values of a graph.

use tract_onnx::prelude::*;

use crate::AdjointError;

/// A scalar objective over values of a graph: what it is, and its derivative with
/// respect to each value.
///
/// Any `Fn(&[TValue]) -> Result<(f64, Vec<Tensor>), AdjointError>` is one.
pub trait Objective {
    /// The objective, and for each of `values` a tensor of its shape: the
    /// derivative, or for rules of relevance the relevance to begin with.
    ///
    /// # Errors
    /// The values are not those that the objective was made for.
    fn evaluate(&self, values: &[TValue]) -> Result<(f64, Vec<Tensor>), AdjointError>;
}

impl<F> Objective for F
where
    F: Fn(&[TValue]) -> Result<(f64, Vec<Tensor>), AdjointError>,
{
    fn evaluate(&self, values: &[TValue]) -> Result<(f64, Vec<Tensor>), AdjointError> {
        self(values)
    }
}

/// Common objectives, each over one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The sum of all elements.
    Sum,
    /// The sum of one map: axis 1 of `[N, C, …]`, all of the batch.
    Channel(usize),
    /// One element, counted in memory order.
    Element(usize),
    /// The softmax probability of an element among all.
    Probability(usize),
    /// The natural logarithm of that probability.
    LogProbability(usize),
    /// The value of one element, as relevance to begin with.
    Relevance(usize),
    /// The sum of products with these weights, one for each element.
    Weighted(Vec<f32>),
}

impl Objective for Target {
    fn evaluate(&self, values: &[TValue]) -> Result<(f64, Vec<Tensor>), AdjointError> {
        let [value] = values else {
            let message = format!("is over one value, the plan reads {}", values.len());
            return Err(AdjointError::Objective(message));
        };
        let view = value.to_plain_array_view::<f32>()?;
        let shape = value.shape();
        let items = view
            .as_slice()
            .ok_or_else(|| AdjointError::Objective("got a value that is not contiguous".into()))?;
        let mut seed = vec![0.0_f32; items.len()];
        let at = |index: usize| {
            let message = || format!("names element {index} of {}", items.len());
            let known = items.get(index).copied();
            known.ok_or_else(|| AdjointError::Objective(message()))
        };
        let sum = match self {
            Self::Sum => {
                seed.fill(1.0);
                items.iter().copied().map(f64::from).sum()
            }
            Self::Channel(channel) => {
                let [batch, channels] = match shape {
                    [batch, channels, ..] if channel < channels => [*batch, *channels],
                    _ => {
                        let message = format!("names channel {channel} of a value {shape:?}");
                        return Err(AdjointError::Objective(message));
                    }
                };
                let positions = items.len() / (batch * channels).max(1);
                let mut sum = 0.0;
                for image in 0..batch {
                    let start = (image * channels + channel) * positions;
                    let map = start..start + positions;
                    seed[map.clone()].fill(1.0);
                    sum += items[map].iter().copied().map(f64::from).sum::<f64>();
                }
                sum
            }
            Self::Element(index) => {
                let value = at(*index)?;
                seed[*index] = 1.0;
                f64::from(value)
            }
            Self::Relevance(index) => {
                let value = at(*index)?;
                seed[*index] = value;
                f64::from(value)
            }
            Self::Probability(index) | Self::LogProbability(index) => {
                let chosen = f64::from(at(*index)?);
                let greatest = items.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let greatest = f64::from(greatest);
                let exp = |&item: &f32| (f64::from(item) - greatest).exp();
                let total: f64 = items.iter().map(exp).sum();
                let log = chosen - greatest - total.ln();
                let is_log = matches!(self, Self::LogProbability(_));
                let scale = if is_log { 1.0 } else { log.exp() };
                for (position, (slot, item)) in seed.iter_mut().zip(items).enumerate() {
                    let own = f64::from(u8::from(position == *index));
                    *slot = (scale * (own - exp(item) / total)) as f32;
                }
                if is_log { log } else { log.exp() }
            }
            Self::Weighted(weights) => {
                if weights.len() != items.len() {
                    let message =
                        format!("has {} weights for {} elements", weights.len(), items.len());
                    return Err(AdjointError::Objective(message));
                }
                seed.copy_from_slice(weights);
                let pairs = weights.iter().zip(items);
                pairs.map(|(&w, &x)| f64::from(w) * f64::from(x)).sum()
            }
        };
        Ok((sum, vec![Tensor::from_shape(shape, &seed)?]))
    }
}
