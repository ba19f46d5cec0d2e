//! Every value of a network's layer as a neuron, such as the outputs of a published model of
//! recorded neurons.

use cortexscope_explain::float_model::{FloatModel, Forward, LayerId};
use cortexscope_net::input::InputSpec;
use rayon::prelude::*;

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
            forward: Forward::of_many(model, &[layer])?,
            count: model.layer(layer).elements(),
        })
    }

    /// The values for one image.
    ///
    /// # Errors
    /// The image has another size, or tract fails.
    pub(super) fn answer(&self, image: &[f32]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(&[image], self.spec.shape())?;
        let layers = self.forward.run(&values(&self.spec, image))?;
        let layer = layers.first().map(Vec::as_slice).unwrap_or_default();
        Ok(layer.iter().copied().map(f64::from).collect())
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
        let rates = images.par_iter().map(|image| self.answer(image));
        let rates: Vec<Vec<f64>> = rates.collect::<Result<_, _>>()?;
        check_population(rates.concat(), self.count)
    }
}
