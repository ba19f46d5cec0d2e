//! Rules for layers that are linear in their input.

use std::sync::Arc;

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::Reduce;

use super::ShareWires;
use crate::derivative::{
    Interpolation, Product, Step, input_gradient, operand_gradient, spread, transposed_gradient,
};
use crate::error::unsupported;
use crate::operators::Quotient;
use crate::tape::Tape;
use crate::{AdjointError, Rule};

/// A layer `z_j = Σ_i x_i w_ij + b_j`.
pub struct Linear<'m> {
    node: &'m TypedNode,
    kind: Kind,
    input: OutletId,
    /// Of the rank of the output.
    bias: Option<Arc<Tensor>>,
}

enum Kind {
    Convolution(Box<Conv>, Arc<Tensor>),
    Transposed(Box<Deconv>, Arc<Tensor>),
    /// Weights of an interpolation.
    Resized(Interpolation),
    Product {
        product: Box<Product>,
        /// Which operand varies.
        slot: usize,
        weights: Arc<Tensor>,
    },
    /// Equal weights over windows.
    Mean(Box<SumPool>),
    /// Weights of one over axes.
    Total(Reduce),
}

/// The weights that a rule counts.
#[derive(Clone, Copy)]
enum Weights {
    Plain,
    Positive,
    Negative,
    /// `w + γ w⁺`.
    Favoured(f32),
    Ones,
}

impl Weights {
    fn of(self, w: f32) -> f32 {
        match self {
            Self::Plain => w,
            Self::Positive => w.max(0.0),
            Self::Negative => w.min(0.0),
            Self::Favoured(gamma) => w + gamma * w.max(0.0),
            Self::Ones => 1.0,
        }
    }

    fn tensor(self, weights: &Tensor) -> Result<Tensor, AdjointError> {
        let view = weights.to_plain_array_view::<f32>()?;
        let values: Vec<f32> = view.iter().map(|&w| self.of(w)).collect();
        Ok(Tensor::from_shape(weights.shape(), &values)?)
    }
}

/// A layer applied to one value with some of its weights, and a part of what came
/// of it.
struct Term {
    value: OutletId,
    weights: Weights,
}

/// The product whose only reader is `add`, a sum with a constant.
pub fn biased_product<'m>(model: &'m TypedModel, add: &TypedNode) -> Option<&'m TypedNode> {
    let is_sum = add
        .op_as::<TypedBinOp>()
        .is_some_and(|op| op.0.is::<math::Add>());
    let is_constant = |&outlet: &OutletId| {
        let fact = model.outlet_fact(outlet);
        fact.is_ok_and(|fact| fact.konst.is_some())
    };
    let constants = add
        .inputs
        .iter()
        .filter(|outlet| is_constant(outlet))
        .count();
    let varying = add.inputs.iter().find(|outlet| !is_constant(outlet))?;
    let node = model.node(varying.node);
    let is_read_once = node.outputs[0].successors.len() == 1
        && model
            .output_outlets()
            .is_ok_and(|outputs| !outputs.contains(varying));
    let keeps_shape = node.outputs[0].fact.shape == add.outputs[0].fact.shape;
    let is_product = node.op_is::<EinSum>() && node.inputs.iter().any(is_constant);
    (is_sum && constants == 1 && is_read_once && keeps_shape && is_product).then_some(node)
}

