//! Maps one below the other, or side by side: each among zeros in its place, and their sum.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Composes a Concat of maps along rows or columns.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let axis = Attributes(node).int("axis", 1).ok()?;
    let side = usize::try_from(axis).ok()?.checked_sub(2)?;
    let [channels, height, width] = draft.map(node.output.first()?)?;
    let whole = *[height, width].get(side)?;
    let mut parts = Vec::with_capacity(node.input.len());
    for name in &node.input {
        let [_, rows, columns] = draft.map(name)?;
        parts.push((name.clone(), [rows, columns][side]));
    }
    let sizes = [1, channels, height, width];
    let mut before = 0;
    let mut sum: Option<String> = None;
    let last = parts.len().checked_sub(1).filter(|&last| last > 0)?;
    for (index, (name, size)) in parts.into_iter().enumerate() {
        let around = whole.checked_sub(size)?;
        let after = around.checked_sub(before)?;
        // Each window is so wide that it reaches the map, wherever it lies.
        let mut one = vec![0.0; around + 1];
        *one.get_mut(after)? = 1.0;
        let (mut kernel, mut pads) = ([1, 1], [0; 4]);
        kernel[side] = around + 1;
        (pads[side], pads[side + 2]) = (around, around);
        let dims = [channels, 1, kernel[0], kernel[1]];
        let weights = draft.floats(node, "place", &dims, one.repeat(channels));
        let attributes = vec![ints("pads", &pads), int("group", channels as i64)];
        let placed = ["Conv", &name, &weights];
        let placed = draft.add(node, "placed", placed, attributes, &sizes);
        sum = Some(match sum {
            None => placed,
            Some(sum) if index == last => {
                return draft.end(node, ["Add", &sum, &placed], Vec::new());
            }
            Some(sum) => draft.add(node, "joined", ["Add", &sum, &placed], Vec::new(), &sizes),
        });
        before += size;
    }
    None
}
