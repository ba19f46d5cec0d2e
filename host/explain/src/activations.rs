//! What a float model's layers make of one input, and how much of it is zero.

use rayon::prelude::*;

use crate::float_model::{FloatModel, FloatModelError, Forward, Layer, LayerId};

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
    let values = Forward::of_one(model, layers)?.run(input)?;
    let recorded = layers.iter().zip(values).map(|(&id, values)| Activations {
        layer: model.layer(id).clone(),
        values,
    });
    Ok(recorded.collect())
}

/// How much of each of `layers` is zero, where nobody needs the activations themselves: they are not copied.
///
/// # Errors
/// As [`record`].
pub fn survey(
    model: &FloatModel,
    layers: &[LayerId],
    input: &[f32],
) -> Result<Vec<Sparsity>, FloatModelError> {
    let mut found = Vec::with_capacity(layers.len());
    let mut shapes = layers.iter().map(|&id| model.layer(id).shape);
    Forward::of_one(model, layers)?.visit(input, &mut |values| {
        found.extend(shapes.next().map(|shape| Sparsity::of(shape, values)));
    })?;
    Ok(found)
}

impl Activations {
    /// How much of it is zero.
    pub fn sparsity(&self) -> Sparsity {
        Sparsity::of(self.layer.shape, &self.values)
    }
}

impl Sparsity {
    const NOTHING: Self = Self {
        values: 0,
        zeros: 0,
        maps: 0,
        silent_maps: 0,
        least: f32::INFINITY,
        greatest: f32::NEG_INFINITY,
    };

    /// Of a layer of this shape, `[C, H, W]`.
    fn of([_, height, width]: [usize; 3], values: &[f32]) -> Self {
        let maps = values.par_chunks_exact((height * width).max(1));
        maps.map(Self::of_map).reduce(|| Self::NOTHING, Self::and)
    }

    /// Of one map. Both extremes and the count are carried in lanes, which a compiler turns into vectors.
    fn of_map(map: &[f32]) -> Self {
        const LANES: usize = 16;
        let mut zeros = [0_u32; LANES];
        let mut least = [f32::INFINITY; LANES];
        let mut greatest = [f32::NEG_INFINITY; LANES];
        let mut take = |lane: usize, value: f32| {
            zeros[lane] += u32::from(value == 0.0);
            least[lane] = least[lane].min(value);
            greatest[lane] = greatest[lane].max(value);
        };
        let (whole, rest) = map.as_chunks::<LANES>();
        for values in whole {
            for (lane, &value) in values.iter().enumerate() {
                take(lane, value);
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            take(lane, value);
        }
        let zeros = zeros.iter().map(|&zeros| zeros as usize).sum();
        Self {
            values: map.len(),
            zeros,
            maps: 1,
            silent_maps: usize::from(zeros == map.len()),
            least: least.into_iter().fold(f32::INFINITY, f32::min),
            greatest: greatest.into_iter().fold(f32::NEG_INFINITY, f32::max),
        }
    }

    /// Of both together.
    fn and(self, other: Self) -> Self {
        Self {
            values: self.values + other.values,
            zeros: self.zeros + other.zeros,
            maps: self.maps + other.maps,
            silent_maps: self.silent_maps + other.silent_maps,
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
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
