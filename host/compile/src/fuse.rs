//! Merges layers that become one on the board.
//!
//! - a factor and a summand, for all or per channel, go into the weights and
//!   bias of the convolution or dense layer before them;
//! - Relu and Clip become the saturation of the layer before them, also across
//!   a MaxPool or a DepthToSpace, with which they commute;
//! - element-wise functions that follow each other become one;
//! - a factor and a summand for each value go into the dense layer after them.
//!
//! Nothing is merged into a layer whose output another layer reads too.

use super::error::{CompileError, MAX_LAYERS, ModelError, Refusal};
use super::float_net::{Clamp, FloatLayer, FloatNet, FloatOp, Origin};
use super::network::Elementwise;
use super::scale_groups::ScaleGroups;

/// Merges what can be merged.
///
/// # Errors
/// What is left is too long, or does not end in logits.
pub fn fuse(mut net: FloatNet) -> Result<FloatNet, CompileError> {
    let mut index = 0;
    while index < net.layers.len() {
        // A merge brings the next layer to this place.
        if !merge(&mut net, index) {
            index += 1;
        }
    }
    let varies = |layer: &&FloatLayer| matches!(layer.op, FloatOp::ValueAffine { .. });
    if let Some(layer) = net.layers.iter().find(varies) {
        return Err(Refusal::Varies(layer.shape.to_vec()).of(&layer.name, &layer.operator));
    }
    separate_clamps(&mut net);
    end_in_scores(&mut net);
    if net.layers.len() > MAX_LAYERS {
        return Err(ModelError::Layers(net.layers.len()).into());
    }
    if net.layers.is_empty() {
        return Err(ModelError::NoLayers.into());
    }
    Ok(net)
}

/// Scores are read from accumulators: what ends in anything but a layer with weights
/// gets one that changes nothing, and one score that ended in a Sigmoid becomes two.
fn end_in_scores(net: &mut FloatNet) {
    let Some(last) = net.layers.last() else {
        return;
    };
    if !last.op.has_weights() || last.clamp.is_some() {
        let [channels, ..] = last.shape;
        let clamped = last
            .clamp
            .as_ref()
            .and_then(|clamp| net.output_of(&clamp.node));
        let scores = FloatLayer {
            name: format!("{}.scores", last.name),
            operator: last.operator.clone(),
            inputs: vec![net.layers.len()],
            op: FloatOp::channel_affine(vec![1.0; channels], vec![0.0; channels]),
            shape: last.shape,
            value: clamped.unwrap_or_else(|| last.value.clone()),
            clamp: None,
            channel_scales: Vec::new(),
        };
        net.layers.push(scores);
    }
    if net.is_binary {
        net.score_both_classes();
    }
}

/// Merges layer `index` into the one that it reads, if that is possible.
fn merge(net: &mut FloatNet, index: usize) -> bool {
    let &[input] = net.layers[index].inputs.as_slice() else {
        return false;
    };
    if input == 0 || net.readers(input) != 1 {
        return false;
    }
    let before = input - 1;
    let (head, tail) = net.layers.split_at_mut(index);
    let (first, second) = (&mut head[before], &mut tail[0]);
    if fold_into_dense(first, second) {
        remove(net, before);
        return true;
    }
    let second = &*second;
    let merged = fold_channel_affine(first, second)
        || fold_scalar_affine(first, second)
        || saturate(first, second)
        || join_functions(first, second)
        || join_values(first, second);
    if merged {
        remove(net, index);
        return true;
    }
    saturate_across_pool(net, before, index)
}

/// Takes a layer out that its only input has taken in.
fn remove(net: &mut FloatNet, index: usize) {
    let removed = net.layers.remove(index);
    let kept = removed.inputs.first().copied().unwrap_or_default();
    let inputs = net.layers.iter_mut().flat_map(|layer| &mut layer.inputs);
    for input in inputs {
        if *input == index + 1 {
            *input = kept;
        } else if *input > index + 1 {
            *input -= 1;
        }
    }
}

