//! Sums, differences, products and quotients of two activations, also of different sizes:
//! kernels take two of the same sizes, add and multiply.

use cortexscope_net::onnx::builder::ints;
use tract_onnx::pb::NodeProto;

use super::draft::Draft;

/// Composes an Add, Sum, Sub, Mul or Div of two activations that is none yet.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let [first, second] = node.input.as_slice() else {
        return None;
    };
    let sizes = [draft.sizes(first)?, draft.sizes(second)?].map(<[usize]>::to_vec);
    let is_same = sizes[0] == sizes[1];
    if is_same && matches!(node.op_type.as_str(), "Add" | "Sum" | "Mul") {
        return None;
    }
    let whole = together(&sizes)?;
    if node.op_type == "Div" {
        let first = over(draft, node, "first", first, &whole)?;
        let parts = ["Reciprocal", second.as_str(), ""];
        let inverse = draft.add(node, "inverse", parts, Vec::new(), &sizes[1]);
        let inverse = over(draft, node, "second", &inverse, &whole)?;
        return draft.end(node, ["Mul", &first, &inverse], Vec::new());
    }
    let first = over(draft, node, "first", first, &whole)?;
    let second = over(draft, node, "second", second, &whole)?;
    if node.op_type != "Sub" {
        let op_type = if node.op_type == "Mul" { "Mul" } else { "Add" };
        return draft.end(node, [op_type, &first, &second], Vec::new());
    }
    let negative = negative(draft, node, &second, &whole);
    draft.end(node, ["Add", &first, &negative], Vec::new())
}

/// Composes an Expand of one row, column or channel.
pub fn compose_expand(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let whole = draft.sizes(node.output.first()?)?.to_vec();
    let spread = over(draft, node, "value", x, &whole)?;
    draft.rename(node, &spread)
}

/// `-x`, as a product that the layer before can take in.
pub fn negative(draft: &mut Draft<'_>, node: &NodeProto, x: &str, sizes: &[usize]) -> String {
    let minus = draft.floats(node, "minus", &[], vec![-1.0]);
    draft.add(node, "negative", ["Mul", x, &minus], Vec::new(), sizes)
}

/// The sizes of both, where each axis is the same or one.
fn together([first, second]: &[Vec<usize>; 2]) -> Option<Vec<usize>> {
    if first.len() != second.len() {
        return None;
    }
    let both = first.iter().zip(second);
    both.map(|(&a, &b)| (a == b || a == 1 || b == 1).then(|| a.max(b)))
        .collect()
}

/// `x` over all of `whole`: one row and column over a map is a maximum over padding and
/// itself, one channel over several a convolution with ones.
pub fn over(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    which: &str,
    x: &str,
    whole: &[usize],
) -> Option<String> {
    let sizes = draft.sizes(x)?.to_vec();
    if sizes == whole {
        return Some(x.to_owned());
    }
    match (sizes.as_slice(), whole) {
        (&[1, 1], &[1, features]) => {
            let ones = draft.floats(
                node,
                &format!("{which}_ones"),
                &[1, features],
                vec![1.0; features],
            );
            let what = format!("{which}_spread");
            Some(draft.add(node, &what, ["MatMul", x, &ones], Vec::new(), whole))
        }
        (&[1, channels, height, width], &[1, all, rows, columns]) => {
            let mut spread = x.to_owned();
            if channels != all {
                let ones = format!("{which}_ones");
                let ones = draft.floats(node, &ones, &[all, 1, 1, 1], vec![1.0; all]);
                let what = format!("{which}_channels");
                let sizes = [1, all, height, width];
                spread = draft.add(node, &what, ["Conv", &spread, &ones], Vec::new(), &sizes);
            }
            if [height, width] != [rows, columns] {
                let kernel = [rows + 1 - height, columns + 1 - width];
                let [below, right] = kernel.map(|side| side - 1);
                // Of several rows and one column each row keeps its place.
                let attributes = vec![
                    ints("kernel_shape", &kernel),
                    ints("pads", &[below, right, below, right]),
                ];
                let is_one = |own: usize, all: usize| own == 1 || own == all;
                if !is_one(height, rows) || !is_one(width, columns) {
                    return None;
                }
                let what = format!("{which}_spread");
                spread = draft.add(node, &what, ["MaxPool", &spread, ""], attributes, whole);
            }
            Some(spread)
        }
        _ => None,
    }
}
