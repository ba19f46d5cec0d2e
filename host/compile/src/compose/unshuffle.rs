//! Maps with whole blocks of pixels as channels: a convolution over each block, whose weights
//! are zero and one.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use super::turned_blocks::turned_blocks;

/// Composes a SpaceToDepth, which has the channels of a pixel together.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let [channels, ..] = draft.map(&x)?;
    let block = Attributes(node).int("blocksize", 0).ok()?;
    let block = usize::try_from(block).ok().filter(|&block| block > 0)?;
    let taps = block.checked_mul(block)?;
    let made = channels.checked_mul(taps)?;
    let mut values = vec![0.0; made.checked_mul(made)?];
    for output in 0..made {
        let (pixel, channel) = (output / channels, output % channels);
        *values.get_mut((output * channels + channel) * taps + pixel)? = 1.0;
    }
    let weights = draft.floats(node, "block", &[made, channels, block, block], values);
    let attributes = vec![ints("strides", &[block; 2])];
    draft.end(node, ["Conv", &x, &weights], attributes)
}

/// Composes a Reshape to a map that ends the chain which has the pixels of a channel
/// together: Reshape, Transpose, Reshape.
pub fn compose_chain(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [made, rows, columns] = draft.map(node.output.first()?)?;
    let (x, apart) = turned_blocks(draft, node, [0, 1, 3, 5, 2, 4])?;
    let [channels, height, _] = draft.map(&x)?;
    let block = height / rows;
    let taps = block.checked_mul(block)?;
    if apart != [1, channels, rows, block, columns, block] || made != channels.checked_mul(taps)? {
        return None;
    }
    let mut values = Vec::new();
    for output in 0..made {
        values.extend((0..taps).map(|tap| f32::from(tap == output % taps)));
    }
    let weights = draft.floats(node, "block", &[made, 1, block, block], values);
    let attributes = vec![ints("strides", &[block; 2]), int("group", channels as i64)];
    draft.end(node, ["Conv", &x, &weights], attributes)
}
