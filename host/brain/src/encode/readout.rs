//! A fitted readout, in the units of the features and of the responses.

use tract_adjoint::vector::wide_dot;

use super::factorised::Weights;
use super::features::Standard;

/// Which readout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadoutKind {
    /// A weight for each feature.
    Ridge,
    /// A mask over the positions times weights of the channels.
    Factorised,
}

impl ReadoutKind {
    /// Its name on the command line and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ridge => "ridge",
            Self::Factorised => "factorised",
        }
    }
}

/// What reads neurons from a layer's features `[C, H, W]`: ŷ = W · X + b, in the unit of the
/// responses.
#[derive(Clone, Debug, PartialEq)]
pub struct Readout {
    /// `[C, H, W]` of the features.
    pub shape: [usize; 3],
    /// b of each neuron.
    pub bias: Vec<f64>,
    /// The weights.
    pub weights: ReadoutWeights,
}

/// Weights of a readout.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadoutWeights {
    /// `[neurons, C, H, W]`.
    Ridge(Vec<f32>),
    /// A mask and the weights of channels. (αWs, Wd/α) is the same readout for every α, so
    /// each mask has the greatest magnitude 1 and a sum that is not negative.
    Factorised {
        /// Ws, `[neurons, H, W]`.
        masks: Vec<f32>,
        /// Wd, `[neurons, C]`, in the unit of the responses over that of the features.
        channels: Vec<f32>,
    },
}

impl Readout {
    /// Neurons.
    pub fn neurons(&self) -> usize {
        self.bias.len()
    }

    /// Which readout it is.
    pub fn kind(&self) -> ReadoutKind {
        match self.weights {
            ReadoutWeights::Ridge(_) => ReadoutKind::Ridge,
            ReadoutWeights::Factorised { .. } => ReadoutKind::Factorised,
        }
    }

    /// The derivative of a neuron's prediction with respect to the features, `[C, H, W]`.
    ///
    /// # Panics
    /// There is no such neuron.
    pub fn slopes(&self, neuron: usize) -> Vec<f32> {
        let [channels, height, width] = self.shape;
        let positions = height * width;
        match &self.weights {
            ReadoutWeights::Ridge(weights) => {
                let size = channels * positions;
                weights[neuron * size..][..size].to_vec()
            }
            ReadoutWeights::Factorised {
                masks,
                channels: depth,
            } => {
                let mask = &masks[neuron * positions..][..positions];
                let depth = &depth[neuron * channels..][..channels];
                let maps = depth.iter();
                maps.flat_map(|weight| mask.iter().map(move |mask| mask * weight))
                    .collect()
            }
        }
    }

    /// Each neuron's prediction for one image's features.
    pub fn predict(&self, features: &[f32]) -> Vec<f64> {
        let neurons = 0..self.neurons();
        neurons
            .map(|neuron| self.predict_one(neuron, features))
            .collect()
    }

    /// One neuron's prediction for one image's features.
    pub fn predict_one(&self, neuron: usize, features: &[f32]) -> f64 {
        let sum = match &self.weights {
            ReadoutWeights::Ridge(weights) => {
                let size = features.len();
                wide_dot(&weights[neuron * size..][..size], features)
            }
            ReadoutWeights::Factorised { masks, channels } => {
                let [depths, height, width] = self.shape;
                let positions = height * width;
                let mask = &masks[neuron * positions..][..positions];
                let depths = &channels[neuron * depths..][..depths];
                let maps = features.chunks_exact(positions).zip(depths);
                maps.map(|(map, depth)| wide_dot(mask, map) * f64::from(*depth))
                    .sum()
            }
        };
        sum + self.bias[neuron]
    }

