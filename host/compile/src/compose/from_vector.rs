//! A vector that becomes a map. A square one, as decoders and generators begin, is one pixel
//! whose channels become all pixels: a board has a pixel's channels together, so that the
//! dense layer before it gives its outputs in another order. Others have to be small.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use cortexscope_net::reader::{Board, OPERATORS};
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Composes a Reshape to a square map of what a dense layer, and functions of each value
/// after it, give.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let &[1, features] = draft.sizes(x)? else {
        return None;
    };
    let [channels, rows, columns] = draft.map(node.output.first()?)?;
    if rows != columns || rows < 2 {
        return None;
    }
    let pixels = rows * columns;
    // Where in the file's order each value of the board's lies.
    let order: Vec<usize> = (0..features)
        .map(|at| at % channels * pixels + at / channels)
        .collect();
    let mut chain = Vec::new();
    let mut name = x.clone();
    loop {
        let writer = draft.writer(&name)?;
        chain.push(writer);
        if matches!(writer.op_type.as_str(), "Gemm" | "MatMul") {
            break;
        }
        name = activation(draft, writer)?;
    }
    let dense = chain.pop()?;
    let mut last = draft.activation_of(dense)?;
    last = dense_in_order(draft, dense, last, &order)?;
    for function in chain.into_iter().rev() {
        last = in_order(draft, function, &last, &order)?;
    }
    let sizes = [1, features, 1, 1];
    let to = draft.integer_list(node, "pixel.sizes", &[1, features as i64, 1, 1]);
    let parts = ["Reshape", &last, &to];
    let pixel = draft.add(node, "pixel", parts, Vec::new(), &sizes);
    let blocks = vec![int("blocksize", rows as i64)];
    draft.end(node, ["DepthToSpace", &pixel, ""], blocks)
}

/// Weights of a convolution that makes rows of a vector.
const MOST_WEIGHTS: usize = 1 << 18;

/// Composes a Reshape to any small map of what a dense layer, and functions of each value
/// after it, give: a convolution whose window is the map, with a one for each value.
pub fn compose_rows(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let &[1, features] = draft.sizes(&x)? else {
        return None;
    };
    let [channels, rows, columns] = draft.map(node.output.first()?)?;
    let places = rows * columns;
    let count = features.checked_mul(features)?;
    if places < 2 || count > MOST_WEIGHTS {
        return None;
    }
    let mut name = x.clone();
    loop {
        let writer = draft.writer(&name)?;
        if matches!(writer.op_type.as_str(), "Gemm" | "MatMul") {
            break;
        }
        name = activation(draft, writer)?;
    }
    let mut values = vec![0.0; count];
    for feature in 0..features {
        let (channel, place) = (feature / places, feature % places);
        // The window begins before the only place, so that its last tap is the first value.
        *values.get_mut((channel * features + feature) * places + places - 1 - place)? = 1.0;
    }
    let to = draft.integer_list(node, "point.sizes", &[1, features as i64, 1, 1]);
    let parts = ["Reshape", &x, &to];
    let point = draft.add(node, "point", parts, Vec::new(), &[1, features, 1, 1]);
    let weights = draft.floats(node, "rows", &[channels, features, rows, columns], values);
    let [below, right] = [rows - 1, columns - 1];
    let pads = vec![ints("pads", &[below, right, below, right])];
    draft.end(node, ["Conv", &point, &weights], pads)
}

/// The one activation that a function of each value reads.
fn activation(draft: &Draft<'_>, node: &NodeProto) -> Option<String> {
    let known = OPERATORS.iter().find(|known| known.name == node.op_type)?;
    let is_of_each = matches!(known.board, Board::Table | Board::Folded | Board::Combined);
    is_of_each.then(|| draft.activation_of(node)).flatten()
}

/// A node once more, that reads `last` in another order.
fn in_order(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    last: &str,
    order: &[usize],
) -> Option<String> {
    let mut inputs = Vec::with_capacity(node.input.len());
    for input in &node.input {
        inputs.push(match draft.constant_sizes(input) {
            Some(dims) => {
                let dims: Vec<usize> = dims.iter().map(|&size| size as usize).collect();
                each_in_order(draft, node, input, &dims, order)?
            }
            None if input.is_empty() => String::new(),
            None => last.to_owned(),
        });
    }
    Some(draft.again(node, inputs, &[1, order.len()]))
}

/// A constant of one value, or of one for each feature, in another order.
fn each_in_order(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    name: &str,
    dims: &[usize],
    order: &[usize],
) -> Option<String> {
    let count: usize = dims.iter().product();
    if count == 1 {
        return Some(name.to_owned());
    }
    if count != order.len() || dims.last() != Some(&count) {
        return None;
    }
    let values = draft.values(name)?;
    let turned = order.iter().map(|&at| values[at]).collect();
    Some(draft.floats(node, "order", dims, turned))
}

/// The dense layer once more, its outputs in another order.
fn dense_in_order(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    x: String,
    order: &[usize],
) -> Option<String> {
    let weights = node.input.get(1)?;
    let dims: Vec<usize> = draft
        .constant_sizes(weights)?
        .iter()
        .map(|&size| size as usize)
        .collect();
    let is_turned = node.op_type == "Gemm" && Attributes(node).int("transB", 0).ok()? != 0;
    let (&[outer, inner], values) = (dims.as_slice(), draft.values(weights)?) else {
        return None;
    };
    let outputs = if is_turned { outer } else { inner };
    if outputs != order.len() {
        return None;
    }
    let turned: Vec<f32> = if is_turned {
        let rows = order.iter().map(|&at| &values[at * inner..][..inner]);
        rows.flatten().copied().collect()
    } else {
        let rows = values.chunks_exact(inner);
        rows.flat_map(|row| order.iter().map(|&at| row[at]))
            .collect()
    };
    let mut inputs = vec![x, draft.floats(node, "weights", &dims, turned)];
    if let Some(bias) = node.input.get(2).filter(|bias| !bias.is_empty()) {
        let dims = draft.constant_sizes(bias)?.iter();
        let dims: Vec<usize> = dims.map(|&size| size as usize).collect();
        inputs.push(each_in_order(draft, node, bias, &dims, order)?);
    }
    Some(draft.again(node, inputs, &[1, order.len()]))
}
