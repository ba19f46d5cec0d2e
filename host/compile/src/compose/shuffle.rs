//! Channels in another order: a convolution of one by one. ShuffleNet mixes its groups (Zhang
//! et al. 2018, section 3.1) by Reshape, Transpose, Reshape.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use super::part::choice;

/// Composes a Reshape to a map that ends such a chain.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [outputs, height, width] = draft.map(node.output.first()?)?;
    let transpose = draft.writer(node.input.first()?)?;
    if transpose.op_type != "Transpose" {
        return None;
    }
    let split = draft.writer(transpose.input.first()?)?;
    let x = split.input.first()?.clone();
    let [channels, rows, columns] = draft.map(&x)?;
    let groups = draft.sizes(split.output.first()?)?.to_vec();
    if split.op_type != "Reshape" || [channels, rows, columns] != [outputs, height, width] {
        return None;
    }
    let order = Attributes(transpose).ints("perm").ok()??;
    let &[1, first, second, _, _] = groups.as_slice() else {
        return None;
    };
    if order != [0, 2, 1, 3, 4] || groups[3..] != [height, width] {
        return None;
    }
    let chosen = (0..channels).map(|at| Some(at % first * second + at / first));
    let weights = choice(draft, node, channels, chosen)?;
    draft.end(node, ["Conv", &x, &weights], Vec::new())
}

/// Composes a Gather of a map's channels in any order.
pub fn compose_gather(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [x, indices] = node.input.as_slice() else {
        return None;
    };
    let [channels, ..] = draft.map(x)?;
    let axis = Attributes(node).int("axis", 0).ok()?;
    let is_list = draft.constant_sizes(indices)?.len() == 1;
    if !(axis == 1 || axis == -3) || !is_list {
        return None;
    }
    let mut chosen = Vec::new();
    for index in draft.integers(indices)? {
        let counted = if index < 0 {
            index + channels as i64
        } else {
            index
        };
        chosen.push(Some(usize::try_from(counted).ok()?));
    }
    let weights = choice(draft, node, channels, chosen.into_iter())?;
    draft.end(node, ["Conv", x, &weights], Vec::new())
}
