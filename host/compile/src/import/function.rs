//! Functions of one value that several nodes make together: from one activation on they
//! go apart, and meet again in one node, element by element.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::operand::{Source, fits_rank, floats, scalar};
use super::{Importer, Value, View};
use crate::error::Refusal;
use crate::float_net::FloatOp;
use crate::network::{Elementwise, Operand, follow};
use cortexscope_net::reader::{Refusal as ReadRefusal, gives_truth};

/// Functions that a table may have: what people write has a dozen.
const MOST_FUNCTIONS: usize = 64;

/// Operators whose operands may change places.
const COMMUTE: [&str; 4] = ["Add", "Mul", "Max", "Min"];

impl Importer<'_> {
    /// A comparison, logic on what comparisons give, or a choice by it.
    pub(super) fn choice(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        // Only truth values are left of what is cast to float32.
        if node.op_type == "Cast" && attributes.int("to", 0)? != DataType::Float as i64 {
            return Err(Refusal::of_operator("Cast"));
        }
        let mut sources = Vec::with_capacity(node.input.len());
        let mut first: Option<View> = None;
        for index in 0..node.input.len() {
            if let Some(Value::Activation(view)) = self.operand(node, index)? {
                let first = first.get_or_insert_with(|| view.clone());
                if first.dims != view.dims {
                    return Err(Refusal::Spread(first.dims.clone(), view.dims));
                }
            }
        }
        let first = first.ok_or(ReadRefusal::Missing("activation"))?;
        for index in 0..node.input.len() {
            let operand = self.operand(node, index)?;
            sources.push(match operand.ok_or(ReadRefusal::Missing("operand"))? {
                Value::Activation(view) => Source::Value(view),
                Value::Closed(_) => return Err(Refusal::NotLast),
                Value::Constant(constant) => {
                    let number = scalar(floats(&constant, "constant")?);
                    let number = number.filter(|_| fits_rank(&constant, &first));
                    let varies = || Refusal::Varies(constant.dims.clone());
                    Source::Number(number.ok_or_else(varies)?)
                }
            });
        }
        let made = self.function_of_one(node, &sources)?;
        made.ok_or(Refusal::TwoActivations)
    }

    /// What a node gives where all that it reads are functions of one activation; none where
    /// they are not. The activations have the same sizes.
    pub(super) fn function_of_one(
        &mut self,
        node: &NodeProto,
        sources: &[Source],
    ) -> Result<Option<View>, Refusal> {
        let views = sources.iter().filter_map(|source| match source {
            Source::Value(view) => Some(view),
            Source::Number(_) => None,
        });
        let ways: Vec<Vec<usize>> = views
            .clone()
            .map(|view| self.way_back(view.tensor))
            .collect();
        let common = ways.first().and_then(|first| {
            let is_common = |tensor: &&usize| ways.iter().all(|way| way.contains(tensor));
            let mut tensors = first.iter().filter(is_common);
            // No board has a tensor of truth values.
            tensors.find(|&&tensor| !self.is_truth(tensor))
        });
        let (Some(&from), Some(first)) = (common, views.clone().next()) else {
            return Ok(None);
        };
        let mut joined = Joined::default();
        let mut operands = Vec::with_capacity(sources.len());
        for source in sources {
            operands.push(match source {
                Source::Number(number) if number.is_nan() => {
                    return Err(Refusal::NotFinite("constants"));
                }
                Source::Number(number) => Operand::Constant(*number),
                Source::Value(view) => match self.functions_between(from, view.tensor) {
                    Some(functions) => Operand::Value(joined.add(&functions)),
                    None => return Ok(None),
                },
            });
        }
        let mut functions = joined.functions;
        if functions.len() >= MOST_FUNCTIONS {
            return Ok(None);
        }
        let last = functions.len();
        if COMMUTE.contains(&node.op_type.as_str())
            && operands.last() == Some(&Operand::Value(last))
        {
            operands.reverse();
        }
        functions.push(Elementwise {
            operands,
            ..Elementwise::of(&node.op_type)
        });
        let view = View {
            tensor: from,
            dims: first.dims.clone(),
        };
        let op = FloatOp::Elementwise(in_order(functions));
        let shape = self.shape(from);
        self.push_like(node, &view, op, shape).map(Some)
    }

    /// `tensor`, and those before it that it is a function of, element by element.
    fn way_back(&self, tensor: usize) -> Vec<usize> {
        let mut way = vec![tensor];
        let mut at = tensor;
        while let Some((before, _)) = self.function_before(at)
            && way.len() < MOST_FUNCTIONS
        {
            way.push(before);
            at = before;
        }
        way
    }

    /// The functions that lead from `from` to `tensor`; none where they are too many.
    fn functions_between(&self, from: usize, tensor: usize) -> Option<Vec<Elementwise>> {
        let mut functions: Vec<Elementwise> = Vec::new();
        let mut at = tensor;
        while at != from {
            let (before, own) = self.function_before(at)?;
            let later = std::mem::replace(&mut functions, own.to_vec());
            follow(&mut functions, &later);
            at = before;
            if functions.len() > MOST_FUNCTIONS {
                return None;
            }
        }
        Some(functions)
    }

    /// Whether a tensor is true or false.
    fn is_truth(&self, tensor: usize) -> bool {
        let last = self.function_before(tensor).and_then(|(_, own)| own.last());
        last.is_some_and(|function| gives_truth(&function.op_type))
    }

    /// What a tensor is a function of, element by element, and the function.
    fn function_before(&self, tensor: usize) -> Option<(usize, &[Elementwise])> {
        let layer = self.layers.get(tensor.checked_sub(1)?)?;
        match (&layer.op, layer.inputs.as_slice()) {
            (FloatOp::Elementwise(own), &[input]) => Some((input, own)),
            _ => None,
        }
    }
}

/// Several lists of functions of one value as one, whose operands are numbered.
#[derive(Debug, Default)]
struct Joined {
    functions: Vec<Elementwise>,
}

impl Joined {
    /// Adds what is not there yet, and gives the number of the list's last value.
    fn add(&mut self, list: &[Elementwise]) -> usize {
        let mut last = 0;
        let mut numbers = vec![0];
        for function in list {
            let numbered = |operand: &Operand| match *operand {
                Operand::Before => Operand::Value(last),
                Operand::Value(at) => Operand::Value(numbers.get(at).copied().unwrap_or(last)),
                number @ Operand::Constant(_) => number,
            };
            let function = Elementwise {
                operands: function.operands.iter().map(numbered).collect(),
                ..function.clone()
            };
            let known = self.functions.iter().position(|known| *known == function);
            last = 1 + known.unwrap_or_else(|| {
                self.functions.push(function);
                self.functions.len() - 1
            });
            numbers.push(last);
        }
        last
    }
}

/// `functions` with what each reads of the one before it said so.
fn in_order(mut functions: Vec<Elementwise>) -> Vec<Elementwise> {
    for (index, function) in functions.iter_mut().enumerate() {
        for operand in &mut function.operands {
            if *operand == Operand::Value(index) {
                *operand = Operand::Before;
            }
        }
    }
    functions
}

#[cfg(test)]
mod tests;
