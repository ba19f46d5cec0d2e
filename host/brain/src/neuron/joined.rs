//! Several networks, each with its neurons, as one population.

use super::{LayerNeuron, Neuron, NeuronError};

/// Networks that see the same images.
pub struct JoinedNeurons {
    parts: Vec<LayerNeuron>,
}

impl JoinedNeurons {
    /// The neurons of `parts`, one after the other; `None` where there is none, or where they see
    /// images of different sizes.
    pub fn new(parts: Vec<LayerNeuron>) -> Option<Self> {
        let shape = parts.first()?.shape();
        let is_same = parts.iter().all(|part| part.shape() == shape);
        is_same.then_some(Self { parts })
    }
}

impl Neuron for JoinedNeurons {
    fn shape(&self) -> [usize; 3] {
        self.parts.first().map_or([0; 3], LayerNeuron::shape)
    }

    fn description(&self) -> String {
        format!("{} networks", self.parts.len())
    }

    fn neurons(&self) -> usize {
        self.parts.iter().map(LayerNeuron::neurons).sum()
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        let mut rates = Vec::with_capacity(images.len() * self.neurons());
        for image in images {
            for part in &mut self.parts {
                rates.extend(part.rates(&[image])?);
            }
        }
        Ok(rates)
    }
}
