//! What a float model's layers make of one input, and how much of it is zero.

use crate::float_model::{FloatModel, FloatModelError, Layer, LayerId};

/// A layer's activations.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    /// The layer.
    pub layer: Layer,
    /// `[C, H, W]`.
    pub values: Vec<f32>,
}

/// How much of a layer is silent, as the lecture counts it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparsity {
    /// Values in the layer.
    pub values: usize,
    /// Values that are exactly zero.
    pub zeros: usize,
    /// Maps in the layer.
    pub maps: usize,
    /// Maps that are zero everywhere.
    pub silent_maps: usize,
    /// Least value.
    pub least: f32,
    /// Greatest value.
    pub greatest: f32,
}

impl Sparsity {
    /// Percent of the values that are zero.
    pub fn zero_percent(&self) -> f64 {
        100.0 * self.zeros as f64 / self.values.max(1) as f64
    }
}

/// Runs `model` on `input`, `[C, H, W]`, and gives `layers`.
///
/// # Errors
/// The input has another size, or tract fails.
pub fn record(
    model: &FloatModel,
    layers: &[LayerId],
    input: &[f32],
) -> Result<Vec<Activations>, FloatModelError> {
    let values = model.activations(layers, input)?;
    let recorded = layers.iter().zip(values).map(|(&id, values)| Activations {
        layer: model.layer(id).clone(),
        values,
    });
    Ok(recorded.collect())
}

impl Activations {
    /// How much of it is zero.
    pub fn sparsity(&self) -> Sparsity {
        let [channels, height, width] = self.layer.shape;
        let maps = self.values.chunks_exact(height * width);
        let (least, greatest) = self
            .values
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
                (low.min(value), high.max(value))
            });
        Sparsity {
            values: self.values.len(),
            zeros: self.values.iter().filter(|&&value| value == 0.0).count(),
            maps: channels,
            silent_maps: maps
                .filter(|map| map.iter().all(|&value| value == 0.0))
                .count(),
            least,
            greatest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_silent_maps_are_counted() {
        let layer = Layer {
            name: "relu".to_owned(),
            tensor: "relu".to_owned(),
            operator: "Relu".to_owned(),
            normal_form: "Relu".to_owned(),
            shape: [3, 1, 2],
            inputs: Vec::new(),
            activations: 1,
            is_rectified: true,
        };
        let values = vec![0.0, -0.0, 0.0, 2.0, 1.0, 3.0];
        let recorded = Activations { layer, values };
        let sparsity = recorded.sparsity();
        assert_eq!((sparsity.zeros, sparsity.silent_maps), (3, 1));
        assert_eq!(sparsity.zero_percent(), 50.0);
        assert_eq!(sparsity.greatest, 3.0);
    }
}