impl<'m> Linear<'m> {
    /// The layer that `node` is.
    ///
    /// # Errors
    /// Its weights are not constant.
    pub fn of(tape: &Tape<'m>, node: &TypedNode) -> Result<Self, AdjointError> {
        let node = tape.model.node(node.id);
        let varying = || unsupported(node, "relevance needs constant weights");
        let constant = |slot: usize| tape.constant(node.inputs[slot]);
        let mut input = node.inputs[0];
        let mut bias = None;
        let kind = if let Some(op) = node.op_as::<Conv>() {
            let weights = constant(1)?.ok_or_else(varying)?;
            let flat = constant(2)?.ok_or_else(varying)?;
            let rank = tape.shape(OutletId::new(node.id, 0))?.len();
            let channel = usize::from(op.pool_spec.data_format.has_n());
            bias = Some(along(&flat, rank, channel)?);
            Kind::Convolution(Box::new(op.clone()), weights)
        } else if let Some(op) = node.op_as::<Deconv>() {
            let weights = constant(1)?.ok_or_else(varying)?;
            let flat = constant(2)?.ok_or_else(varying)?;
            let rank = tape.shape(OutletId::new(node.id, 0))?.len();
            let channel = usize::from(op.pool_spec.data_format.has_n());
            bias = Some(along(&flat, rank, channel)?);
            Kind::Transposed(Box::new(op.clone()), weights)
        } else if let Some(interpolation) = Interpolation::of(tape, node)? {
            Kind::Resized(interpolation)
        } else if let Some(op) = node.op_as::<EinSum>() {
            if node.inputs.len() != 2 {
                return Err(unsupported(
                    node,
                    "relevance needs a product of two operands",
                ));
            }
            let (slot, weights) = match (constant(0)?, constant(1)?) {
                (None, Some(weights)) => (0, weights),
                (Some(weights), None) => (1, weights),
                _ => return Err(varying()),
            };
            input = node.inputs[slot];
            let product = Box::new(Product::of(node, op)?);
            Kind::Product {
                product,
                slot,
                weights,
            }
        } else if let Some(op) = node.op_as::<SumPool>() {
            Kind::Mean(Box::new(op.clone()))
        } else if let Some(op) = node.op_as::<Reduce>() {
            Kind::Total(op.clone())
        } else {
            return Err(unsupported(node, "the operator is not linear"));
        };
        Ok(Self {
            node,
            kind,
            input,
            bias,
        })
    }

    /// The layer that `product` and the sum `add` with a constant make.
    ///
    /// # Errors
    /// As [`Linear::of`].
    pub fn with_bias(
        tape: &Tape<'m>,
        product: &TypedNode,
        add: &TypedNode,
    ) -> Result<Self, AdjointError> {
        let mut layer = Self::of(tape, product)?;
        for &operand in &add.inputs {
            if let Some(bias) = tape.constant(operand)? {
                layer.bias = Some(bias);
            }
        }
        Ok(layer)
    }

    /// `Σ_i x_i w_ij` for some of the weights.
    fn forward(&self, tape: &mut Tape<'_>, term: &Term) -> Result<OutletId, AdjointError> {
        match &self.kind {
            Kind::Convolution(op, weights) => {
                let weights = tape.tensor(term.weights.tensor(weights)?)?;
                let bias = tape.tensor(tensor0(0.0_f32))?;
                tape.wire(Conv::clone(op), &[term.value, weights, bias])
            }
            Kind::Transposed(op, weights) => {
                let weights = tape.tensor(term.weights.tensor(weights)?)?;
                let bias = tape.tensor(tensor0(0.0_f32))?;
                tape.wire(Deconv::clone(op), &[term.value, weights, bias])
            }
            Kind::Resized(op) => {
                let weights = term.weights;
                op.wire(tape, term.value, |weight| weights.of(weight))
            }
            Kind::Product {
                product,
                slot,
                weights,
            } => {
                let weights = tape.tensor(term.weights.tensor(weights)?)?;
                let mut operands = [weights; 2];
                operands[*slot] = term.value;
                product.wire(tape, &operands)
            }
            Kind::Mean(op) => {
                let sum = tape.wire(SumPool::clone(op), &[term.value])?;
                tape.scale(sum, term.weights.of(1.0))
            }
            Kind::Total(op) => {
                let sum = tape.wire(op.clone(), &[term.value])?;
                tape.scale(sum, term.weights.of(1.0))
            }
        }
    }

    /// `x_i Σ_j w_ij s_j`.
    fn back(
        &self,
        tape: &mut Tape<'_>,
        term: &Term,
        shares: OutletId,
    ) -> Result<OutletId, AdjointError> {
        let shape = tape.shape(self.input)?;
        let back = match &self.kind {
            Kind::Convolution(op, weights) => {
                let weights = tape.tensor(term.weights.tensor(weights)?)?;
                input_gradient(tape, self.node, op, weights, shares)?
            }
            Kind::Transposed(op, weights) => {
                let weights = tape.tensor(term.weights.tensor(weights)?)?;
                transposed_gradient(tape, self.node, op, weights, shares)?
            }
            Kind::Resized(op) => {
                let weights = term.weights;
                op.back(tape, shares, |weight| weights.of(weight))?
            }
            Kind::Product {
                product,
                slot,
                weights,
            } => {
                let weights = tape.tensor(term.weights.tensor(weights)?)?;
                operand_gradient(tape, product, *slot, &shape, &[weights], shares)?
            }
            Kind::Mean(op) => {
                let arrived = shares;
                let node = self.node;
                let spread = spread(tape, &Step { node, arrived }, op, &shape, arrived)?;
                tape.scale(spread, term.weights.of(1.0))?
            }
            Kind::Total(_) => {
                let back = tape.scale(shares, term.weights.of(1.0))?;
                tape.broadcast(back, &shape)?
            }
        };
        tape.mul(term.value, back)
    }

