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
                let selected = f64::from(at(*index)?);
                let greatest = items.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let greatest = f64::from(greatest);
                let exp = |&item: &f32| (f64::from(item) - greatest).exp();
                let total: f64 = items.iter().map(exp).sum();
                let log = selected - greatest - total.ln();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of two maps of three numbers.
    fn values() -> [TValue; 1] {
        let items: Vec<f32> = (1_u8..=12).map(f32::from).collect();
        [Tensor::from_shape(&[2, 2, 3], &items).unwrap().into()]
    }

    fn evaluate(target: &Target) -> (f64, Vec<f32>) {
        let (value, seeds) = target.evaluate(&values()).unwrap();
        assert_eq!(seeds[0].shape(), [2, 2, 3]);
        let seed = seeds[0].to_plain_array_view::<f32>().unwrap();
        (value, seed.iter().copied().collect())
    }

    fn ones(at: &[usize], value: f32) -> Vec<f32> {
        (0..12)
            .map(|i| if at.contains(&i) { value } else { 0.0 })
            .collect()
    }

    #[test]
    fn sums_and_elements() {
        assert_eq!(evaluate(&Target::Sum), (78.0, vec![1.0; 12]));
        // The second map of both images: 4 + 5 + 6 + 10 + 11 + 12.
        let channel = ones(&[3, 4, 5, 9, 10, 11], 1.0);
        assert_eq!(evaluate(&Target::Channel(1)), (48.0, channel));
        assert_eq!(evaluate(&Target::Element(4)), (5.0, ones(&[4], 1.0)));
        assert_eq!(evaluate(&Target::Relevance(4)), (5.0, ones(&[4], 5.0)));
        // One image of four maps of three numbers.
        let one = Tensor::from_shape(&[1, 4, 3], &ones(&[6, 7, 8], 8.0)).unwrap();
        assert_eq!(Target::Channel(2).evaluate(&[one.into()]).unwrap().0, 24.0);
        let weights: Vec<f32> = ones(&[0, 2], 2.0);
        assert_eq!(evaluate(&Target::Weighted(weights.clone())), (8.0, weights));
    }

    #[test]
    fn probabilities() {
        let (log, log_seed) = evaluate(&Target::LogProbability(11));
        let total: f64 = (0..12).map(|i| (-f64::from(i)).exp()).sum();
        assert!((log + total.ln()).abs() < 1e-12);
        let (probability, seed) = evaluate(&Target::Probability(11));
        assert!((probability - 1.0 / total).abs() < 1e-12);
        // Moving all logits alike changes nothing.
        assert!(seed.iter().sum::<f32>().abs() < 1e-6 && log_seed.iter().sum::<f32>().abs() < 1e-6);
        let own = 1.0 - 1.0 / total;
        assert!((f64::from(log_seed[11]) - own).abs() < 1e-6);
        assert!((f64::from(seed[11]) - own / total).abs() < 1e-6);
        assert!((f64::from(log_seed[10]) + (-1.0_f64).exp() / total).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for target in [
            Target::Channel(2),
            Target::Element(12),
            Target::Probability(12),
            Target::Weighted(vec![1.0; 11]),
        ] {
            let refused = target.evaluate(&values());
            assert!(
                matches!(refused, Err(AdjointError::Objective(_))),
                "{target:?}"
            );
        }
        let [value] = values();
        let two = [value.clone(), value];
        assert!(Target::Sum.evaluate(&two).is_err());
    }
}
