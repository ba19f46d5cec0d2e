//! Operators without a window: of several activations, or of one and a constant.

use super::sizes::{square, three};
use super::{Reads, Value, Walk};
use crate::Op;
use cortexscope_net::onnx::Attributes;

impl Walk {
    /// Activations of one shape, added.
    pub(super) fn sum(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let sizes = reads.sizes();
        if reads.activations.iter().any(|(_, other)| other != sizes) {
            return Err("its inputs have different sizes".into());
        }
        let shape = three(sizes).ok_or_else(|| format!("the sizes {sizes:?}"))?;
        self.plain(reads.node, Op::Add, reads.tensors(), shape)
    }

    /// Maps one behind the other.
    pub(super) fn concat(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let axis = Attributes(reads.node).int("axis", 1);
        let axis = axis.map_err(|error| error.to_string())?;
        let activations = reads.activations.iter();
        let maps: Option<Vec<_>> = activations.map(|(_, sizes)| square(sizes)).collect();
        let maps = maps
            .filter(|_| axis == 1 || axis == -3)
            .ok_or("not over the channels of maps")?;
        if maps.iter().any(|map| map[1..] != maps[0][1..]) {
            return Err("its inputs have different sizes".into());
        }
        let channels = maps.iter().map(|map| map[0]).sum();
        let shape = [channels, maps[0][1], maps[0][2]];
        self.plain(reads.node, Op::Concat, reads.tensors(), shape)
    }

    /// A scale and a shift for each channel.
    pub(super) fn batch_norm(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let weights = self.count(reads.node, 1)?;
        let biases = self.count(reads.node, 2)?;
        self.in_place(reads, weights, biases);
        Ok(())
    }

    /// A bias or a scale that is a constant.
    pub(super) fn by_constant(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let node = reads.node;
        let is_constant =
            |input: &String| matches!(self.values.get(input), Some(Value::Constant { .. }));
        let is_bias = matches!(node.op_type.as_str(), "Add" | "Sub");
        let at = node.input.iter().position(is_constant);
        // A product of two activations has no weights.
        let at = at.filter(|_| is_bias || reads.activations.len() == 1);
        let counted = at.map_or(Ok(0), |at| self.count(node, at))?;
        let [weights, biases] = if is_bias { [0, counted] } else { [counted, 0] };
        self.in_place(reads, weights, biases);
        Ok(())
    }
}
