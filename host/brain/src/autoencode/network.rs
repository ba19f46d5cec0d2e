//! A network that reconstructs images, predicts neurons, or both.

use cortexscope_explain::float_model::{FloatModel, Forward, LayerId};

use super::error::AutoEncodeError;

/// The layers of a user's network, where they are not called `reconstruction` and `response`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerNames {
    /// What reconstructs the input.
    pub reconstruction: Option<String>,
    /// What predicts the neurons, one value each.
    pub response: Option<String>,
}

/// A network and the layers that are judged.
#[derive(Debug)]
pub struct AutoEncoder {
    /// The network.
    pub model: FloatModel,
    /// The layer that reconstructs.
    pub reconstruction: Option<LayerId>,
    /// The layer that predicts neurons.
    pub response: Option<LayerId>,
    forward: Forward,
    /// Side of the squares of pixels that are channels of the reconstruction.
    block: usize,
}

impl AutoEncoder {
    /// Finds the layers of `model`: those that `names` has, or `reconstruction` and `response`,
    /// or its last layer where that has as many values as the input.
    ///
    /// # Errors
    /// There is no such layer, or it has other sizes.
    pub fn new(model: FloatModel, names: &LayerNames) -> Result<Self, AutoEncodeError> {
        let layer = |named: &Option<String>, usual: &str| match named {
            Some(name) => model.find(name).map(Some),
            None => Ok(model.find(usual).ok()),
        };
        let response = layer(&names.response, "response")?;
        let input = model.input_shape();
        let values: usize = input.iter().product();
        let last = Some(model.last()).filter(|&last| model.layer(last).elements() == values);
        let reconstruction = layer(&names.reconstruction, "reconstruction")?.or(last);
        let block = match reconstruction {
            None => 1,
            Some(id) => {
                let have = model.layer(id).shape;
                block(have, input).ok_or_else(|| AutoEncodeError::Reconstruction {
                    model: model.name.clone(),
                    layer: model.layer(id).name.clone(),
                    have,
                    wanted: input,
                })?
            }
        };
        let layers: Vec<LayerId> = [reconstruction, response].into_iter().flatten().collect();
        if layers.is_empty() {
            let model = model.name;
            return Err(AutoEncodeError::Nothing { model });
        }
        Ok(Self {
            forward: Forward::new(&model, &layers)?,
            reconstruction,
            response,
            block,
            model,
        })
    }

    /// Neurons that it predicts.
    pub fn neurons(&self) -> usize {
        self.response
            .map_or(0, |layer| self.model.layer(layer).elements())
    }

    /// Values of the smallest layer between the input and the reconstruction: what its
    /// reconstruction is made from. `None` where it does not reconstruct.
    pub fn code_size(&self) -> Option<usize> {
        let last = self.reconstruction?;
        let layers = self.model.layers()[..=last.0].iter().enumerate();
        // Only layers that the reconstruction is computed from by way of one another.
        let mut tensor = self.model.layer(last).tensor.as_str();
        let mut least = self.model.layer(last).elements();
        for (_, layer) in layers.rev() {
            if layer.tensor != tensor {
                continue;
            }
            least = least.min(layer.elements());
            let inputs = layer.inputs.iter();
            let mut before = inputs.filter_map(|input| {
                let mut layers = self.model.layers().iter();
                layers.find(|layer| layer.tensor == *input)
            });
            match before.next_back() {
                Some(before) => tensor = &before.tensor,
                None => break,
            }
        }
        Some(least)
    }

    /// Reconstruction `[C, H, W]` and rates of an input `[C, H, W]`; empty where the network has
    /// none.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn run(&self, input: &[f32]) -> Result<[Vec<f32>; 2], AutoEncodeError> {
        let mut layers = self.forward.run(input)?.into_iter();
        let mut next = |layer: Option<LayerId>| layer.and_then(|_| layers.next());
        let reconstruction = next(self.reconstruction).unwrap_or_default();
        let rates = next(self.response).unwrap_or_default();
        let shape = self.model.input_shape();
        let image = match (reconstruction.is_empty(), self.block) {
            (true, _) | (_, 1) => reconstruction,
            (false, block) => joined(&reconstruction, shape, block),
        };
        Ok([image, rates])
    }
}

/// Side of the blocks of pixels that are channels of `have`; `None` where it is no image of
/// `wanted`.
fn block(have: [usize; 3], wanted: [usize; 3]) -> Option<usize> {
    let values: usize = wanted.iter().product();
    if have == wanted || have == [values, 1, 1] {
        return Some(1);
    }
    let block = wanted[1].checked_div(have[1])?;
    let [channels, height, width] = have;
    let fits = [channels, height * block, width * block]
        == [wanted[0] * block * block, wanted[1], wanted[2]];
    fits.then_some(block)
}

/// Channels `[C r², H / r, W / r]` as pixels `[C, H, W]` (Shi et al. 2016).
fn joined(values: &[f32], [channels, height, width]: [usize; 3], block: usize) -> Vec<f32> {
    let [rows, columns] = [height / block, width / block];
    let mut image = Vec::with_capacity(values.len());
    for channel in 0..channels {
        for y in 0..height {
            for x in 0..width {
                let inner = (y % block) * block + x % block;
                let plane = channel * block * block + inner;
                image.push(values[(plane * rows + y / block) * columns + x / block]);
            }
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_from_other_shapes() {
        assert_eq!(block([1, 28, 28], [1, 28, 28]), Some(1));
        assert_eq!(block([784, 1, 1], [1, 28, 28]), Some(1));
        assert_eq!(block([16, 7, 7], [1, 28, 28]), Some(4));
        assert_eq!(block([12, 2, 3], [3, 4, 6]), Some(2));
        assert_eq!(block([16, 7, 6], [1, 28, 28]), None);
        assert_eq!(block([8, 7, 7], [1, 28, 28]), None);
        assert_eq!(block([1, 56, 56], [1, 28, 28]), None);
    }

    /// Four channels of 1 × 2 are 2 × 4 pixels.
    #[test]
    fn channels_become_pixels() {
        let channels = [0.0, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0];
        let wanted = [0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0];
        assert_eq!(joined(&channels, [1, 2, 4], 2), wanted);
    }
}
