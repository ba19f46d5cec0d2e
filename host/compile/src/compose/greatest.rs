//! The greater and the smaller of two activations: `b + max(a - b, 0)` and
//! `a - max(a - b, 0)`.

use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use super::spread::negative;

/// Composes a Max or Min of two activations of the same sizes.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [first, second] = node.input.as_slice() else {
        return None;
    };
    let sizes = draft.sizes(first)?.to_vec();
    if draft.sizes(second)? != sizes {
        return None;
    }
    let minus_second = negative(draft, node, second, &sizes);
    let parts = ["Add", first, &minus_second];
    let difference = draft.add(node, "difference", parts, Vec::new(), &sizes);
    let parts = ["Relu", &difference, ""];
    let excess = draft.add(node, "excess", parts, Vec::new(), &sizes);
    if node.op_type == "Max" {
        return draft.end(node, ["Add", second, &excess], Vec::new());
    }
    let minus_excess = negative(draft, node, &excess, &sizes);
    draft.end(node, ["Add", first, &minus_excess], Vec::new())
}
