//! Nodes that tract 0.23.9 computes wrongly, written in another way that means the
//! same, bit by bit.

use tract_onnx::pb::{ModelProto, NodeProto};

/// `model` for tract.
pub fn model(model: &ModelProto) -> ModelProto {
    let mut model = model.clone();
    if let Some(graph) = &mut model.graph {
        let nodes = std::mem::take(&mut graph.node).into_iter();
        let rewrite = |node: NodeProto| match node.op_type.as_str() {
            "Sub" => subtracted(&node),
            _ => vec![node],
        };
        graph.node = nodes.flat_map(rewrite).collect();
    }
    model
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
