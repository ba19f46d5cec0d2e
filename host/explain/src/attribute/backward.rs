//! One target, sent back through a model by the rules of a method.

use tract_adjoint::{Adjoint, AdjointError, Plan, Rule};
use tract_onnx::prelude::*;

use super::composite::Composite;
use super::error::ExplainError;
use super::layer_rules::{AppliedRule, LayerRules};
use crate::float_model::{FloatModel, FloatModelError, LayerId};
use crate::target::Aim;
use cortexscope_net::onnx::engine::{EngineError, guarded};

/// By which rules a target is sent back.
#[derive(Clone, Debug, PartialEq)]
pub enum Rules {
    /// The derivative.
    Gradient,
    /// Rectifiers let through what is positive and was passed forward.
    Guided,
    /// Rectifiers let through what is positive.
    Deconvnet,
    /// Relevance.
    Relevance(Composite),
}

/// With respect to what a target is sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrt {
    /// The input.
    Input,
    /// What a layer writes.
    Layer(LayerId),
}

/// What one pass gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The target's value.
    pub score: f64,
    /// What the layer of [`Wrt::Layer`] wrote, `[C, H, W]`; empty for the input.
    pub values: Vec<f32>,
    /// The derivative, signal or relevance of each value of [`Wrt`].
    pub gradient: Vec<f32>,
    /// Relevance that biases took.
    pub bias: f64,
    /// Relevance that ε took, or that had nowhere to go.
    pub absorbed: f64,
    /// The rule of each layer that relevance went through, from the target down.
    pub rules: Vec<AppliedRule>,
}

/// A scalar function of a layer's values: its value, and its derivative with respect to each.
pub type Scalar<'a> = &'a dyn Fn(&[f32]) -> (f64, Vec<f32>);

/// A plan, for any number of inputs.
#[derive(Debug)]
pub struct Backward {
    plan: Plan,
    dims: Vec<usize>,
    layer_rules: Option<LayerRules>,
}

/// Values of an input from which on a second thread is worth it.
const LARGE_INPUT: usize = 20_000;

/// Threads that one pass of an input with so many values is worth.
pub fn threads_for(values: usize) -> usize {
    if values < LARGE_INPUT {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

impl Backward {
    /// Plans the way from `layer`, where the target is read, back to `wrt`.
    ///
    /// # Errors
    /// An operator has no such rule, or the layer does not depend on `wrt`.
    pub fn new(
        model: &FloatModel,
        layer: LayerId,
        wrt: Wrt,
        rules: &Rules,
    ) -> Result<Self, ExplainError> {
        let typed = model.typed();
        let outlets = typed.output_outlets().map_err(EngineError::from)?;
        let input = typed.input_outlets().map_err(EngineError::from)?[0];
        let (wrt, also_read) = match wrt {
            Wrt::Input => (input, None),
            Wrt::Layer(id) => (outlets[id.0], Some(outlets[id.0])),
        };
        let mut read = vec![outlets[layer.0]];
        read.extend(also_read);
        if matches!(rules, Rules::Relevance(_)) && model.is_straight_through() {
            return Err(ExplainError::Parameter(
                "relevance has no rule for int8 arithmetic: take a method of gradients, such as integrated-gradients, or the float model",
            ));
        }
        let layer_rules = match rules {
            Rules::Relevance(composite) => Some(LayerRules::of(model, composite)?),
            Rules::Gradient | Rules::Guided | Rules::Deconvnet => None,
        };
        let adjoint_rules = match (&layer_rules, rules) {
            (Some(rules), _) => rules.adjoint_rules(),
            (None, Rules::Guided) => tract_adjoint::Rules::uniform(Rule::Guided),
            (None, Rules::Deconvnet) => tract_adjoint::Rules::uniform(Rule::Deconvnet),
            (None, _) => tract_adjoint::Rules::gradient(),
        };
        let dims = model.input_dims().to_vec();
        let threads = threads_for(dims.iter().product());
        let planned = guarded(|| {
            let adjoint = Adjoint::of(typed)
                .read(&read)
                .wrt(&[wrt])
                .rules(adjoint_rules)
                .threads(threads);
            let adjoint = if layer_rules.is_some() {
                adjoint.with_shares()
            } else {
                adjoint
            };
            Ok(adjoint.plan())
        })?;
        Ok(Self {
            plan: planned?,
            dims,
            layer_rules,
        })
    }

    /// The target's value for `input`, `[C, H, W]`, and its derivative.
    ///
    /// # Errors
    /// The input has another size, or tract fails.
    pub fn run(&mut self, input: &[f32], aim: &Aim) -> Result<Pass, ExplainError> {
        self.pass(input, &|values| (aim.value(values), aim.derivative(values)))
    }

    /// The same, but `seed`, a value for each of the target's layer, is sent
    /// back instead of the derivative.
    ///
    /// # Errors
    /// As [`Backward::run`].
    pub fn run_from(
        &mut self,
        input: &[f32],
        aim: &Aim,
        seed: &[f32],
    ) -> Result<Pass, ExplainError> {
        self.pass(input, &|values| (aim.value(values), seed.to_vec()))
    }

    /// The same for any scalar function of the layer's values: `objective` gives its value
    /// and its derivative with respect to each of them.
    ///
    /// # Errors
    /// As [`Backward::run`].
    pub fn run_objective(
        &mut self,
        input: &[f32],
        objective: Scalar<'_>,
    ) -> Result<Pass, ExplainError> {
        self.pass(input, objective)
    }

    fn pass(&mut self, input: &[f32], of_layer: Scalar<'_>) -> Result<Pass, ExplainError> {
        let need = self.dims.iter().product();
        if input.len() != need {
            let have = input.len();
            return Err(FloatModelError::InputSize { have, need }.into());
        }
        let input = Tensor::from_shape(&self.dims, input).map_err(EngineError::from)?;
        let objective = |values: &[TValue]| -> Result<(f64, Vec<Tensor>), AdjointError> {
            let mut seeds = Vec::new();
            let mut score = f64::NAN;
            for (index, value) in values.iter().enumerate() {
                let layer = floats(value)?;
                let sent = if index == 0 {
                    let (value, slopes) = of_layer(&layer);
                    score = value;
                    slopes
                } else {
                    vec![0.0; layer.len()]
                };
                seeds.push(Tensor::from_shape(value.shape(), &sent)?);
            }
            Ok((score, seeds))
        };
        let plan = &mut self.plan;
        let pass = guarded(|| Ok(plan.run(tvec![input.into()], &objective)))??;
        let values = pass.values.get(1).map(floats).transpose()?;
        let gradient = pass.gradients.first().map(floats).transpose()?;
        Ok(Pass {
            score: pass.value,
            values: values.unwrap_or_default(),
            gradient: gradient.unwrap_or_default(),
            bias: pass.shares.iter().map(|share| share.bias).sum(),
            absorbed: pass.shares.iter().map(|share| share.absorbed).sum(),
            rules: self
                .layer_rules
                .as_ref()
                .map(|rules| rules.applied(&pass.shares))
                .unwrap_or_default(),
        })
    }
}

fn floats(value: &TValue) -> Result<Vec<f32>, AdjointError> {
    let view = value.to_plain_array_view::<f32>()?;
    Ok(view.iter().copied().collect())
}
