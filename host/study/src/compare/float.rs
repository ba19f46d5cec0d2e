//! A float model in the place of another network.

use cortexscope_explain::attribute::{Answers, ExplainError};
use cortexscope_explain::float_model::{FloatModel, Forward};

/// A float model that answers.
#[derive(Debug)]
pub struct FloatAnswers<'m> {
    model: &'m FloatModel,
    forward: Forward,
}

impl<'m> FloatAnswers<'m> {
    /// The logits of `model` as answers.
    ///
    /// # Errors
    /// It has no classes, or cannot be run.
    pub fn of(model: &'m FloatModel) -> Result<Self, ExplainError> {
        let forward = Forward::new(model, &[model.logits()?])?;
        Ok(Self { model, forward })
    }
}

impl Answers for FloatAnswers<'_> {
    fn logits(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        Ok(self.forward.run(input)?.remove(0))
    }

    fn maps(&mut self, layer: &str, input: &[f32]) -> Result<Option<Vec<f32>>, ExplainError> {
        let id = self.model.find(layer)?;
        Ok(Some(self.model.activations(&[id], input)?.remove(0)))
    }
}
