//! Several networks, each with its neurons, as one population.

use rayon::prelude::*;

use super::{LayerNeuron, Neuron, NeuronError, check_population};

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
        let parts = images
            .par_iter()
            .flat_map(|image| self.parts.par_iter().map(move |part| part.answer(image)));
        let rates: Vec<Vec<f64>> = parts.collect::<Result<_, _>>()?;
        check_population(rates.concat(), self.neurons())
    }
}
