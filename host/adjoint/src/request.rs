//! From a graph and a request to a plan.

use std::collections::HashSet;

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, MaxPool};
use tract_onnx::tract_core::ops::einsum::EinSum;

use crate::derivative::{Step, differentiate};
use crate::error::unsupported;
use crate::forward::own_convolutions;
use crate::operators::{ConvForward, Scratch, SwitchMaxPool};
use crate::plan::{Parts, Plan, ShareOf};
use crate::relevance::{ShareWires, biased_product, propagate};
use crate::tape::{Tape, shape_in};
use crate::{AdjointError, Rule, Rules};

/// What of a graph is to be differentiated, and how; the crate's page has an example.
#[derive(Clone, Debug)]
pub struct Adjoint<'m> {
    model: &'m TypedModel,
    read: Vec<OutletId>,
    wrt: Vec<OutletId>,
    rules: Rules,
    threads: usize,
    shares: bool,
}

impl<'m> Adjoint<'m> {
    /// The derivative of the first output of `model` (typed and decluttered, not
    /// optimised) with respect to its first input, on one thread, until something
    /// else is asked for.
    pub fn of(model: &'m TypedModel) -> Self {
        Self {
            model,
            read: model.outputs.iter().take(1).copied().collect(),
            wrt: model.inputs.iter().take(1).copied().collect(),
            rules: Rules::gradient(),
            threads: 1,
            shares: false,
        }
    }

    /// The values that the objective reads.
    pub fn read(mut self, outlets: &[OutletId]) -> Self {
        self.read = outlets.to_vec();
        self
    }

    /// What to differentiate with respect to: inputs, intermediate values, constants.
    pub fn wrt(mut self, outlets: &[OutletId]) -> Self {
        self.wrt = outlets.to_vec();
        self
    }

    /// The layers' rules.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Threads for operators large enough to be worth it.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Sums up the relevance above and below each layer in every run.
    pub fn with_shares(mut self) -> Self {
        self.shares = true;
        self
    }

    /// Builds, optimises and plans the forward and the backward graph.
    ///
    /// # Errors
    /// An operator on the way is not supported, a shape is open, or the objective
    /// does not depend on what is asked for.
    pub fn plan(&self) -> Result<Plan, AdjointError> {
        if self.read.is_empty() {
            return Err(AdjointError::Nothing("read"));
        }
        if self.wrt.is_empty() {
            return Err(AdjointError::Nothing("differentiate with respect to"));
        }
        let order = self.model.eval_order()?;
        let active = self.active(&order)?;
        let first = self.first_layers(&order, &active);
        let scratch = Scratch::new(self.threads);
        let mut tape = Tape::new(self.model, active, scratch.clone());
        for &outlet in &self.read {
            let seed = tape.seed(outlet)?;
            tape.give(outlet, seed)?;
        }
        let mut shares = Vec::new();
        for &id in order.iter().rev() {
            let node = self.model.node(id);
            if let Some(share) = self.step(&mut tape, node, &first)? {
                shares.push(share);
            }
        }
        let outputs = self.outputs(&mut tape, &shares)?;
        tape.graph.select_output_outlets(&outputs)?;
        let mut saved = self.read.clone();
        saved.extend(tape.saved_outlets());
        let forward = self.forward(&saved, &scratch)?;
        let rules = shares
            .into_iter()
            .map(|(of, wires)| (of, wires.bias.is_some()));
        Plan::new(Parts {
            model: self.model,
            forward,
            backward: tape.graph,
            read: &self.read,
            gradients: self.wrt.len(),
            shares: if self.shares {
                rules.collect()
            } else {
                Vec::new()
            },
            scratch,
            threads: self.threads,
        })
    }

    /// The values of type `f32` between what is differentiated and the objective.
    fn active(&self, order: &[usize]) -> Result<HashSet<OutletId>, AdjointError> {
        let model = self.model;
        let mut needed: HashSet<usize> = self.read.iter().map(|outlet| outlet.node).collect();
        for &id in order.iter().rev() {
            if needed.contains(&id) {
                needed.extend(model.node(id).inputs.iter().map(|input| input.node));
            }
        }
        let mut active: HashSet<OutletId> = HashSet::new();
        for &id in order {
            let node = model.node(id);
            let reads = node.inputs.iter().any(|input| active.contains(input));
            for slot in 0..node.outputs.len() {
                let outlet = OutletId::new(id, slot);
                if !needed.contains(&id) || !(reads || self.wrt.contains(&outlet)) {
                    continue;
                }
                let fact = model.outlet_fact(outlet)?;
                let is_float = fact.datum_type.is_float();
                if is_float && fact.datum_type != f32::datum_type() {
                    return Err(AdjointError::DatumType {
                        node: node.name.clone(),
                        datum_type: format!("{:?}", fact.datum_type),
                    });
                }
                if is_float {
                    shape_in(model, outlet)?;
                    active.insert(outlet);
                }
            }
        }
        for outlet in &self.wrt {
            let depends = self.read.iter().any(|read| active.contains(read));
            if !active.contains(outlet) || !depends {
                let name = model.node(outlet.node).name.clone();
                return Err(AdjointError::Unrelated(name));
            }
        }
        Ok(active)
    }

