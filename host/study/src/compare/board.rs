//! The int8 network of a board as answers.

use std::collections::HashMap;

use crate::beside::board_layer;
use cortexscope_explain::attribute::{Answers, ExplainError};
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_rig::session::{Mode, TensorSet};
use cortexscope_rig::{Recording, Rig};

/// A board's network that answers, with inputs in the float model's units.
pub struct BoardAnswers<'r> {
    rig: &'r mut Rig,
    /// The int8 tensors that hold what a layer of the float model writes, by its name.
    tensors: HashMap<String, usize>,
}

impl<'r> BoardAnswers<'r> {
    /// The network on the board of `rig`, which [was compiled](crate::beside::compiled) from
    /// `model`.
    pub fn of(rig: &'r mut Rig, model: &FloatModel) -> Self {
        let layers = (0..model.layers().len()).map(LayerId);
        let tensors = layers.filter_map(|id| {
            let held = board_layer(model, id, &rig.model).ok()?;
            let is_it = held.float == id && !held.is_logits;
            is_it.then(|| (model.layer(id).name.clone(), held.tensor))
        });
        let tensors = tensors.collect();
        Self { rig, tensors }
    }

    fn infer(
        &mut self,
        input: &[f32],
        mode: Mode,
        taps: TensorSet,
    ) -> Result<Recording, ExplainError> {
        let input = self.rig.model.quantise(input);
        let found = self.rig.infer(&input, mode, taps, &mut |_| {});
        found.map_err(|error| ExplainError::Answer(Box::new(error)))
    }
}

impl Answers for BoardAnswers<'_> {
    fn logits(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        Ok(self.infer(input, Mode::Fused, TensorSet::NONE)?.logits)
    }

    fn maps(&mut self, layer: &str, input: &[f32]) -> Result<Option<Vec<f32>>, ExplainError> {
        let Some(&tensor) = self.tensors.get(layer) else {
            return Ok(None);
        };
        let taps = TensorSet::NONE.with(tensor);
        let found = self.infer(input, Mode::Tapped, taps)?;
        let tapped = found.activations.iter().find(|one| one.tensor == tensor);
        Ok(tapped.map(cortexscope_rig::Activation::real))
    }
}
