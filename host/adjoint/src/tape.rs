//! The backward graph while it is built.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use crate::AdjointError;
use crate::operators::{Repeat, Scratch};

/// Sizes of a value.
pub type Shape = TVec<usize>;

/// Grows the backward graph from the objective towards what is differentiated.
///
/// Values of the forward graph that the backward one needs become its inputs;
/// what arrives at a value from several readers is summed.
pub struct Tape<'m> {
    /// The forward graph.
    pub model: &'m TypedModel,
    /// The backward graph.
    pub graph: TypedModel,
    /// The buffers of the plan's own operators.
    pub scratch: Scratch,
    /// Values of the forward graph, in the order of the backward graph's inputs.
    saved: Vec<OutletId>,
    sources: HashMap<OutletId, OutletId>,
    /// Values on a path from what is differentiated to the objective.
    active: HashSet<OutletId>,
    arrived: HashMap<OutletId, OutletId>,
    names: usize,
    prefix: String,
}

impl<'m> Tape<'m> {
    /// An empty backward graph.
    pub fn new(model: &'m TypedModel, active: HashSet<OutletId>, scratch: Scratch) -> Self {
        Self {
            model,
            graph: TypedModel::default(),
            scratch,
            saved: Vec::new(),
            sources: HashMap::new(),
            active,
            arrived: HashMap::new(),
            names: 0,
            prefix: String::new(),
        }
    }

