//! The operands of a node, and what they are in the file.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto};

use super::fold::parsed;
use super::layout::View;
use super::{Reader, Refusal, Value};

impl Reader<'_> {
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
            Some(Value::Constant(_)) => Err(Refusal::Setting {
                name: "input",
                value: "a constant".to_owned(),
                wanted: "an activation is supported there",
            }),
            None => Err(Refusal::Missing("input")),
        }
    }

    /// Operand `index`, a constant where it is given.
    pub(super) fn constant(
        &self,
        node: &NodeProto,
        index: usize,
        operand: &'static str,
    ) -> Result<Option<Arc<TensorProto>>, Refusal> {
        match self.operand(node, index)? {
            Some(Value::Constant(constant)) => Ok(Some(constant)),
            Some(_) => Err(Refusal::NotConstant(operand)),
            None => Ok(None),
        }
    }

    /// The integers of operand `index`, or else of the attribute of this name.
    pub(super) fn integers(
        &self,
        node: &NodeProto,
        index: usize,
        name: &'static str,
    ) -> Result<Option<Vec<i64>>, Refusal> {
        if let Some(constant) = self.constant(node, index, name)? {
            return Ok(Some(parsed(&constant)?.ints().unwrap_or_default().to_vec()));
        }
        let attribute = crate::onnx::Attributes(node).ints(name)?;
        Ok(attribute.map(<[i64]>::to_vec))
    }

    /// `axis` of a tensor of this rank, counted from the front.
    pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, Refusal> {
        let counted = if axis < 0 { axis + rank as i64 } else { axis };
        usize::try_from(counted)
            .ok()
            .filter(|&counted| counted < rank)
            .ok_or(Refusal::Setting {
                name: "axis",
                value: axis.to_string(),
                wanted: "an axis of its input is supported",
            })
    }
}