    /// The mask that a picture shows, `[H, W]`: Ws, or for ridge the root of the sum of
    /// squares over the channels, over the greatest.
    pub fn mask(&self, neuron: usize) -> Vec<f32> {
        let [channels, height, width] = self.shape;
        let positions = height * width;
        match &self.weights {
            ReadoutWeights::Factorised { masks, .. } => {
                masks[neuron * positions..][..positions].to_vec()
            }
            ReadoutWeights::Ridge(weights) => {
                let own = &weights[neuron * channels * positions..][..channels * positions];
                let squares = (0..positions).map(|position| {
                    let squares = (0..channels).map(|c| own[c * positions + position].powi(2));
                    squares.sum::<f32>().sqrt()
                });
                let mut mask: Vec<f32> = squares.collect();
                let greatest = mask.iter().copied().fold(0.0, f32::max);
                if greatest > 0.0 {
                    mask.iter_mut().for_each(|value| *value /= greatest);
                }
                mask
            }
        }
    }

    /// A readout of raw features from one of standardised features and responses:
    /// `scales` has mean and standard deviation of each neuron.
    pub(super) fn of_factorised(
        weights: &Weights,
        shape: [usize; 3],
        standard: &Standard,
        scales: &[[f64; 2]],
    ) -> Self {
        let [channels, height, width] = shape;
        let positions = height * width;
        let deviation = f64::from(standard.deviation);
        let mut readout = Self {
            shape,
            bias: vec![0.0; scales.len()],
            weights: ReadoutWeights::Ridge(Vec::new()),
        };
        let (mut masks, mut depths) = (Vec::new(), Vec::new());
        for (neuron, &[_, spread]) in scales.iter().enumerate() {
            let mask = &weights.masks[neuron * positions..][..positions];
            let depth = &weights.channels[neuron * channels..][..channels];
            let greatest = mask
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            let sum: f64 = mask.iter().copied().map(f64::from).sum();
            let sign = if sum < 0.0 { -1.0 } else { 1.0 };
            let unit = if greatest > 0.0 {
                sign * f64::from(greatest)
            } else {
                1.0
            };
            masks.extend(mask.iter().map(|&value| (f64::from(value) / unit) as f32));
            let scale = unit * spread / deviation;
            depths.extend(depth.iter().map(|&value| (f64::from(value) * scale) as f32));
        }
        readout.weights = ReadoutWeights::Factorised {
            masks,
            channels: depths,
        };
        for (neuron, &[mean, spread]) in scales.iter().enumerate() {
            let at_mean = readout.predict_one(neuron, &standard.mean);
            readout.bias[neuron] = mean + spread * f64::from(weights.bias[neuron]) - at_mean;
        }
        readout
    }

    /// The same for ridge weights `[neurons, C, H, W]` of standardised features.
    pub(super) fn of_ridge(
        mut weights: Vec<f32>,
        shape: [usize; 3],
        standard: &Standard,
        means: &[f64],
    ) -> Self {
        weights
            .iter_mut()
            .for_each(|weight| *weight /= standard.deviation);
        let mut readout = Self {
            shape,
            bias: vec![0.0; means.len()],
            weights: ReadoutWeights::Ridge(weights),
        };
        for (neuron, mean) in means.iter().enumerate() {
            readout.bias[neuron] = mean - readout.predict_one(neuron, &standard.mean);
        }
        readout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_with_a_negative_sum_is_turned_with_its_channels() {
        let weights = Weights {
            masks: vec![-2.0, 1.0],
            channels: vec![3.0],
            bias: vec![0.5],
        };
        let standard = Standard {
            mean: vec![1.0, 2.0],
            deviation: 4.0,
        };
        let readout = Readout::of_factorised(&weights, [1, 1, 2], &standard, &[[10.0, 8.0]]);
        let ReadoutWeights::Factorised { masks, channels } = &readout.weights else {
            unreachable!("a factorised readout")
        };
        assert_eq!(masks, &[1.0, -0.5]);
        assert_eq!(channels, &[-12.0]);
        // At X = (5, 2) the standardised features are (1, 0): 10 + 8 · (0.5 − 2 · 3).
        assert_eq!(readout.predict(&[5.0, 2.0]), [-34.0]);
        assert_eq!(readout.slopes(0), [-12.0, 6.0]);
    }
}
