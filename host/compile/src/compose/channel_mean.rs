//! Means and sums over channels: a convolution of one by one.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Composes a ReduceMean or ReduceSum of a map over its channels alone.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let [channels, height, width] = draft.map(x)?;
    let axes = match node.input.get(1) {
        Some(axes) => draft.integers(axes)?,
        None => Attributes(node).ints("axes").ok()??.to_vec(),
    };
    let made = draft.sizes(node.output.first()?)?;
    if axes != [1] || made != [1, 1, height, width] {
        return None;
    }
    let weight = if node.op_type == "ReduceMean" {
        1.0 / channels as f32
    } else {
        1.0
    };
    let dims = [1, channels, 1, 1];
    let weights = draft.floats(node, "weights", &dims, vec![weight; channels]);
    draft.end(node, ["Conv", x, &weights], Vec::new())
}
