//! Shares of one over the channels of each place: exponentials of what is below the greatest
//! channel, over their sum.

use tract_onnx::pb::NodeProto;

use super::channel_maximum::maximum;
use super::draft::Draft;
use super::spread::{negative, over};

/// Composes a Softmax of a map over its channels that is not the last operator.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let output = node.output.first()?;
    let x = node.input.first()?.clone();
    let [channels, height, width] = draft.map(&x)?;
    if *output == draft.output || channels < 2 {
        return None;
    }
    let sizes = [1, channels, height, width];
    let greatest = maximum(draft, node, &x)?;
    let minus = negative(draft, node, &greatest, &[1, 1, height, width]);
    let minus = over(draft, node, "greatest", &minus, &sizes)?;
    let parts = ["Add", &x, &minus];
    let below = draft.add(node, "below", parts, Vec::new(), &sizes);
    let power = draft.add(node, "power", ["Exp", &below, ""], Vec::new(), &sizes);
    let dims = [channels, channels, 1, 1];
    let ones = draft.floats(node, "ones", &dims, vec![1.0; channels * channels]);
    let sum = draft.add(node, "sum", ["Conv", &power, &ones], Vec::new(), &sizes);
    // The greatest channel is 1 in it.
    let least = draft.floats(node, "least", &[], vec![1.0]);
    let sum = draft.add(node, "from_one", ["Max", &sum, &least], Vec::new(), &sizes);
    let parts = ["Reciprocal", &sum, ""];
    let inverse = draft.add(node, "inverse", parts, Vec::new(), &sizes);
    draft.end(node, ["Mul", &power, &inverse], Vec::new())
}
