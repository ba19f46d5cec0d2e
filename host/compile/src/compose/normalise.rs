//! Normalisation by the mean and the variance of the input itself: means are poolings or
//! products, `1 / √(v + ε)` is a table.

use cortexscope_net::onnx::Attributes;
use tract_onnx::pb::NodeProto;

use super::bounded::bounded;
use super::draft::Draft;
use super::spread::{negative, over};

/// ONNX's default ε of both operators.
const EPSILON: f32 = 1e-5;

/// Composes an InstanceNormalization of a map.
pub fn compose_instance(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let [channels, ..] = draft.map(x)?;
    let scale = draft.values(node.input.get(1)?)?;
    let shift = draft.values(node.input.get(2)?)?;
    let epsilon = epsilon(node)?;
    of_map(draft, node, x, channels, epsilon, [scale, shift])
}

/// Composes what exporters write for group normalisation (Wu and He 2018): Reshape, so
/// that each group is one channel, InstanceNormalization, and the Reshape back, `node`.
pub fn compose_groups(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let made = draft.map(node.output.first()?)?;
    let norm = draft.writer(node.input.first()?)?;
    if norm.op_type != "InstanceNormalization" {
        return None;
    }
    let grouped = norm.input.first()?;
    let [groups, ..] = draft.map(grouped)?;
    let split = draft
        .writer(grouped)
        .filter(|split| split.op_type == "Reshape")?;
    let x = split.input.first()?;
    let shape = draft.map(x)?;
    let [channels, ..] = shape;
    if shape != made || !channels.is_multiple_of(groups) {
        return None;
    }
    let mut parameters = Vec::new();
    for operand in norm.input.get(1..3)? {
        let of_group = draft.values(operand)?;
        let each = of_group.iter();
        parameters.push(
            each.flat_map(|&value| vec![value; channels / groups])
                .collect(),
        );
    }
    let parameters: [Vec<f32>; 2] = parameters.try_into().ok()?;
    of_map(draft, node, x, groups, epsilon(norm)?, parameters)
}

/// Composes a LayerNormalization of a vector.
pub fn compose_layer(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?;
    let sizes = draft.sizes(x)?.to_vec();
    let &[1, features] = sizes.as_slice() else {
        return None;
    };
    let axis = Attributes(node).int("axis", -1).ok()?;
    if axis != -1 && axis != 1 {
        return None;
    }
    let epsilon = epsilon(node)?;
    let share = vec![1.0 / features as f32; features];
    let share = draft.floats(node, "share", &[features, 1], share);
    let mean = draft.add(node, "mean", ["MatMul", x, &share], Vec::new(), &[1, 1]);
    let minus_mean = negative(draft, node, &mean, &[1, 1]);
    let minus_mean = over(draft, node, "mean", &minus_mean, &sizes)?;
    let parts = ["Add", x, &minus_mean];
    let centred = draft.add(node, "centred", parts, Vec::new(), &sizes);
    let squares = squares(draft, node, &centred, &sizes);
    let parts = ["MatMul", &squares, &share];
    let variance = draft.add(node, "variance", parts, Vec::new(), &[1, 1]);
    let factor = inverse_root(draft, node, &variance, epsilon, &[1, 1]);
    let factor = over(draft, node, "factor", &factor, &sizes)?;
    let parts = ["Mul", &centred, &factor];
    let scale = node.input.get(1)?;
    match node.input.get(2).filter(|shift| !shift.is_empty()) {
        None => {
            let normal = draft.add(node, "normal", parts, Vec::new(), &sizes);
            draft.end(node, ["Mul", &normal, scale], Vec::new())
        }
        Some(shift) => {
            let normal = draft.add(node, "normal", parts, Vec::new(), &sizes);
            let parts = ["Mul", &normal, scale];
            let scaled = draft.add(node, "scaled", parts, Vec::new(), &sizes);
            draft.end(node, ["Add", &scaled, shift], Vec::new())
        }
    }
}

/// The map `x`, each of `groups` groups of its channels brought to mean 0 and variance 1,
/// times a scale and plus a shift for each channel.
fn of_map(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    x: &str,
    groups: usize,
    epsilon: f32,
    [scale, shift]: [Vec<f32>; 2],
) -> Option<()> {
    let [channels, height, width] = draft.map(x)?;
    if scale.len() != channels || shift.len() != channels {
        return None;
    }
    let (whole, point) = ([1, channels, height, width], [1, channels, 1, 1]);
    let mean = mean(draft, node, "mean", x, channels, groups);
    let minus_mean = negative(draft, node, &mean, &point);
    let minus_mean = over(draft, node, "mean", &minus_mean, &whole)?;
    let parts = ["Add", x, &minus_mean];
    let centred = draft.add(node, "centred", parts, Vec::new(), &whole);
    let squares = squares(draft, node, &centred, &whole);
    let variance = self::mean(draft, node, "variance", &squares, channels, groups);
    let factor = inverse_root(draft, node, &variance, epsilon, &point);
    let scale = draft.floats(node, "scale", &[channels, 1, 1], scale);
    let parts = ["Mul", &factor, &scale];
    let factor = draft.add(node, "scaled", parts, Vec::new(), &point);
    let factor = over(draft, node, "factor", &factor, &whole)?;
    let parts = ["Mul", &centred, &factor];
    let normal = draft.add(node, "normal", parts, Vec::new(), &whole);
    let shift = draft.floats(node, "shift", &[channels, 1, 1], shift);
    draft.end(node, ["Add", &normal, &shift], Vec::new())
}

/// The mean of a map over its places and the channels of each group, for each channel.
fn mean(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    what: &str,
    x: &str,
    channels: usize,
    groups: usize,
) -> String {
    let sizes = [1, channels, 1, 1];
    let parts = ["GlobalAveragePool", x, ""];
    let mean = draft.add(node, what, parts, Vec::new(), &sizes);
    if groups == channels {
        return mean;
    }
    let own = channels / groups;
    let shares = (0..channels * channels).map(|at| {
        let (output, input) = (at / channels, at % channels);
        let is_own = output / own == input / own;
        if is_own { 1.0 / own as f32 } else { 0.0 }
    });
    let shares = draft.floats(
        node,
        "shares",
        &[channels, channels, 1, 1],
        shares.collect(),
    );
    let what = format!("{what}_of_group");
    draft.add(node, &what, ["Conv", &mean, &shares], Vec::new(), &sizes)
}

/// `x²`.
pub fn squares(draft: &mut Draft<'_>, node: &NodeProto, x: &str, sizes: &[usize]) -> String {
    let two = draft.floats(node, "two", &[], vec![2.0]);
    draft.add(node, "squares", ["Pow", x, &two], Vec::new(), sizes)
}

/// `1 / √(x + ε)`.
fn inverse_root(
    draft: &mut Draft<'_>,
    node: &NodeProto,
    x: &str,
    epsilon: f32,
    sizes: &[usize],
) -> String {
    let epsilon = draft.floats(node, "epsilon", &[], vec![epsilon]);
    let moved = draft.add(node, "moved", ["Add", x, &epsilon], Vec::new(), sizes);
    let moved = bounded(draft, node, &moved, sizes);
    let root = draft.add(node, "root", ["Sqrt", &moved, ""], Vec::new(), sizes);
    draft.add(
        node,
        "inverse",
        ["Reciprocal", &root, ""],
        Vec::new(),
        sizes,
    )
}

fn epsilon(node: &NodeProto) -> Option<f32> {
    let epsilon = Attributes(node).float("epsilon", EPSILON).ok()?;
    (epsilon > 0.0).then_some(epsilon)
}
