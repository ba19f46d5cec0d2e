//! Where a network's neurons look.

use cortexscope_explain::attribute::{Backward, Rules, Wrt};
use cortexscope_explain::float_model::LayerId;
use cortexscope_explain::target::{Aim, Quantity};

use super::error::AutoEncodeError;
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
        let (at, mask) = match response.normal_form.as_str() {
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

    /// The middle of what each neuron depends on, row and column in pixels of the input: the
    /// centre of mass of its squared slopes, summed over `images` `[C, H, W]`. Unlike a mask's
    /// middle, it does not depend on where filters look from their cell. `None` for a neuron that
    /// depends on nothing there; empty where the network predicts none.
    ///
    /// # Errors
    /// The network cannot be run backwards.
    pub fn fields(&self, images: &[Vec<f32>]) -> Result<Vec<Option<[f64; 2]>>, AutoEncodeError> {
        let Some(response) = self.response else {
            return Ok(Vec::new());
        };
        let mut backward = Backward::new(&self.model, response, Wrt::Input, &Rules::Gradient)?;
        let aim = Aim {
            layer: response,
            shape: self.model.layer(response).shape,
            what: Quantity::Value(0),
            words: "neuron".to_owned(),
        };
        let [_, height, width] = self.model.input_shape();
        let neurons = self.neurons();
        let mut fields = Vec::with_capacity(neurons);
        for neuron in 0..neurons {
            let mut slopes = vec![0.0; neurons];
            slopes[neuron] = 1.0;
            let mut sums = [0.0; 3];
            for image in images {
                let pass = backward.run_from(image, &aim, &slopes)?;
                for (place, &slope) in pass.gradient.iter().enumerate() {
                    let square = f64::from(slope) * f64::from(slope);
                    let [row, column] = [place / width % height, place % width];
                    sums[0] += square;
                    sums[1] += square * row as f64;
                    sums[2] += square * column as f64;
                }
            }
            let middle = [sums[1] / sums[0], sums[2] / sums[0]];
            fields.push(middle.iter().all(|at| at.is_finite()).then_some(middle));
        }
        Ok(fields)
    }
}
