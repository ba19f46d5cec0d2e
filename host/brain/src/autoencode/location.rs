//! Where a factorised readout looks.

use cortexscope_explain::float_model::LayerId;

use super::network::AutoEncoder;
use crate::encode::Geometry;

impl AutoEncoder {
    /// The middle of each neuron's mask, row and column in pixels of the input: its weights'
    /// centre of mass over the middles of the cells. `None` where the response is not a mask for
    /// each neuron over the cells of a layer, or a mask is 0.
    pub fn locations(&self) -> Option<Vec<[f64; 2]>> {
        let layers = self.model.layers();
        let before = |tensor: &str| {
            let at = layers.iter().position(|layer| layer.tensor == tensor)?;
            Some((at, &layers[at]))
        };
        // The response itself, or what its function is of.
        let response = self.model.layer(self.response?);
        let (at, mask) = match response.operator.as_str() {
            "Conv" => before(&response.tensor)?,
            _ => before(response.inputs.first()?)?,
        };
        let weights = self.model.conv_weights(LayerId(at)).ok()?;
        let [neurons, inner, height, width] = weights.shape;
        let (read, layer) = before(mask.inputs.first()?)?;
        if inner != 1 || layer.shape != [neurons, height, width] || mask.shape != [neurons, 1, 1] {
            return None;
        }
        let geometry = Geometry::of(&self.model, LayerId(read))?;
        let middle = |mask: &[f32]| {
            let mut sums = [0.0; 3];
            for (place, &weight) in mask.iter().enumerate() {
                let weight = f64::from(weight.abs());
                let [row, column] = geometry.centre([place / width, place % width]);
                sums[0] += weight;
                sums[1] += weight * row;
                sums[2] += weight * column;
            }
            let found = [sums[1] / sums[0], sums[2] / sums[0]];
            found.iter().all(|at| at.is_finite()).then_some(found)
        };
        weights.filters().map(middle).collect()
    }
}
