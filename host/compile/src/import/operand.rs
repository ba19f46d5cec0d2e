//! The operands of a node.

use std::sync::Arc;

use tract_onnx::pb::NodeProto;

use super::{Importer, Value, View};
use crate::error::Refusal;
use cortexscope_net::onnx::Constant;
use cortexscope_net::reader::Refusal as ReadRefusal;

/// What a function of activations and numbers reads.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// An activation.
    Value(View),
    /// A number.
    Number(f32),
}

impl Importer<'_> {
    /// Operand `index`, where it is given.
    pub(super) fn operand(&self, node: &NodeProto, index: usize) -> Result<Option<Value>, Refusal> {
        match node.input.get(index).filter(|name| !name.is_empty()) {
            Some(name) => self.value(name).map(Some),
            None => Ok(None),
        }
    }

    /// Operand `index`, which has to be an activation.
    pub(super) fn activation(&self, node: &NodeProto, index: usize) -> Result<View, Refusal> {
        match self.operand(node, index)? {
            Some(Value::Activation(view)) => Ok(view),
            Some(Value::Closed(_)) => Err(Refusal::NotLast),
            Some(Value::Constant(_)) => Err(ReadRefusal::Setting {
                name: "input",
                value: "a constant".to_owned(),
                wanted: "an activation is supported there",
            }
            .into()),
            None => Err(ReadRefusal::Missing("input").into()),
        }
    }

    /// Operand `index`, a constant where it is given.
    pub(super) fn constant(
        &self,
        node: &NodeProto,
        index: usize,
        operand: &'static str,
    ) -> Result<Option<Arc<Constant>>, Refusal> {
        match self.operand(node, index)? {
            Some(Value::Constant(constant)) => Ok(Some(constant)),
            Some(_) => Err(ReadRefusal::NotConstant(operand).into()),
            None => Ok(None),
        }
    }

    /// Operand `index`, a constant of floats.
    pub(super) fn weights(
        &self,
        node: &NodeProto,
        index: usize,
        operand: &'static str,
    ) -> Result<Arc<Constant>, Refusal> {
        let constant = self
            .constant(node, index, operand)?
            .ok_or(ReadRefusal::Missing(operand))?;
        floats(&constant, operand)?;
        Ok(constant)
    }
}

/// The floats of a constant operand.
pub(super) fn floats<'a>(
    constant: &'a Constant,
    operand: &'static str,
) -> Result<&'a [f32], ReadRefusal> {
    constant.floats().ok_or(ReadRefusal::Setting {
        name: operand,
        value: "of integers".to_owned(),
        wanted: "floats are supported",
    })
}

/// A constant spread over `count` channels: one value for all, or one for each.
pub(super) fn per_channel(
    constant: &Constant,
    operand: &'static str,
    count: usize,
) -> Result<Vec<f32>, Refusal> {
    match floats(constant, operand)? {
        [value] => Ok(vec![*value; count]),
        values if values.len() == count && constant.dims.last() == Some(&count) => {
            Ok(values.to_vec())
        }
        _ => Err(ReadRefusal::OperandShape {
            operand,
            sizes: constant.dims.clone(),
            wanted: format!("[{count}] fits"),
        }
        .into()),
    }
}

/// The value, where all are the same.
pub(super) fn scalar(values: &[f32]) -> Option<f32> {
    let (&first, rest) = values.split_first()?;
    rest.iter()
        .all(|value| value.to_bits() == first.to_bits())
        .then_some(first)
}

/// Whether broadcasting leaves the activation's sizes as they are.
pub(super) fn fits_rank(constant: &Constant, view: &View) -> bool {
    let own = constant.dims.iter().rev();
    constant.dims.len() <= view.dims.len()
        && own
            .zip(view.dims.iter().rev())
            .all(|(&c, &v)| c == 1 || c == v)
}
