//! PRelu with a slope for each channel: `max(x, 0) + slope · min(x, 0)`.

use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Composes a PRelu; one with a single slope is a table.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [x, slope] = node.input.as_slice() else {
        return None;
    };
    let sizes = draft.sizes(x)?.to_vec();
    let count: i64 = draft.constant_sizes(slope)?.iter().product();
    if count <= 1 || count as usize != *sizes.get(1)? {
        return None;
    }
    let above = draft.add(node, "above", ["Relu", x, ""], Vec::new(), &sizes);
    let zero = draft.floats(node, "zero", &[], vec![0.0]);
    let below = draft.add(node, "below", ["Min", x, &zero], Vec::new(), &sizes);
    let sloped = draft.add(node, "sloped", ["Mul", &below, slope], Vec::new(), &sizes);
    draft.end(node, ["Add", &above, &sloped], Vec::new())
}
