//! Local response normalisation (Krizhevsky et al. 2012, section 3.3): the sum of squares
//! is a convolution of one by one, and what follows it a table.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::bounded::bounded;
use super::draft::Draft;
use super::normalise::squares;

/// Composes an LRN of a map: `x · (bias + alpha / size · Σ x²)^-beta`.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let [channels, height, width] = draft.map(x)?;
    let attributes = Attributes(node);
    let size = usize::try_from(attributes.int("size", 0).ok()?).ok()?;
    let before = size.checked_sub(1)? / 2;
    let alpha = attributes.float("alpha", 1e-4).ok()?;
    let beta = attributes.float("beta", 0.75).ok()?;
    let bias = attributes.float("bias", 1.0).ok()?;
    let whole = [1, channels, height, width];
    let squares = squares(draft, node, x, &whole);
    let weights = (0..channels * channels).map(|at| {
        let (output, input) = (at / channels, at % channels);
        let is_near = input + before >= output && input + before < output + size;
        if is_near { alpha / size as f32 } else { 0.0 }
    });
    let dims = [channels, channels, 1, 1];
    let weights = draft.floats(node, "neighbours", &dims, weights.collect());
    let parts = ["Conv", &squares, &weights];
    let sum = draft.add(node, "sum", parts, Vec::new(), &whole);
    let bias = draft.floats(node, "bias", &[], vec![bias]);
    let moved = draft.add(node, "moved", ["Add", &sum, &bias], Vec::new(), &whole);
    // A power of a positive number.
    let positive = bounded(draft, node, &moved, &whole);
    let parts = ["Log", &positive, ""];
    let log = draft.add(node, "log", parts, Vec::new(), &whole);
    let exponent = draft.floats(node, "exponent", &[], vec![-beta]);
    let parts = ["Mul", &log, &exponent];
    let times = draft.add(node, "times", parts, Vec::new(), &whole);
    let factor = draft.add(node, "factor", ["Exp", &times, ""], Vec::new(), &whole);
    draft.end(node, ["Mul", x, &factor], Vec::new())
}
