//! Maxima over channels: as the pixels of a block they are under one window.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use super::part::choice;

/// Composes a ReduceMax of a map over its channels alone.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let [_, height, width] = draft.map(&x)?;
    let axes = match node.input.get(1) {
        Some(axes) => draft.integers(axes)?,
        None => Attributes(node).ints("axes").ok()??.to_vec(),
    };
    let made = draft.sizes(node.output.first()?)?;
    if axes != [1] || made != [1, 1, height, width] {
        return None;
    }
    let made = maximum(draft, node, &x)?;
    draft.rename(node, &made)
}

/// The maximum over the channels of a map at each place, `[1, 1, H, W]`.
pub fn maximum(draft: &mut Draft<'_>, node: &NodeProto, x: &str) -> Option<String> {
    let [channels, height, width] = draft.map(x)?;
    let block = (1..).find(|block| block * block >= channels)?;
    let pixels = block * block;
    let mut map = x.to_owned();
    if pixels > channels {
        // The last channel once more changes no maximum.
        let chosen = (0..pixels).map(|at| Some(at.min(channels - 1)));
        let weights = choice(draft, node, channels, chosen)?;
        let sizes = [1, pixels, height, width];
        let parts = ["Conv", &map, &weights];
        map = draft.add(node, "channels", parts, Vec::new(), &sizes);
    }
    let sizes = [1, 1, height * block, width * block];
    let blocks = vec![int("blocksize", block as i64)];
    let parts = ["DepthToSpace", &map, ""];
    map = draft.add(node, "blocks", parts, blocks, &sizes);
    let window = vec![
        ints("kernel_shape", &[block; 2]),
        ints("strides", &[block; 2]),
    ];
    let parts = ["MaxPool", &map, ""];
    let sizes = [1, 1, height, width];
    Some(draft.add(node, "maximum", parts, window, &sizes))
}