    /// What the next nodes are named after.
    pub fn begin(&mut self, node: &str) {
        node.clone_into(&mut self.prefix);
    }

    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{}.{what}.{}", self.prefix, self.names)
    }

    /// Whether anything before `outlet` is differentiated.
    pub fn is_active(&self, outlet: OutletId) -> bool {
        self.active.contains(&outlet)
    }

    /// The sizes of a value of the forward graph.
    pub fn shape(&self, outlet: OutletId) -> Result<Shape, AdjointError> {
        shape_in(self.model, outlet)
    }

    /// The sizes of a value of the backward graph.
    pub fn shape_here(&self, wire: OutletId) -> Result<Shape, AdjointError> {
        shape_in(&self.graph, wire)
    }

    /// A value of the forward graph that is known when the plan is made.
    pub fn constant(&self, outlet: OutletId) -> Result<Option<Arc<Tensor>>, AdjointError> {
        Ok(self.model.outlet_fact(outlet)?.konst.clone())
    }

    /// A value of the forward graph, in the backward graph.
    pub fn saved(&mut self, outlet: OutletId) -> Result<OutletId, AdjointError> {
        let fact = self.model.outlet_fact(outlet)?.clone();
        self.saved_as(outlet, fact)
    }

    /// As [`Tape::saved`], for a value that only the forward graph with its own
    /// operators has.
    pub fn saved_as(
        &mut self,
        outlet: OutletId,
        fact: TypedFact,
    ) -> Result<OutletId, AdjointError> {
        if let Some(&source) = self.sources.get(&outlet) {
            return Ok(source);
        }
        let name = format!("saved.{}.{}", outlet.node, outlet.slot);
        let wire = match &fact.konst {
            Some(tensor) => self.graph.add_const(name, tensor.clone())?,
            None => {
                self.saved.push(outlet);
                let plain = fact.datum_type.fact(fact.shape.clone());
                self.graph.add_source(name, plain)?
            }
        };
        self.sources.insert(outlet, wire);
        Ok(wire)
    }

    /// An input of the backward graph that no value of the forward graph feeds.
    pub fn seed(&mut self, outlet: OutletId) -> Result<OutletId, AdjointError> {
        let shape = self.shape(outlet)?;
        let name = format!("seed.{}.{}", outlet.node, outlet.slot);
        Ok(self.graph.add_source(name, f32::fact(&*shape))?)
    }

    /// The values of the forward graph that became inputs, in order.
    pub fn saved_outlets(&self) -> &[OutletId] {
        &self.saved
    }

    /// A node with one output.
    pub fn wire(
        &mut self,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> Result<OutletId, AdjointError> {
        let op = op.into();
        let name = self.name(&op.name());
        Ok(self.graph.wire_node(name, op, inputs)?[0])
    }

    /// A constant.
    pub fn tensor(&mut self, tensor: impl IntoArcTensor) -> Result<OutletId, AdjointError> {
        let name = self.name("constant");
        Ok(self.graph.add_const(name, tensor)?)
    }

    /// A number, of the rank of `like`.
    pub fn number(&mut self, number: f32, like: OutletId) -> Result<OutletId, AdjointError> {
        let rank = self.graph.outlet_fact(like)?.rank();
        self.tensor(tensor0(number).broadcast_into_rank(rank)?)
    }

    /// A binary operator on values of one rank.
    pub fn binary(
        &mut self,
        op: TypedBinOp,
        a: OutletId,
        b: OutletId,
    ) -> Result<OutletId, AdjointError> {
        self.wire(op, &[a, b])
    }

    /// `a · b`.
    pub fn mul(&mut self, a: OutletId, b: OutletId) -> Result<OutletId, AdjointError> {
        self.binary(math::mul(), a, b)
    }

    /// `a + b`.
    pub fn add(&mut self, a: OutletId, b: OutletId) -> Result<OutletId, AdjointError> {
        self.binary(math::add(), a, b)
    }

    /// `a − b`.
    pub fn sub(&mut self, a: OutletId, b: OutletId) -> Result<OutletId, AdjointError> {
        self.binary(math::sub(), a, b)
    }

    /// `a / b`.
    pub fn div(&mut self, a: OutletId, b: OutletId) -> Result<OutletId, AdjointError> {
        self.binary(math::div(), a, b)
    }

    /// `a · number`.
    pub fn scale(&mut self, a: OutletId, number: f32) -> Result<OutletId, AdjointError> {
        let number = self.number(number, a)?;
        self.mul(a, number)
    }

    /// `a + number`.
    pub fn shift(&mut self, a: OutletId, number: f32) -> Result<OutletId, AdjointError> {
        let number = self.number(number, a)?;
        self.add(a, number)
    }

    /// The part of `a` that is positive.
    pub fn positive(&mut self, a: OutletId) -> Result<OutletId, AdjointError> {
        let zero = self.number(0.0, a)?;
        self.binary(math::max(), a, zero)
    }

    /// The part of `a` that is negative.
    pub fn negative(&mut self, a: OutletId) -> Result<OutletId, AdjointError> {
        let zero = self.number(0.0, a)?;
        self.binary(math::min(), a, zero)
    }

    /// The sum over `axes`, which stay with size 1.
    pub fn sum(&mut self, a: OutletId, axes: &[usize]) -> Result<OutletId, AdjointError> {
        if axes.is_empty() {
            return Ok(a);
        }
        self.wire(Reduce::new(axes.into(), Reducer::Sum), &[a])
    }

    /// Sums `a` over every axis along which a value of `shape`, of the same rank,
    /// was repeated.
    pub fn sum_to(&mut self, a: OutletId, shape: &[usize]) -> Result<OutletId, AdjointError> {
        let have = self.shape_here(a)?;
        let repeated = |axis: &usize| shape[*axis] == 1 && have[*axis] != 1;
        let axes: Vec<usize> = (0..have.len()).filter(repeated).collect();
        self.sum(a, &axes)
    }

    /// Repeats `a` until it has `shape`, of the same rank.
    pub fn broadcast(&mut self, a: OutletId, shape: &[usize]) -> Result<OutletId, AdjointError> {
        if *self.shape_here(a)? == *shape {
            return Ok(a);
        }
        self.wire(Repeat::new(shape), &[a])
    }

    /// Adds `wire`, of the value's own shape or one that is repeated to it, to
    /// what has arrived at a value of the forward graph.
    pub fn give(&mut self, outlet: OutletId, wire: OutletId) -> Result<(), AdjointError> {
        if !self.is_active(outlet) {
            return Ok(());
        }
        let shape = self.shape(outlet)?;
        let wire = self.broadcast(wire, &shape)?;
        let sum = match self.arrived.get(&outlet) {
            Some(&before) => self.add(before, wire)?,
            None => wire,
        };
        self.arrived.insert(outlet, sum);
        Ok(())
    }

    /// What has arrived at a value.
    pub fn arrived(&self, outlet: OutletId) -> Option<OutletId> {
        self.arrived.get(&outlet).copied()
    }
}

/// The sizes of a value of `model`.
///
/// # Errors
/// One of them is not a number.
pub fn shape_in(model: &TypedModel, outlet: OutletId) -> Result<Shape, AdjointError> {
    let fact = model.outlet_fact(outlet)?;
    let shape = fact.shape.as_concrete().map(Shape::from);
    shape.ok_or_else(|| AdjointError::OpenShape {
        node: model.node(outlet.node).name.clone(),
        shape: format!("{:?}", fact.shape),
    })
}
