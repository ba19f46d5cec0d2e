//! A map among zeros: a convolution by a window so wide that it reaches the map wherever it
//! lies, with a single one.

use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// The map `x` with zeros before and after it, rows on side 0 and columns on side 1; `what` is
/// in its name.
pub fn among_zeros(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    what: &str,
    x: &str,
    side: usize,
    [before, after]: [usize; 2],
) -> Option<String> {
    let [channels, height, width] = draft.map(x)?;
    let around = before + after;
    let mut sizes = [1, channels, height, width];
    *sizes.get_mut(side + 2)? += around;
    let mut one = vec![0.0; around + 1];
    *one.get_mut(after)? = 1.0;
    let (mut kernel, mut pads) = ([1, 1], [0; 4]);
    kernel[side] = around + 1;
    (pads[side], pads[side + 2]) = (around, around);
    let dims = [channels, 1, kernel[0], kernel[1]];
    let weights = draft.floats(node, "place", &dims, one.repeat(channels));
    let attributes = vec![ints("pads", &pads), int("group", channels as i64)];
    Some(draft.add(node, what, ["Conv", x, &weights], attributes, &sizes))
}
