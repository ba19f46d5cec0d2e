//! What a network does to its output that moves values and computes nothing new, as
//! detectors do to their maps: it is left off.

use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use cortexscope_net::reader::node_name;

/// Gives the network the output that it had before its values were moved.
pub fn leave_off(draft: &mut Draft<'_>) {
    let mut output = draft.output.clone();
    let mut passed = Vec::new();
    while let Some(node) = draft.writer(&output) {
        let Some(input) = node.input.first().filter(|_| is_an_end(draft, node)) else {
            return;
        };
        passed.push(format!("`{}` ({})", node_name(node), node.op_type));
        output.clone_from(input);
        if moves(draft, node) {
            draft.output.clone_from(input);
            draft.notes.push(format!(
                "{} at the end {} left off: the output has its values in the order of the layer \
                 before",
                passed.join(", "),
                if passed.len() == 1 { "is" } else { "are" }
            ));
            passed.clear();
        }
    }
}

/// Whether scores keep their order, or their values, through a node.
fn is_an_end(draft: &Draft<'_>, node: &NodeProto) -> bool {
    match node.op_type.as_str() {
        "Reshape" => !ends_composition(draft, node),
        "Transpose" | "Flatten" | "Softmax" | "LogSoftmax" | "Sigmoid" => true,
        _ => false,
    }
}

/// Whether a Reshape is the last part of a shuffle of channels or of a normalisation of
/// groups.
fn ends_composition(draft: &Draft<'_>, node: &NodeProto) -> bool {
    let Some(input) = node.input.first() else {
        return false;
    };
    let writer = draft.writer(input).map(|writer| writer.op_type.as_str());
    match writer {
        Some("InstanceNormalization") => true,
        Some("Transpose") => draft.sizes(input).is_some_and(|sizes| sizes.len() == 5),
        _ => false,
    }
}

/// Whether a node gives its values other places than a flattened map has.
fn moves(draft: &Draft<'_>, node: &NodeProto) -> bool {
    let sizes = |names: &[String]| {
        let sizes = names.first().and_then(|name| draft.sizes(name));
        sizes.map(<[usize]>::to_vec).unwrap_or_default()
    };
    match node.op_type.as_str() {
        "Transpose" => true,
        "Reshape" | "Flatten" => {
            let (from, to) = (sizes(&node.input), sizes(&node.output));
            let flat = [1, from.iter().product()];
            from.len() == 4 && to != from && to != flat
        }
        _ => false,
    }
}
