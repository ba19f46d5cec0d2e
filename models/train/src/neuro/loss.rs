//! What training makes small.

use burn::tensor::{Device, Tensor, TensorData, module::conv2d, ops::ConvOptions};
use serde::{Deserialize, Serialize};

use super::data::Batch;
use super::network::{Answer, Network};

/// Weights of the loss's parts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossWeights {
    /// Mean squared error of a pixel.
    pub reconstruction: f32,
    /// Poisson's loss, summed over neurons, mean over images.
    pub neurons: f32,
    /// Roughness of the first convolution's filters, relative to their size.
    pub smooth: f32,
    /// Group sparsity of the other convolutions.
    pub sparse: f32,
    /// ‖mask‖₁ ‖channels‖₁, summed over neurons.
    pub readout: f32,
}

/// Discrete Laplacian of Klindt et al. (2017), `[3, 3]`.
const LAPLACIAN: [f32; 9] = [0.25, 0.5, 0.25, 0.5, -3.0, 0.5, 0.25, 0.5, 0.25];
/// Keeps the logarithm of a rate finite.
const LEAST_RATE: f32 = 1e-5;

/// Reconstruction and Poisson's loss of a batch, without penalties.
pub fn data_loss(answer: Answer, batch: &Batch, weights: &LossWeights) -> Tensor<1> {
    let image = answer.reconstruction.map(|reconstruction| {
        let error = reconstruction - batch.blocks.clone();
        (error.clone() * error)
            .mean()
            .mul_scalar(weights.reconstruction)
    });
    let neurons = answer.rates.map(|rates| {
        let fit = poisson(rates, batch.counts.clone());
        fit.mul_scalar(weights.neurons)
    });
    match (image, neurons) {
        (Some(image), Some(neurons)) => image + neurons,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Tensor::zeros([1], &batch.images.device()),
    }
}

/// Σ over neurons of ŷ − y log(ŷ + 10⁻⁵), mean over images `[N, neurons]`.
pub fn poisson(rates: Tensor<2>, counts: Tensor<2>) -> Tensor<1> {
    let logarithm = rates.clone().add_scalar(LEAST_RATE).log();
    (rates - counts * logarithm).sum_dim(1).mean()
}

/// The penalties of Klindt et al. (2017) on the weights of an arm.
pub fn penalties(network: &Network, weights: &LossWeights, device: &Device) -> Tensor<1> {
    let mut sum = Tensor::zeros([1], device);
    for (layer, filters) in network.filters().enumerate() {
        if layer == 0 && weights.smooth > 0.0 {
            sum = sum + roughness(filters).mul_scalar(weights.smooth);
        } else if layer > 0 && weights.sparse > 0.0 {
            sum = sum + group_sparsity(filters).mul_scalar(weights.sparse);
        }
    }
    if weights.readout > 0.0
        && let Some([masks, channels]) = network.readout_weights()
    {
        let sizes = masks.abs().sum_dim(1) * channels.abs().sum_dim(1);
        sum = sum + sizes.sum().mul_scalar(weights.readout);
    }
    sum
}

/// Σ over filters of Σ(W ∗ L)² / ΣW², for filters `[out, 1, k, k]`.
pub fn roughness(filters: Tensor<4>) -> Tensor<1> {
    let [outputs, inputs, height, width] = filters.dims();
    let laplacian = TensorData::new(LAPLACIAN.to_vec(), [1, 1, 3, 3]);
    let laplacian = Tensor::from_data(laplacian, &filters.device());
    let planes = filters.reshape([outputs * inputs, 1, height, width]);
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let rough = conv2d(planes.clone(), laplacian, None, options);
    let energy = |planes: Tensor<4>| {
        let planes: Tensor<2> = planes.reshape([outputs * inputs, height * width]);
        (planes.clone() * planes).sum_dim(1)
    };
    (energy(rough) / energy(planes).add_scalar(f32::MIN_POSITIVE)).sum()
}

/// Σ over pairs of channels of √(Σ W²), for filters `[out, in, k, k]`.
pub fn group_sparsity(filters: Tensor<4>) -> Tensor<1> {
    let [outputs, inputs, height, width] = filters.dims();
    let pairs: Tensor<2> = filters.reshape([outputs * inputs, height * width]);
    let squares = (pairs.clone() * pairs).sum_dim(1);
    // The root has no slope at 0.
    squares.add_scalar(1e-12).sqrt().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tensor: Tensor<1>) -> f32 {
        tensor.into_scalar::<f32>()
    }

    fn tensor<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    /// By hand: (2 − 3 ln 2) + (1 − 0) for one image, 0.5 + ln 2 … for the other.
    #[test]
    fn poisson_by_hand() {
        let rates = tensor(&[2.0, 1.0, 0.5, 4.0], [2, 2]);
        let counts = tensor(&[3.0, 5.0, 1.0, 0.0], [2, 2]);
        let ln2 = std::f32::consts::LN_2;
        let wanted = ((2.0 - 3.0 * ln2) + 1.0 + (0.5 + ln2) + 4.0) / 2.0;
        assert!((value(poisson(rates, counts)) - wanted).abs() < 2e-4);
    }

    /// A single 1 in the middle of 3 × 3 has the Laplacian itself: 9 + 4·¼ + 4·1/16 = 10.25;
    /// the size of the filter does not matter.
    #[test]
    fn roughness_by_hand() {
        let mut filter = [0.0; 9];
        filter[4] = 1.0;
        assert!((value(roughness(tensor(&filter, [1, 1, 3, 3]))) - 10.25).abs() < 1e-4);
        filter[4] = -7.0;
        assert!((value(roughness(tensor(&filter, [1, 1, 3, 3]))) - 10.25).abs() < 1e-4);
        // Flat but for its edge: rows and columns of zeros lie around it. The four corners have
        // −3 + ½ + ½ + ¼, the edges −3 + 3·½ + 2·¼, the middle 0.
        let flat = value(roughness(tensor(&[1.0; 9], [1, 1, 3, 3])));
        assert!(
            (flat - (4.0 * 1.75_f32.powi(2) + 4.0) / 9.0).abs() < 1e-4,
            "{flat}"
        );
    }

    #[test]
    fn group_sparsity_by_hand() {
        let filters = tensor(&[3.0, 4.0, 0.0, 0.0, 0.0, 5.0, 12.0, 0.0], [1, 2, 2, 2]);
        assert!((value(group_sparsity(filters)) - 18.0).abs() < 1e-4);
    }
}
