//! A model under attack: pictures in, logits and slopes out, on plans that are made once.

use tract_adjoint::{Adjoint, AdjointError, Plan};
use tract_onnx::prelude::*;

use super::objective::{Goal, Loss, Objective};
use super::pixels::Pixels;
use crate::attribute::{ExplainError, threads_for};
use crate::float_model::{FloatModel, FloatModelError, Forward, LayerId};
use cortexscope_net::onnx::engine::{EngineError, guarded};
use cortexscope_net::scores::{first_greatest, softmax};

/// Whether the work is to end; asked before every run of the model.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// A model that pictures are shown to.
pub struct Victim<'a> {
    /// How its values and pixels stand for each other.
    pub pixels: Pixels,
    /// How many classes it has.
    pub classes: usize,
    /// Runs of the model up to now.
    pub queries: u64,
    model: &'a FloatModel,
    logits: LayerId,
    forward: Forward,
    /// Made when a slope is asked for.
    plan: Option<Plan>,
    values: Vec<f32>,
    stop: Stop<'a>,
}

/// Says what a picture is taken for, and nothing of why: a float model, or a board.
pub trait Judge {
    /// Why it cannot say so.
    type Error;

    /// The logits of a picture in 8 bits, `[C, H, W]`.
    ///
    /// # Errors
    /// It cannot be asked, or the work is to end.
    fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, Self::Error>;
}

/// One pass forward and backward.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The logits.
    pub logits: Vec<f32>,
    /// The derivative with respect to each pixel.
    pub slopes: Vec<f32>,
}

/// A picture as it was judged, in 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Its levels, `[C, H, W]`.
    pub levels: Vec<u8>,
    /// The class that it is taken for.
    pub class: usize,
    /// The softmax probability of that class.
    pub probability: f64,
}

impl<'a> Victim<'a> {
    /// The model, which gives a logit for each of two classes or more.
    ///
    /// # Errors
    /// It has no classes, or tract cannot plan it.
    pub fn new(model: &'a FloatModel, stop: Stop<'a>) -> Result<Self, ExplainError> {
        let logits = model.logits()?;
        let classes = model.layer(logits).elements();
        if classes < 2 {
            let why = "an attack needs a model with two classes or more";
            return Err(ExplainError::Parameter(why));
        }
        Ok(Self {
            pixels: Pixels::of(&model.spec.input),
            classes,
            queries: 0,
            model,
            logits,
            forward: Forward::new(model, &[logits])?,
            plan: None,
            values: vec![0.0; model.input_dims().iter().product()],
            stop,
        })
    }

