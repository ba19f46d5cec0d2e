//! What no kernel computes, written with operators that have one.
//!
//! A board has few kernels, and many operators are combinations of what they compute: a
//! slope for each channel is a sum of two parts, a part of a map is a convolution whose
//! weights are zero and one. Each kind is a file. The graph means the same before and
//! after; what nothing here knows stays as it is, and is refused by name where it is
//! taken apart.

mod among_zeros;
mod bounded;
mod channel_maximum;
mod channel_mean;
mod constant_map;
mod draft;
mod edge_average;
mod ends;
mod from_vector;
mod greatest;
mod join;
mod larger;
mod mirror;
mod normalise;
mod pad;
mod parametric_relu;
mod part;
mod response;
mod shuffle;
mod softmax;
mod spread;
#[cfg(test)]
mod tests;
mod transposed;
mod turned_blocks;
mod unshuffle;

use std::borrow::Cow;

use tract_onnx::pb::NodeProto;

use cortexscope_net::reader::Graph;
use draft::Draft;

/// Writes what a node computes into the draft; none where the node is to stay.
type Compose = fn(&mut Draft<'_>, &NodeProto) -> Option<()>;

/// `graph` in operators that a board has kernels for, as far as that is possible.
pub fn compose(graph: &Graph) -> Cow<'_, Graph> {
    let mut draft = Draft::new(graph);
    ends::leave_off(&mut draft);
    for node in graph.nodes() {
        let compose: Option<Compose> = match node.op_type.as_str() {
            "PRelu" => Some(parametric_relu::compose),
            "Add" | "Sub" | "Mul" | "Div" | "Sum" if draft.has_constant(node) => {
                Some(constant_map::compose)
            }
            "Add" | "Sub" | "Mul" | "Div" | "Sum" => Some(spread::compose),
            "ConvTranspose" => Some(transposed::compose),
            "Resize" => Some(larger::compose_resize),
            "DepthToSpace" => Some(larger::compose_blocks),
            "AveragePool" => Some(edge_average::compose),
            "Concat" => Some(join::compose),
            "Gather" => Some(shuffle::compose_gather),
            "ReduceL2" => Some(channel_mean::compose_length),
            "Expand" => Some(spread::compose_expand),
            "Max" | "Min" => Some(greatest::compose),
            "Slice" => Some(part::compose),
            "SpaceToDepth" => Some(unshuffle::compose),
            "Pad" => Some(|draft, node| {
                pad::compose(draft, node).or_else(|| mirror::compose(draft, node))
            }),
            "ReduceMax" => Some(channel_maximum::compose),
            "ReduceMean" | "ReduceSum" => Some(channel_mean::compose),
            "Reshape" => Some(|draft, node| {
                shuffle::compose(draft, node)
                    .or_else(|| larger::compose_chain(draft, node))
                    .or_else(|| unshuffle::compose_chain(draft, node))
                    .or_else(|| from_vector::compose(draft, node))
                    .or_else(|| from_vector::compose_rows(draft, node))
                    .or_else(|| normalise::compose_groups(draft, node))
            }),
            "InstanceNormalization" => Some(normalise::compose_instance),
            "LayerNormalization" => Some(normalise::compose_layer),
            "Log" | "Sqrt" => Some(bounded::compose),
            "Pow" => Some(bounded::compose_power),
            "LRN" => Some(response::compose),
            "Softmax" => Some(softmax::compose),
            _ => None,
        };
        if compose
            .and_then(|compose| compose(&mut draft, node))
            .is_none()
        {
            draft.keep(node);
        }
    }
    draft.finish()
}
