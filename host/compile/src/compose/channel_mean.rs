//! Means and sums over channels: a convolution of one by one, where it goes over rows and
//! columns as well of their means.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::bounded::bounded;
use super::draft::Draft;
use super::normalise::squares;

/// Composes a ReduceMean or ReduceSum of a map over its channels, and a ReduceMean over all.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let [channels, height, width] = draft.map(x)?;
    let axes = match node.input.get(1) {
        Some(axes) => draft.integers(axes)?,
        None => Attributes(node).ints("axes").ok()??.to_vec(),
    };
    let made = draft.sizes(node.output.first()?)?;
    let is_of_all = axes == [1, 2, 3] && made == [1; 4];
    let is_of_places = axes == [1] && made == [1, 1, height, width];
    if is_of_all && node.op_type == "ReduceMean" {
        let parts = ["GlobalAveragePool", x, ""];
        let means = draft.add(node, "means", parts, Vec::new(), &[1, channels, 1, 1]);
        let dims = [1, channels, 1, 1];
        let share = vec![1.0 / channels as f32; channels];
        let weights = draft.floats(node, "weights", &dims, share);
        return draft.end(node, ["Conv", &means, &weights], Vec::new());
    }
    if !is_of_places {
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

/// Composes a ReduceL2 of a map over its channels: the root of a sum of squares.
pub fn compose_length(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let [channels, height, width] = draft.map(x)?;
    let axes = match node.input.get(1) {
        Some(axes) => draft.integers(axes)?,
        None => Attributes(node).ints("axes").ok()??.to_vec(),
    };
    let sizes = [1, 1, height, width];
    if !(axes == [1] || axes == [-3]) || draft.sizes(node.output.first()?)? != sizes {
        return None;
    }
    let squares = squares(draft, node, x, &[1, channels, height, width]);
    let ones = draft.floats(node, "ones", &[1, channels, 1, 1], vec![1.0; channels]);
    let parts = ["Conv", &squares, &ones];
    let sum = draft.add(node, "sum", parts, Vec::new(), &sizes);
    let sum = bounded(draft, node, &sum, &sizes);
    draft.end(node, ["Sqrt", &sum, ""], Vec::new())
}
