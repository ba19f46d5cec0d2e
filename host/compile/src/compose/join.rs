//! Maps one below the other, or side by side: each among zeros in its place, and their sum.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::among_zeros::among_zeros;
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
        let after = whole.checked_sub(size)?.checked_sub(before)?;
        let placed = among_zeros(draft, node, "placed", &name, side, [before, after])?;
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
