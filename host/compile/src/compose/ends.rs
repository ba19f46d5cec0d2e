//! What a network does to its output that moves values and computes nothing new, as
//! detectors do to their maps, and the division of features by their own length: it is
//! left off.

use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use cortexscope_net::onnx::Attributes;
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
        let stays = match (node.op_type.as_str(), moves(draft, node)) {
            ("Div", _) => "the values keep their order and their signs without it",
            (_, true) => "the output has its values in the order of the layer before",
            (_, false) => continue,
        };
        draft.output.clone_from(input);
        let (ends, are) = match passed.as_slice() {
            [end] => (end.clone(), "is"),
            ends => (ends.join(", "), "are"),
        };
        draft
            .notes
            .push(format!("{ends} at the end {are} left off: {stays}"));
        passed.clear();
    }
}

/// Whether scores keep their order, or their values, through a node.
fn is_an_end(draft: &Draft<'_>, node: &NodeProto) -> bool {
    match node.op_type.as_str() {
        "Reshape" => !ends_composition(draft, node),
        "Transpose" | "Flatten" | "Softmax" | "LogSoftmax" | "Sigmoid" => true,
        "Div" => is_by_own_length(draft, node),
        _ => false,
    }
}

/// Whether a node divides values by their own norm, bounded from below and spread or not.
fn is_by_own_length(draft: &Draft<'_>, node: &NodeProto) -> bool {
    let [values, length] = node.input.as_slice() else {
        return false;
    };
    let mut length = length;
    while let Some(writer) = draft.writer(length) {
        match writer.op_type.as_str() {
            "ReduceL2" | "ReduceL1" => return writer.input.first() == Some(values),
            "Clip" | "Max" | "Expand" | "Add" | "Reshape" => {}
            _ => return false,
        }
        match writer.input.first() {
            Some(input) => length = input,
            None => return false,
        }
    }
    false
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
        Some("Transpose") => {
            let transpose = draft.writer(input);
            let order = transpose.map(|node| Attributes(node).ints("perm"));
            matches!(order, Some(Ok(Some([0, 2, 1, 3, 4] | [0, 1, 4, 2, 5, 3]))))
        }
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
            // A dense layer gives its outputs in the file's order, as it is.
            let is_vector = matches!(from.as_slice(), [1, _]);
            (from.len() == 4 || is_vector) && to != from && to != flat
        }
        _ => false,
    }
}
