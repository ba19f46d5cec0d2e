//! A map that is the same for every input: kernels take two activations, so that it is
//! made one, by a convolution of a single one whose window is the map.

use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;
use super::part::choice;

/// Sums, differences, products and quotients of a map and a constant map.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [first, second] = node.input.as_slice() else {
        return None;
    };
    let (x, constant, is_first) = match draft.sizes(first) {
        Some(_) => (first, second, false),
        None => (second, first, true),
    };
    let [channels, height, width] = draft.map(x)?;
    let dims = draft.constant_sizes(constant)?;
    let dims: Vec<usize> = dims.iter().map(|&size| size as usize).collect();
    let lead = dims.len().checked_sub(3)?;
    let is_spread = dims[lead] == 1;
    let is_map = dims[..lead].iter().all(|&size| size == 1)
        && (is_spread || dims[lead] == channels)
        && dims[lead + 1..] == [height, width];
    // A dense layer takes a factor and a summand for each value into its weights.
    if !is_map || height * width == 1 || (!is_spread && draft.graph.is_before_dense(node)) {
        return None;
    }
    let mut values = draft.values(constant)?;
    let op_type = match (node.op_type.as_str(), is_first) {
        ("Add", _) | ("Sub", true) => "Add",
        ("Sub", false) => {
            values.iter_mut().for_each(|value| *value = -*value);
            "Add"
        }
        ("Mul", _) => "Mul",
        ("Div", false) => {
            values.iter_mut().for_each(|value| *value = value.recip());
            "Mul"
        }
        _ => return None,
    };
    let x = if node.op_type == "Sub" && is_first {
        super::spread::negative(draft, node, x, &[1, channels, height, width])
    } else {
        x.clone()
    };
    let shape = [dims[lead], height, width];
    let map = constant_map(draft, node, &x, shape, &values)?;
    draft.end(node, [op_type, &x, &map], Vec::new())
}

/// A map that has the `values`, `[C, H, W]`, whatever the map `x` is, which has as many
/// rows, columns, and channels where `values` has more than one; over all channels of `x`.
pub fn constant_map(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    x: &str,
    [channels, height, width]: [usize; 3],
    values: &[f32],
) -> Option<String> {
    let [all, ..] = draft.map(x)?;
    // One place of the map, or of its first channel, and then one in the place of its value.
    let mut one = x.to_owned();
    let attributes = vec![
        ints("kernel_shape", &[1, 1]),
        ints("strides", &[height, width]),
    ];
    let parts = ["MaxPool", &one, ""];
    one = draft.add(node, "corner", parts, attributes, &[1, all, 1, 1]);
    if channels != all {
        let first = choice(draft, node, all, std::iter::once(Some(0)))?;
        one = draft.add(
            node,
            "first",
            ["Conv", &one, &first],
            Vec::new(),
            &[1, 1, 1, 1],
        );
    }
    let sizes = [1, channels, 1, 1];
    let bound = draft.floats(node, "one", &[], vec![1.0]);
    let least = draft.add(node, "least", ["Max", &one, &bound], Vec::new(), &sizes);
    one = draft.add(node, "ones", ["Min", &least, &bound], Vec::new(), &sizes);
    // The window begins before the only place, so that its last tap is the first value.
    let turned = values.chunks_exact(height * width);
    let turned = turned.flat_map(|map| map.iter().rev().copied()).collect();
    let weights = draft.floats(node, "map", &[channels, 1, height, width], turned);
    let [below, right] = [height - 1, width - 1];
    let attributes = vec![
        ints("pads", &[below, right, below, right]),
        int("group", channels as i64),
    ];
    let parts = ["Conv", &one, &weights];
    let map = draft.add(
        node,
        "constant",
        parts,
        attributes,
        &[1, channels, height, width],
    );
    if channels == all {
        return Some(map);
    }
    let ones = draft.floats(node, "channels", &[all, 1, 1, 1], vec![1.0; all]);
    let sizes = [1, all, height, width];
    Some(draft.add(node, "spread", ["Conv", &map, &ones], Vec::new(), &sizes))
}
