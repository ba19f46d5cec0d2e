//! The chain that older files have for blocks of pixels that become channels, and back: a
//! Reshape takes a map apart, a Transpose turns the parts, and a Reshape joins them.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// The map at the beginning of such a chain, which ends in `node` and turns by `order`, and
/// the sizes into which it is taken apart.
pub fn turned_blocks(
    draft: &Draft<'_>,
    node: &NodeProto,
    order: [i64; 6],
) -> Option<(String, Vec<usize>)> {
    let transpose = draft.writer(node.input.first()?)?;
    let turns = Attributes(transpose).ints("perm").ok()??;
    let split = draft.writer(transpose.input.first()?)?;
    let is_chain = transpose.op_type == "Transpose" && split.op_type == "Reshape";
    if !is_chain || turns != order {
        return None;
    }
    let apart = draft.sizes(split.output.first()?)?.to_vec();
    Some((split.input.first()?.clone(), apart))
}