/// `second`, a factor and a summand per channel, into `first`'s weights.
fn fold_channel_affine(first: &mut FloatLayer, second: &FloatLayer) -> bool {
    let FloatOp::Conv {
        weights: factors,
        bias: summands,
        origin: Origin::ChannelAffine,
        ..
    } = &second.op
    else {
        return false;
    };
    let pairs = factors.iter().copied().zip(summands.iter().copied());
    scale_channels(first, pairs) && follow(first, second)
}

/// `second`, constants added and multiplied, into `first`'s weights.
fn fold_scalar_affine(first: &mut FloatLayer, second: &FloatLayer) -> bool {
    let FloatOp::Elementwise(functions) = &second.op else {
        return false;
    };
    let steps: Option<Vec<(f32, f32)>> = functions.iter().map(as_affine).collect();
    let Some(steps) = steps else {
        return false;
    };
    let joined = steps.iter().fold((1.0, 0.0), |(factor, summand), step| {
        (factor * step.0, summand * step.0 + step.1)
    });
    scale_channels(first, std::iter::repeat(joined)) && follow(first, second)
}

/// Factor and summand of a function that has no other effect.
fn as_affine(function: &Elementwise) -> Option<(f32, f32)> {
    let value = function.number()?;
    match function.op_type.as_str() {
        "Add" => Some((1.0, value)),
        "Sub" => Some((1.0, -value)),
        "Mul" => Some((value, 0.0)),
        "Div" => Some((1.0 / value, 0.0)),
        _ => None,
    }
}

fn scale_channels(layer: &mut FloatLayer, pairs: impl Iterator<Item = (f32, f32)>) -> bool {
    if layer.clamp.is_some() {
        return false;
    }
    let (weights, bias) = match &mut layer.op {
        FloatOp::Conv {
            weights,
            bias,
            origin,
            ..
        } => {
            if *origin == Origin::Average {
                *origin = Origin::Convolution;
            }
            (weights, bias)
        }
        FloatOp::Dense { weights, bias } => (weights, bias),
        _ => return false,
    };
    let per_output = weights.len() / bias.len().max(1);
    let channels = weights.chunks_exact_mut(per_output.max(1)).zip(bias);
    for ((weights, bias), (factor, summand)) in channels.zip(pairs) {
        weights.iter_mut().for_each(|weight| *weight *= factor);
        *bias = *bias * factor + summand;
    }
    true
}

/// `first`, a factor and a summand for each value, into the weights of `second`.
fn fold_into_dense(first: &FloatLayer, second: &mut FloatLayer) -> bool {
    let (FloatOp::ValueAffine { factors, summands }, FloatOp::Dense { weights, bias }) =
        (&first.op, &mut second.op)
    else {
        return false;
    };
    for (row, bias) in weights.chunks_exact_mut(factors.len().max(1)).zip(bias) {
        let mut sum = f64::from(*bias);
        for (weight, (&factor, &summand)) in row.iter_mut().zip(factors.iter().zip(summands)) {
            sum += f64::from(*weight) * f64::from(summand);
            *weight *= factor;
        }
        *bias = sum as f32;
    }
    true
}

/// Two factors and summands for each value as one.
fn join_values(first: &mut FloatLayer, second: &FloatLayer) -> bool {
    let (
        FloatOp::ValueAffine { factors, summands },
        FloatOp::ValueAffine {
            factors: more_factors,
            summands: more_summands,
        },
    ) = (&mut first.op, &second.op)
    else {
        return false;
    };
    let more = more_factors.iter().zip(more_summands);
    for ((factor, summand), (&by, &and)) in factors.iter_mut().zip(summands).zip(more) {
        *factor *= by;
        *summand = *summand * by + and;
    }
    follow(first, second)
}

/// `first` now computes what `second` did.
fn follow(first: &mut FloatLayer, second: &FloatLayer) -> bool {
    first.value.clone_from(&second.value);
    true
}