    /// Linear layers before which there is no other.
    fn first_layers(&self, order: &[usize], active: &HashSet<OutletId>) -> HashSet<usize> {
        let mut first = HashSet::new();
        let mut behind: HashSet<usize> = HashSet::new();
        for &id in order {
            let node = self.model.node(id);
            let is_linear =
                node.op_is::<Conv>() || node.op_is::<Deconv>() || node.op_is::<EinSum>();
            let mut inputs = node.inputs.iter().filter(|input| active.contains(input));
            let is_behind = inputs.any(|input| behind.contains(&input.node));
            let is_active = node.inputs.iter().any(|input| active.contains(input));
            if is_linear && is_active && !is_behind {
                first.insert(id);
            }
            if is_behind || (is_linear && is_active) {
                behind.insert(id);
            }
        }
        first
    }

    /// The rule of `node`; a product and the bias added to it are one layer.
    fn rule(&self, node: &TypedNode, first: &HashSet<usize>) -> &Rule {
        let layer = match biased_product(self.model, node) {
            Some(product) if !self.wrt.contains(&OutletId::new(product.id, 0)) => product,
            _ => node,
        };
        let rules = &self.rules;
        let is_named = |outlet: OutletId| outlet.node == node.id || outlet.node == layer.id;
        let named = rules.layers.iter().rfind(|(outlet, _)| is_named(*outlet));
        let by_place = rules.first.as_ref().filter(|_| first.contains(&layer.id));
        let by_kind = if layer.op_is::<Conv>() || layer.op_is::<Deconv>() {
            rules.convolution.as_ref()
        } else if layer.op_is::<EinSum>() {
            rules.dense.as_ref()
        } else {
            None
        };
        let rule = named.map(|(_, rule)| rule).or(by_place).or(by_kind);
        rule.unwrap_or(&rules.default)
    }

    /// One node of the way back.
    fn step(
        &self,
        tape: &mut Tape<'_>,
        node: &TypedNode,
        first: &HashSet<usize>,
    ) -> Result<Option<(ShareOf, ShareWires)>, AdjointError> {
        let reaches = node.inputs.iter().any(|&input| tape.is_active(input));
        let others = 1..node.outputs.len();
        let mut others = others.map(|slot| OutletId::new(node.id, slot));
        if reaches && others.any(|outlet| tape.arrived(outlet).is_some()) {
            return Err(unsupported(node, "only the first output is differentiated"));
        }
        let Some(arrived) = tape.arrived(OutletId::new(node.id, 0)).filter(|_| reaches) else {
            return Ok(None);
        };
        tape.begin(&node.name);
        let step = Step { node, arrived };
        let rule = self.rule(node, first);
        if !rule.is_relevance() {
            return differentiate(tape, &step, rule).map(|()| None);
        }
        let fused = biased_product(self.model, node);
        let fused = fused.filter(|product| !self.wrt.contains(&OutletId::new(product.id, 0)));
        let wires = propagate(tape, &step, rule, fused)?;
        Ok(wires.map(|wires| {
            let of = ShareOf {
                node: node.name.clone(),
                outlet: step.output(),
                rule: rule.clone(),
            };
            (of, wires)
        }))
    }

    /// The gradients, then four sums for each layer where they are asked for.
    fn outputs(
        &self,
        tape: &mut Tape<'_>,
        shares: &[(ShareOf, ShareWires)],
    ) -> Result<Vec<OutletId>, AdjointError> {
        tape.begin("gradient");
        let mut outputs = Vec::new();
        for &outlet in &self.wrt {
            let wire = match tape.arrived(outlet) {
                Some(wire) => wire,
                None => {
                    let shape = tape.shape(outlet)?;
                    tape.tensor(Tensor::zero::<f32>(&shape)?)?
                }
            };
            outputs.push(wire);
        }
        for (_, wires) in shares.iter().filter(|_| self.shares) {
            outputs.extend([wires.above, wires.below, wires.absorbed]);
            outputs.extend(wires.bias);
        }
        Ok(outputs)
    }

    /// The forward graph that gives `saved`, with max-pools that remember and, on several
    /// threads, large convolutions of our own.
    fn forward(&self, saved: &[OutletId], scratch: &Scratch) -> Result<TypedModel, AdjointError> {
        let mut forward = self.model.clone();
        for outlet in saved.iter().filter(|outlet| outlet.slot == 1) {
            let node = forward.node_mut(outlet.node);
            let Some(pool) = node.op_as::<MaxPool>().map(|op| op.pool_spec.clone()) else {
                continue;
            };
            let switches = i32::fact(node.outputs[0].fact.shape.clone());
            node.op = Box::new(SwitchMaxPool::new(pool, scratch.clone()));
            node.outputs.push(Outlet {
                fact: switches,
                successors: tvec!(),
            });
        }
        own_convolutions(self.model, &mut forward, scratch, |geometry| {
            ConvForward::if_worth(geometry, scratch)
        })?;
        forward.select_output_outlets(saved)?;
        Ok(forward)
    }
}