    /// Sends the relevance at `step` to the layer's input.
    ///
    /// # Errors
    /// The rule does not fit the layer.
    pub fn propagate(
        &self,
        tape: &mut Tape<'_>,
        step: &Step<'_>,
        rule: &Rule,
    ) -> Result<ShareWires, AdjointError> {
        let x = tape.saved(self.input)?;
        let plain = |weights| Term { value: x, weights };
        let part = match rule {
            Rule::Epsilon(epsilon) => self.share(
                tape,
                step.arrived,
                &[plain(Weights::Plain)],
                Weights::Plain,
                *epsilon,
            )?,
            Rule::Gamma(gamma) => {
                let weights = Weights::Favoured(*gamma);
                self.share(tape, step.arrived, &[plain(weights)], weights, 0.0)?
            }
            Rule::ZPlus => self.signed(tape, x, step.arrived, true)?,
            Rule::AlphaBeta { alpha, beta } => {
                let favoured = tape.scale(step.arrived, *alpha)?;
                let mut part = self.signed(tape, x, favoured, true)?;
                if *beta != 0.0 {
                    let against = tape.scale(step.arrived, -*beta)?;
                    let negative = self.signed(tape, x, against, false)?;
                    part = part.join(tape, negative)?;
                }
                part
            }
            Rule::ZBox { low, high } => {
                let shape = tape.shape(self.input)?;
                let low = tape.tensor(self.corner(low, &shape)?)?;
                let high = tape.tensor(self.corner(high, &shape)?)?;
                let minus = |tape: &mut Tape<'_>, corner| tape.wire(math::neg(), &[corner]);
                let terms = [
                    plain(Weights::Plain),
                    Term {
                        value: minus(tape, low)?,
                        weights: Weights::Positive,
                    },
                    Term {
                        value: minus(tape, high)?,
                        weights: Weights::Negative,
                    },
                ];
                self.share_without_bias(tape, step.arrived, &terms)?
            }
            Rule::Flat => {
                let shape = tape.shape(self.input)?;
                let count = shape.iter().product();
                let ones = Tensor::from_shape(&shape, &vec![1.0_f32; count])?;
                let value = tape.tensor(ones)?;
                let weights = Weights::Ones;
                self.share_without_bias(tape, step.arrived, &[Term { value, weights }])?
            }
            Rule::Gradient | Rule::Guided | Rule::Deconvnet => {
                return Err(step.unsupported("the rule does not propagate relevance"));
            }
        };
        let shape = tape.shape(self.input)?;
        let back = tape.broadcast(part.back, &shape)?;
        tape.give(self.input, back)?;
        Ok(ShareWires {
            above: total(tape, step.arrived)?,
            below: total(tape, back)?,
            bias: part.bias.map(|bias| total(tape, bias)).transpose()?,
            absorbed: total(tape, part.absorbed)?,
        })
    }

    /// Positive or negative contributions alone.
    fn signed(
        &self,
        tape: &mut Tape<'_>,
        x: OutletId,
        relevance: OutletId,
        is_positive: bool,
    ) -> Result<Part, AdjointError> {
        let [with, against] = if is_positive {
            [Weights::Positive, Weights::Negative]
        } else {
            [Weights::Negative, Weights::Positive]
        };
        let terms = [
            Term {
                value: tape.positive(x)?,
                weights: with,
            },
            Term {
                value: tape.negative(x)?,
                weights: against,
            },
        ];
        self.share(tape, relevance, &terms, with, 0.0)
    }

    fn share_without_bias(
        &self,
        tape: &mut Tape<'_>,
        relevance: OutletId,
        terms: &[Term],
    ) -> Result<Part, AdjointError> {
        let mut sum = None;
        for term in terms {
            let z = self.forward(tape, term)?;
            sum = Some(match sum {
                Some(before) => tape.add(before, z)?,
                None => z,
            });
        }
        let Some(sum) = sum else {
            return Err(AdjointError::Nothing("share relevance among"));
        };
        self.divide(tape, relevance, terms, sum, None, 0.0)
    }