/// `second`, Relu or Clip, as the saturation of `first`.
fn saturate(first: &mut FloatLayer, second: &FloatLayer) -> bool {
    let Some(clamp) = as_clamp(second).filter(|_| first.op.saturates()) else {
        return false;
    };
    first.clamp = Some(match first.clamp.take() {
        Some(own) => own.and(clamp),
        None => clamp,
    });
    true
}

/// The clamp that a layer is, if it is one that a quantised range can express:
/// zero is always in the range.
fn as_clamp(layer: &FloatLayer) -> Option<Clamp> {
    let FloatOp::Elementwise(functions) = &layer.op else {
        return None;
    };
    let [function] = functions.as_slice() else {
        return None;
    };
    let bound = |name: &str| {
        let mut bounds = function.attributes.iter();
        bounds.find(|(known, _)| known == name).map(|bound| bound.1)
    };
    let (low, high) = match function.op_type.as_str() {
        "Relu" => (0.0, f32::MAX),
        "Clip" => (bound("min")?, bound("max")?),
        _ => return None,
    };
    (low <= 0.0 && high >= 0.0).then(|| Clamp {
        low,
        high,
        node: layer.name.clone(),
    })
}

/// Layer `index`, a Relu or Clip after `pool`, a MaxPool or DepthToSpace, as the saturation
/// of the layer before that.
fn saturate_across_pool(net: &mut FloatNet, pool: usize, index: usize) -> bool {
    let moves = matches!(
        net.layers[pool].op,
        FloatOp::MaxPool(_) | FloatOp::DepthToSpace
    );
    if !moves {
        return false;
    }
    let &[pooled] = net.layers[pool].inputs.as_slice() else {
        return false;
    };
    if pooled == 0 || net.readers(pooled) != 1 {
        return false;
    }
    let (head, tail) = net.layers.split_at_mut(index);
    let merged = saturate(&mut head[pooled - 1], &tail[0]);
    if merged {
        remove(net, index);
    }
    merged
}

/// Two lists of element-wise functions as one.
fn join_functions(first: &mut FloatLayer, second: &FloatLayer) -> bool {
    let (FloatOp::Elementwise(own), FloatOp::Elementwise(more)) = (&mut first.op, &second.op)
    else {
        return false;
    };
    super::network::follow(own, more);
    follow(first, second)
}

/// Gives Relu and Clip layers of their own again where the output shares its
/// scale with others that are not clamped alike: there the range does not end
/// where the clamp does.
fn separate_clamps(net: &mut FloatNet) {
    let groups = ScaleGroups::of(net);
    let differs = |layer: usize| {
        let clamp = &net.layers[layer].clamp;
        let mut others = groups.sources(net, layer + 1);
        clamp.is_some()
            && others.any(|tensor| {
                let other = tensor
                    .checked_sub(1)
                    .and_then(|at| net.layers[at].clamp.as_ref());
                let bounds = |clamp: &Clamp| (clamp.low, clamp.high);
                other.map(bounds) != clamp.as_ref().map(bounds)
            })
    };
    let separate: Vec<usize> = (0..net.layers.len()).filter(|&at| differs(at)).collect();
    for &layer in separate.iter().rev() {
        let Some(clamp) = net.layers[layer].clamp.take() else {
            continue;
        };
        let own = layer + 1;
        let inputs = net.layers.iter_mut().flat_map(|layer| &mut layer.inputs);
        inputs
            .filter(|input| **input >= own)
            .for_each(|input| *input += 1);
        let before = &net.layers[layer];
        let value = before.value.clone();
        net.layers.insert(
            own,
            FloatLayer {
                name: clamp.node.clone(),
                operator: "Clip".to_owned(),
                inputs: vec![own],
                op: FloatOp::Elementwise(vec![clamp.function()]),
                shape: before.shape,
                value,
                clamp: Some(clamp),
                channel_scales: Vec::new(),
            },
        );
    }
}
