//! Nodes that tract 0.23.9 computes wrongly, written in another way that means the
//! same, bit by bit.

use std::collections::HashMap;

use tract_onnx::pb::{AttributeProto, NodeProto};

use crate::network::Window;
use cortexscope_net::onnx::builder::ints;

/// `nodes` for tract; `windows` by the output of the node that slides it.
pub fn nodes(nodes: &[NodeProto], windows: &HashMap<String, Window>) -> Vec<NodeProto> {
    let rewrite = |node: &NodeProto| match node.op_type.as_str() {
        "Sub" => subtracted(node),
        _ => {
            let window = node.output.first().and_then(|output| windows.get(output));
            vec![window.map_or_else(|| node.clone(), |window| padded(node, window))]
        }
    };
    nodes.iter().flat_map(rewrite).collect()
}

/// With `pads` in the place of `auto_pad`.
///
/// tract moves a stride from one convolution into the one before it, and pads
/// that one anew for its new stride where its padding is `SAME`.
fn padded(node: &NodeProto, window: &Window) -> NodeProto {
    let is_automatic = |attribute: &AttributeProto| attribute.name == "auto_pad";
    let mut node = node.clone();
    if node.attribute.iter().any(is_automatic) {
        let ([top, left], [bottom, right]) = (window.pad_before, window.pad_after);
        node.attribute
            .retain(|attribute| !is_automatic(attribute) && attribute.name != "pads");
        node.attribute
            .push(ints("pads", &[top, left, bottom, right]));
    }
    node
}

/// `a − b` as `(−b) + a`.
///
/// tract computes `b − a` where it fuses a constant `a` minus a convolution into
/// the convolution's kernel.
fn subtracted(node: &NodeProto) -> Vec<NodeProto> {
    let [a, b] = node.input.as_slice() else {
        return vec![node.clone()];
    };
    let negated = format!("{}.negated", node.output.join("."));
    let negate = NodeProto {
        name: negated.clone(),
        op_type: "Neg".to_owned(),
        input: vec![b.clone()],
        output: vec![negated.clone()],
        attribute: Vec::new(),
        ..node.clone()
    };
    let add = NodeProto {
        op_type: "Add".to_owned(),
        input: vec![negated, a.clone()],
        ..node.clone()
    };
    vec![negate, add]
}
