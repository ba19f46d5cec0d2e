//! The int8 network of a board as answers.

use cortexscope_explain::attribute::{Answers, ExplainError};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_rig::session::{Mode, TensorSet};
use cortexscope_rig::{Recording, Rig};

/// A board's network that answers, with inputs in the float model's units.
pub struct BoardAnswers<'r> {
    rig: &'r mut Rig,
    /// Pairs of layers that are one tensor on the board: the name there, and the rectifier
    /// that the compiler took along.
    fused: Vec<(String, String)>,
}

impl<'r> BoardAnswers<'r> {
    /// The network on the board of `rig`, which was compiled from `model`.
    ///
    /// # Errors
    /// The board's input or classes are not those of the float model.
    pub fn of(rig: &'r mut Rig, model: &FloatModel) -> Result<Self, ExplainError> {
        let image = rig.model.image.model();
        let board = image.input().shape;
        let shape = [board.channels, board.height, board.width];
        if shape != model.input_shape() || image.classes() != model.layer(model.logits()?).shape[0]
        {
            return Err(ExplainError::Parameter(
                "the model on the board has another input or other classes than the float model: compile it from the same file",
            ));
        }
        let layers = model.layers().iter();
        let fused = layers.filter_map(|layer| {
            let rectified = model.rectified(model.find(&layer.name).ok()?);
            let after = &model.layer(rectified).name;
            (*after != layer.name).then(|| (layer.name.clone(), after.clone()))
        });
        let fused = fused.collect();
        Ok(Self { rig, fused })
    }

    /// The tensor of the board that holds what `layer` writes.
    fn tensor(&self, layer: &str) -> Option<usize> {
        let image = self.rig.model.image.model();
        let named = |name: &str| image.tensors().position(|tensor| tensor.name == name);
        // A layer before a rectifier may have been rectified on the board.
        let is_before = self.fused.iter().any(|(before, _)| before == layer);
        let by_own_name = || named(layer).filter(|_| !is_before);
        let of_fused = || {
            let pair = self.fused.iter().find(|(_, after)| after == layer)?;
            named(&pair.0)
        };
        by_own_name().or_else(of_fused)
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
        let Some(tensor) = self.tensor(layer) else {
            return Ok(None);
        };
        let taps = TensorSet::NONE.with(tensor);
        let found = self.infer(input, Mode::Tapped, taps)?;
        let tapped = found.activations.iter().find(|one| one.tensor == tensor);
        Ok(tapped.map(cortexscope_rig::Activation::real))
    }
}
