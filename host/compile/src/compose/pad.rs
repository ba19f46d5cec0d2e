//! Zeros around a map that no window after it takes in: a convolution whose weights are
//! zero and one.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use super::part::choice;

/// Composes a Pad with zeros.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let [channels, height, width] = draft.map(&x)?;
    let mode = Attributes(node).text("mode").ok()?.unwrap_or("constant");
    if mode != "constant" || draft.number(node.input.get(2)?)? != 0.0 {
        return None;
    }
    let pads = draft.integers(node.input.get(1)?)?;
    let pads: Vec<usize> = pads
        .iter()
        .map(|&pad| usize::try_from(pad).ok())
        .collect::<Option<_>>()?;
    let &[0, front, top, left, 0, back, bottom, right] = pads.as_slice() else {
        return None;
    };
    let around = [top, left, bottom, right];
    let mut from = x;
    if front + back > 0 {
        let own = (0..channels).map(Some);
        let chosen = std::iter::repeat_n(None, front).chain(own);
        let chosen = chosen.chain(std::iter::repeat_n(None, back));
        let weights = choice(draft, node, channels, chosen)?;
        if around == [0; 4] {
            return draft.end(node, ["Conv", &from, &weights], Vec::new());
        }
        let sizes = [1, front + channels + back, height, width];
        from = draft.add(
            node,
            "channels",
            ["Conv", &from, &weights],
            Vec::new(),
            &sizes,
        );
    }
    let channels = front + channels + back;
    // Each window is so wide that it reaches the map, wherever it lies.
    let [rows, columns] = [top + bottom, left + right];
    let kernel = [rows + 1, columns + 1];
    let mut one = vec![0.0; kernel[0].checked_mul(kernel[1])?];
    *one.get_mut(bottom * kernel[1] + right)? = 1.0;
    let weights = one.repeat(channels);
    let weights = draft.floats(node, "place", &[channels, 1, kernel[0], kernel[1]], weights);
    let attributes = vec![
        ints("pads", &[rows, columns, rows, columns]),
        int("group", channels as i64),
    ];
    draft.end(node, ["Conv", &from, &weights], attributes)
}
