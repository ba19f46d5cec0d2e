//! One run of a method, and the plans that several runs share.

use std::ops::ControlFlow;

use super::backward::{Backward, Rules, Wrt};
use super::error::ExplainError;
use crate::float_model::{FloatModel, Forward, LayerId};
use crate::target::Aim;
use cortexscope_net::input::InputSpec;

/// Told after each step: steps done, and steps in all. [`ControlFlow::Break`]
/// ends the work.
pub type Report<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// Plans that are kept from one input to the next.
///
/// To plan the way back takes longer than to go it once on a small network. Whoever
/// explains one frame after the other keeps a `Plans` beside the model and gives it to
/// [`explain_with`](super::explain_with). A few plans are kept, the latest ones; another
/// model, target layer, input description or rule makes another plan.
#[derive(Debug, Default)]
pub struct Plans {
    backward: Vec<(Key, Backward)>,
    forward: Vec<(Key, Forward)>,
    made: usize,
}

/// Plans that are kept of each kind.
const KEPT: usize = 4;

#[derive(Clone, Debug, PartialEq)]
struct Key {
    sha256: [u8; 32],
    spec: InputSpec,
    layer: LayerId,
    /// Of a backward plan.
    back: Option<(Wrt, Rules)>,
}

impl Plans {
    /// How many plans were made so far.
    pub fn made(&self) -> usize {
        self.made
    }

    /// The way from `layer` back to `wrt`.
    ///
    /// # Errors
    /// As [`Backward::new`].
    pub fn backward(
        &mut self,
        model: &FloatModel,
        layer: LayerId,
        wrt: Wrt,
        rules: Rules,
    ) -> Result<&mut Backward, ExplainError> {
        let key = Key::of(model, layer, Some((wrt, rules.clone())));
        let made = &mut self.made;
        latest(&mut self.backward, key, || {
            *made += 1;
            Backward::new(model, layer, wrt, &rules)
        })
    }

    /// The way forward to `layer`.
    ///
    /// # Errors
    /// As [`Forward::new`].
    pub fn forward(
        &mut self,
        model: &FloatModel,
        layer: LayerId,
    ) -> Result<&mut Forward, ExplainError> {
        let key = Key::of(model, layer, None);
        let made = &mut self.made;
        latest(&mut self.forward, key, || {
            *made += 1;
            Ok(Forward::new(model, &[layer])?)
        })
    }
}

impl Key {
    fn of(model: &FloatModel, layer: LayerId, back: Option<(Wrt, Rules)>) -> Self {
        Self {
            sha256: model.sha256,
            spec: model.spec.input.clone(),
            layer,
            back,
        }
    }
}

/// The plan of `key`, made if it is not there; it becomes the last one.
fn latest<P>(
    plans: &mut Vec<(Key, P)>,
    key: Key,
    make: impl FnOnce() -> Result<P, ExplainError>,
) -> Result<&mut P, ExplainError> {
    let found = plans.iter().position(|(kept, _)| *kept == key);
    let plan = match found {
        Some(at) => plans.remove(at),
        None => (key, make()?),
    };
    if plans.len() == KEPT {
        plans.remove(0);
    }
    let at = plans.len();
    plans.push(plan);
    Ok(&mut plans[at].1)
}

/// A network with the classes of a float model that answers in its place, such as the int8
/// network on a board.
pub trait Answers {
    /// The logits for `input`, `[C, H, W]` in the float model's units.
    ///
    /// # Errors
    /// The network fails.
    fn logits(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError>;

    /// What the layer that the float model calls `layer` writes, `[C, H, W]`; `None` where the
    /// network has no such layer.
    ///
    /// # Errors
    /// The network fails.
    fn maps(&mut self, layer: &str, input: &[f32]) -> Result<Option<Vec<f32>>, ExplainError>;
}

/// One run of a method.
pub struct Run<'a> {
    /// The model.
    pub model: &'a FloatModel,
    /// `[C, H, W]`, as the model wants it.
    pub input: &'a [f32],
    /// What is explained.
    pub aim: &'a Aim,
    /// Plans of earlier runs.
    pub plans: &'a mut Plans,
    /// Who answers in the place of the float model.
    pub answers: Option<&'a mut dyn Answers>,
    /// Told after each step.
    pub report: Report<'a>,
}

impl Run<'_> {
    /// The way from the target back to the input.
    ///
    /// # Errors
    /// As [`Backward::new`].
    pub fn backward(&mut self, rules: Rules) -> Result<&mut Backward, ExplainError> {
        self.plans
            .backward(self.model, self.aim.layer, Wrt::Input, rules)
    }

    /// What the target's layer writes for the input.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn layer(&mut self) -> Result<Vec<f32>, ExplainError> {
        let input = self.input;
        self.layer_for(input)
    }

    /// What the target's layer writes for another input.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn layer_for(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        if let Some(answers) = &mut self.answers {
            return answers.logits(input);
        }
        let forward = self.plans.forward(self.model, self.aim.layer)?;
        Ok(forward.run(input)?.remove(0))
    }

    /// What a layer writes for the input: by the network that answers, where it has the
    /// layer.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn maps(&mut self, layer: LayerId) -> Result<Vec<f32>, ExplainError> {
        let name = &self.model.layer(layer).name;
        if let Some(answers) = &mut self.answers
            && let Some(maps) = answers.maps(name, self.input)?
            && maps.len() == self.model.layer(layer).elements()
        {
            return Ok(maps);
        }
        let forward = self.plans.forward(self.model, layer)?;
        Ok(forward.run(self.input)?.remove(0))
    }

    /// The target's value for another input.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn value_for(&mut self, input: &[f32]) -> Result<f64, ExplainError> {
        Ok(self.aim.value(&self.layer_for(input)?))
    }

    /// Tells how far the work is, and ends it where that is asked for.
    ///
    /// # Errors
    /// The work is to end.
    pub fn step(&mut self, done: usize, all: usize) -> Result<(), ExplainError> {
        match (self.report)(done, all) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ExplainError::Interrupted),
        }
    }
}
