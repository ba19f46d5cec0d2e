//! An If whose condition is known when the file is read, as exporters write it around sizes:
//! its branch is read in its place.

use std::sync::Arc;

use tract_onnx::pb::{GraphProto, NodeProto};

use super::fold::parsed;
use super::{Reader, Refusal, Value};

/// The graphs that a node has inside.
fn inner(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    let attributes = node.attribute.iter();
    attributes.filter_map(|attribute| attribute.g.as_ref())
}

/// The names that a node reads, and those that graphs inside of it read from outside.
///
/// Graphs inside of these are not looked into: no exporter writes them for sizes.
pub(super) fn reads(node: &NodeProto) -> impl Iterator<Item = &String> {
    let nodes = inner(node).flat_map(|graph| &graph.node);
    let captured = nodes.flat_map(|node| &node.input);
    let given = inner(node).flat_map(|graph| graph.output.iter().map(|output| &output.name));
    node.input.iter().chain(captured).chain(given)
}

impl<'a> Reader<'a> {
    /// Reads the branch of an If that its constant condition chooses.
    pub(super) fn branch(&mut self, node: &'a NodeProto) -> Result<(), Refusal> {
        let condition = self.constant(node, 0, "condition")?;
        let condition = parsed(&*condition.ok_or(Refusal::Missing("condition"))?)?;
        let is_true = condition.ints().and_then(|values| values.first().copied());
        let name = match is_true.ok_or(Refusal::Missing("condition"))? {
            0 => "else_branch",
            _ => "then_branch",
        };
        let mut attributes = node.attribute.iter();
        let chosen = attributes.find(|attribute| attribute.name == name);
        let chosen = chosen.and_then(|attribute| attribute.g.as_ref());
        let chosen = chosen.ok_or(Refusal::Missing("branch"))?;
        for constant in &chosen.initializer {
            let value = Value::Constant(Arc::new(constant.clone()));
            self.values.insert(&constant.name, value);
        }
        for inner in &chosen.node {
            if inner.op_type == "If" {
                return Err(Refusal::Operator);
            }
            self.node(inner)?;
        }
        for (index, output) in chosen.output.iter().enumerate() {
            let value = self.value(&output.name)?;
            self.set(node, index, value);
        }
        Ok(())
    }
}
