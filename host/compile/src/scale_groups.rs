//! Tensors that share one scale: what MaxPool, Concat and DepthToSpace read and write.

use super::float_net::{FloatNet, FloatOp};

/// Which tensors share a scale.
#[derive(Clone, Debug)]
pub struct ScaleGroups {
    /// For each tensor, the smallest tensor of its group.
    first: Vec<usize>,
}

impl ScaleGroups {
    /// The groups of a network.
    pub fn of(net: &FloatNet) -> Self {
        let mut groups = Self {
            first: (0..=net.layers.len()).collect(),
        };
        for (index, layer) in net.layers.iter().enumerate() {
            if keeps_scale(&layer.op) {
                for &input in &layer.inputs {
                    groups.join(input, index + 1);
                }
            }
        }
        groups
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first[a], self.first[b]);
        let (least, other) = (a.min(b), a.max(b));
        for first in &mut self.first {
            if *first == other {
                *first = least;
            }
        }
    }

    /// The smallest tensor of the group that `tensor` is in.
    pub fn first(&self, tensor: usize) -> usize {
        self.first[tensor]
    }

    /// The tensors of that group whose values are made anew, not moved.
    pub fn sources(&self, net: &FloatNet, tensor: usize) -> impl Iterator<Item = usize> {
        let members =
            (0..self.first.len()).filter(move |&other| self.first[other] == self.first[tensor]);
        members.filter(|&other| other == 0 || !keeps_scale(&net.layers[other - 1].op))
    }
}

/// Whether the output's bytes are the inputs' bytes.
pub fn keeps_scale(op: &FloatOp) -> bool {
    matches!(
        op,
        FloatOp::MaxPool(_) | FloatOp::Concat | FloatOp::DepthToSpace
    )
}
