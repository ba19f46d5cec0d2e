//! Every value of a network's layer as a neuron, such as the outputs of a published model of
//! recorded neurons.

use cortexscope_explain::float_model::{FloatModel, Forward, LayerId};
use cortexscope_net::input::InputSpec;

use super::{Neuron, NeuronError, check_population, check_sizes};
use crate::stimuli::values;

/// The values of a layer, `[C, H, W]` in a row.
pub struct LayerNeuron {
    name: String,
    spec: InputSpec,
    forward: Forward,
    count: usize,
}

impl LayerNeuron {
    /// Every value of `layer` of `model`.
    ///
    /// # Errors
    /// tract cannot plan the network.
    pub fn new(model: &FloatModel, layer: LayerId) -> Result<Self, NeuronError> {
        Ok(Self {
            name: format!("{} {}", model.name, model.layer(layer).name),
            spec: model.spec.input.clone(),
            forward: Forward::new(model, &[layer])?,
            count: model.layer(layer).elements(),
        })
    }
}

impl Neuron for LayerNeuron {
    fn shape(&self) -> [usize; 3] {
        self.spec.shape()
    }

    fn description(&self) -> String {
        self.name.clone()
    }

    fn neurons(&self) -> usize {
        self.count
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(images, self.spec.shape())?;
        let mut rates = Vec::with_capacity(images.len() * self.count);
        for image in images {
            let layers = self.forward.run(&values(&self.spec, image))?;
            let layer = layers.first().map(Vec::as_slice).unwrap_or_default();
            rates.extend(layer.iter().copied().map(f64::from));
        }
        check_population(rates, self.count)
    }
}