    /// Divides `relevance` by the sum of `terms` and of what `bias` keeps of the
    /// bias, and sends it back along the terms.
    fn share(
        &self,
        tape: &mut Tape<'_>,
        relevance: OutletId,
        terms: &[Term],
        bias: Weights,
        epsilon: f32,
    ) -> Result<Part, AdjointError> {
        let Some(tensor) = &self.bias else {
            if epsilon == 0.0 {
                return self.share_without_bias(tape, relevance, terms);
            }
            let sum = self.forward(tape, &terms[0])?;
            return self.divide(tape, relevance, terms, sum, None, epsilon);
        };
        let tensor = bias.tensor(tensor)?;
        let bias = tape.tensor(tensor)?;
        let mut sum = bias;
        for term in terms {
            let z = self.forward(tape, term)?;
            sum = tape.add(z, sum)?;
        }
        self.divide(tape, relevance, terms, sum, Some(bias), epsilon)
    }

    fn divide(
        &self,
        tape: &mut Tape<'_>,
        relevance: OutletId,
        terms: &[Term],
        sum: OutletId,
        bias: Option<OutletId>,
        epsilon: f32,
    ) -> Result<Part, AdjointError> {
        let shares = tape.wire(Quotient::new(epsilon), &[relevance, sum])?;
        let mut back = None;
        for term in terms {
            let own = self.back(tape, term, shares)?;
            back = Some(match back {
                Some(before) => tape.add(before, own)?,
                None => own,
            });
        }
        let Some(back) = back else {
            return Err(AdjointError::Nothing("share relevance among"));
        };
        let shared = tape.mul(shares, sum)?;
        Ok(Part {
            back,
            bias: bias.map(|bias| tape.mul(shares, bias)).transpose()?,
            absorbed: tape.sub(relevance, shared)?,
        })
    }

    /// A bound of pixels, of the input's shape.
    fn corner(&self, bounds: &[f32], shape: &[usize]) -> Result<Tensor, AdjointError> {
        let axis = match &self.kind {
            Kind::Convolution(op, _) => usize::from(op.pool_spec.data_format.has_n()),
            Kind::Transposed(op, _) => usize::from(op.pool_spec.data_format.has_n()),
            Kind::Mean(op) => usize::from(op.pool_spec.data_format.has_n()),
            Kind::Resized(_) => 1.min(shape.len().saturating_sub(1)),
            Kind::Product { .. } | Kind::Total(_) => shape.len().saturating_sub(1),
        };
        let inner: usize = shape[axis + 1..].iter().product();
        let why = "a box has one bound, or one for each channel of the input";
        if bounds.len() != 1 && bounds.len() != shape[axis] {
            return Err(unsupported(self.node, why));
        }
        let count = shape.iter().product::<usize>();
        let value = |at: usize| bounds[at / inner % shape[axis] % bounds.len()];
        let values: Vec<f32> = (0..count).map(value).collect();
        Ok(Tensor::from_shape(shape, &values)?)
    }
}

/// What one division gives.
struct Part {
    back: OutletId,
    bias: Option<OutletId>,
    absorbed: OutletId,
}

impl Part {
    fn join(self, tape: &mut Tape<'_>, other: Self) -> Result<Self, AdjointError> {
        let bias = match (self.bias, other.bias) {
            (Some(a), Some(b)) => Some(tape.add(a, b)?),
            (a, b) => a.or(b),
        };
        Ok(Self {
            back: tape.add(self.back, other.back)?,
            bias,
            absorbed: tape.add(self.absorbed, other.absorbed)?,
        })
    }
}

/// The sum of all elements.
pub fn total(tape: &mut Tape<'_>, wire: OutletId) -> Result<OutletId, AdjointError> {
    let axes: Vec<usize> = (0..tape.shape_here(wire)?.len()).collect();
    tape.sum(wire, &axes)
}

/// A bias, one number or one for each channel, along `axis` of `rank` axes.
fn along(bias: &Tensor, rank: usize, axis: usize) -> Result<Arc<Tensor>, AdjointError> {
    let mut shape = vec![1; rank];
    shape[axis] = bias.len();
    let bias = bias.clone().into_shape(&shape)?;
    Ok(bias.into_arc_tensor())
}