    /// The model.
    pub fn model(&self) -> &'a FloatModel {
        self.model
    }

    /// The logits of a picture `[C, H, W]`, pixels from 0 to 1.
    ///
    /// # Errors
    /// Another size, logits that are not finite, tract, or the work is to end.
    pub fn logits(&mut self, picture: &[f32]) -> Result<Vec<f32>, ExplainError> {
        self.take(picture)?;
        self.forward()
    }

    fn forward(&self) -> Result<Vec<f32>, ExplainError> {
        let logits = self.forward.run(&self.values)?.pop().unwrap_or_default();
        finite(logits)
    }

    /// Logits and the derivative of a sum over them, in which `weigh` gives each logit its
    /// weight.
    ///
    /// # Errors
    /// As [`Victim::logits`].
    pub fn pass(
        &mut self,
        picture: &[f32],
        weigh: &dyn Fn(&[f32]) -> Vec<f32>,
    ) -> Result<Pass, ExplainError> {
        self.take(picture)?;
        let input = Tensor::from_shape(self.model.input_dims(), &self.values);
        let input = input.map_err(EngineError::from)?;
        let objective = |values: &[TValue]| -> Result<(f64, Vec<Tensor>), AdjointError> {
            let [logits] = values else {
                let message = format!("is over the logits, the plan reads {}", values.len());
                return Err(AdjointError::Objective(message));
            };
            let weights = weigh(&floats(logits)?);
            Ok((0.0, vec![Tensor::from_shape(logits.shape(), &weights)?]))
        };
        let plan = match &mut self.plan {
            Some(plan) => plan,
            none => none.insert(plan_of(self.model, self.logits)?),
        };
        let pass = guarded(|| Ok(plan.run(tvec![input.into()], &objective)))??;
        let logits = pass.values.first().map(floats).transpose()?;
        let slopes = pass.gradients.first().map(floats).transpose()?;
        let mut slopes = slopes.unwrap_or_default();
        self.pixels.scale_slopes(&mut slopes);
        if !slopes.iter().all(|slope| slope.is_finite()) {
            return Err(ExplainError::NotFinite("a derivative"));
        }
        Ok(Pass {
            logits: finite(logits.unwrap_or_default())?,
            slopes,
        })
    }

    /// The way up for `goal`: the direction of the derivative of its [`Objective`].
    ///
    /// # Errors
    /// As [`Victim::logits`].
    pub fn way_up(&mut self, picture: &[f32], goal: Goal) -> Result<WayUp, ExplainError> {
        let pass = self.pass(picture, &|logits| Objective::of(logits, goal).slopes)?;
        let Objective { loss, .. } = Objective::of(&pass.logits, goal);
        Ok(WayUp {
            slopes: pass.slopes,
            loss,
        })
    }

    /// What the model takes a picture in 8 bits for.
    ///
    /// # Errors
    /// As [`Victim::logits`].
    pub fn judge(&mut self, levels: Vec<u8>) -> Result<Judged, ExplainError> {
        let logits = self.logits_of(&levels)?;
        let class = first_greatest(&logits).unwrap_or_default();
        Ok(Judged {
            levels,
            class,
            probability: softmax(&logits)[class],
        })
    }

    /// Takes a picture as the model's next input.
    fn take(&mut self, picture: &[f32]) -> Result<(), ExplainError> {
        self.begin(picture.len())?;
        self.pixels.write(picture, &mut self.values);
        Ok(())
    }

    /// Counts a run with an input of `have` values.
    fn begin(&mut self, have: usize) -> Result<(), ExplainError> {
        if (self.stop)() {
            return Err(ExplainError::Interrupted);
        }
        let need = self.values.len();
        if have != need {
            return Err(FloatModelError::InputSize { have, need }.into());
        }
        self.queries += 1;
        Ok(())
    }
}

impl Judge for Victim<'_> {
    type Error = ExplainError;

    fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, ExplainError> {
        self.begin(levels.len())?;
        self.values = self.pixels.values(levels);
        self.forward()
    }
}

/// The direction in which an attack's objective rises.
#[derive(Clone, Debug, PartialEq)]
pub struct WayUp {
    /// A positive multiple of the derivative with respect to each pixel.
    pub slopes: Vec<f32>,
    /// The loss that has it.
    pub loss: Loss,
}

impl WayUp {
    /// Whether there is none: every derivative is 0.
    pub fn is_flat(&self) -> bool {
        self.slopes.iter().all(|&slope| slope == 0.0)
    }
}

fn plan_of(model: &FloatModel, logits: LayerId) -> Result<Plan, ExplainError> {
    let typed = model.typed();
    let outlets = typed.output_outlets().map_err(EngineError::from)?;
    let input = typed.input_outlets().map_err(EngineError::from)?[0];
    let planned = guarded(|| {
        Ok(Adjoint::of(typed)
            .read(&[outlets[logits.0]])
            .wrt(&[input])
            .threads(threads_for(model.input_dims().iter().product()))
            .plan())
    })?;
    Ok(planned?)
}

fn finite(logits: Vec<f32>) -> Result<Vec<f32>, ExplainError> {
    if logits.iter().all(|logit| logit.is_finite()) {
        Ok(logits)
    } else {
        Err(ExplainError::NotFinite("a logit"))
    }
}

fn floats(value: &TValue) -> Result<Vec<f32>, AdjointError> {
    let view = value.to_plain_array_view::<f32>()?;
    Ok(view.iter().copied().collect())
}
