//! Roots and logarithms of numbers that are never below zero: their int8 begin at zero, where
//! a logarithm, or the inverse of a root, is not finite.

use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Below every variance and every probability that counts.
const LEAST: f32 = 1e-12;

/// Composes a power whose exponent is no whole number: of nothing less than [`LEAST`].
pub fn compose_power(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [x, exponent] = node.input.as_slice() else {
        return None;
    };
    if draft.number(exponent)?.fract() == 0.0 {
        return None;
    }
    let sizes = draft.sizes(x)?.to_vec();
    let bounded = bounded(draft, node, x, &sizes);
    draft.end(node, ["Pow", &bounded, exponent], Vec::new())
}

/// Composes a Sqrt or Log: of nothing less than [`LEAST`].
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let sizes = draft.sizes(x)?.to_vec();
    let bounded = bounded(draft, node, x, &sizes);
    draft.end(node, [&node.op_type, &bounded, ""], Vec::new())
}

/// `max(x, LEAST)`.
pub fn bounded(draft: &mut Draft<'_>, node: &NodeProto, x: &str, sizes: &[usize]) -> String {
    let least = draft.floats(node, "least_positive", &[], vec![LEAST]);
    draft.add(node, "positive", ["Max", x, &least], Vec::new(), sizes)
}
