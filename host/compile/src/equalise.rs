//! Cross-layer equalisation: channels of unlike scale are brought closer, and the network
//! computes what it did (Nagel et al. 2019, *Data-Free Quantization Through Weight
//! Equalization and Bias Correction*, section 4.1).
//!
//! A factor moves from the weights that make a channel to those that read it. Between the
//! two there may be what lets a positive factor through: Relu, a maximum, a mean. The
//! paper's factor of channel `i` is `s = √(r₁ · r₂) / r₂`, where `r₁` and `r₂` are the
//! greatest weights that make and that read it. Here it is rounded to a power of two, so
//! that every float of the network keeps its digits: the logits have the same bits.

use super::float_net::{Clamp, FloatLayer, FloatNet, FloatOp, Origin};

/// Rounds over all pairs; what one pair gains may move on to the next.
const ROUNDS: usize = 8;
/// The greatest factor, `2^12`, and its inverse: far from where `f32` loses digits.
const MOST_OCTAVES: f32 = 12.0;

/// Two layers with weights, and what is between them.
struct Pair {
    first: usize,
    /// Layers that let a factor through.
    between: Vec<usize>,
    second: usize,
}

/// Equalises the channels of `net`. Gives the layers whose channels have changed scale.
pub fn equalise(net: &mut FloatNet) -> Vec<String> {
    let pairs: Vec<Pair> = (0..net.layers.len())
        .filter_map(|second| pair(net, second))
        .collect();
    let mut scales: Vec<Vec<f32>> = net
        .layers
        .iter()
        .map(|layer| vec![1.0; layer.shape[0]])
        .collect();
    for _ in 0..ROUNDS {
        let mut has_moved = false;
        for pair in &pairs {
            let factors = factors(net, pair);
            if factors.iter().all(|&factor| factor == 1.0) {
                continue;
            }
            has_moved = true;
            divide(&mut net.layers[pair.first], &factors);
            multiply(&mut net.layers[pair.second], &factors);
            for &layer in pair.between.iter().chain([&pair.first]) {
                for (scale, factor) in scales[layer].iter_mut().zip(&factors) {
                    *scale /= factor;
                }
            }
        }
        if !has_moved {
            break;
        }
    }
    let mut changed = Vec::new();
    for (layer, scales) in net.layers.iter_mut().zip(scales) {
        if scales.iter().any(|&scale| scale != 1.0) {
            changed.push(layer.name.clone());
            layer.channel_scales = scales;
        }
    }
    changed
}

/// The layer with weights that `second` reads, where a factor can move between the two.
fn pair(net: &FloatNet, second: usize) -> Option<Pair> {
    if !takes_factors(&net.layers[second]) {
        return None;
    }
    let mut between = Vec::new();
    let mut tensor = *net.layers[second].inputs.first()?;
    loop {
        let layer = tensor.checked_sub(1)?;
        if net.readers(tensor) != 1 || !passes(net.layers[layer].clamp.as_ref()) {
            return None;
        }
        match &net.layers[layer].op {
            FloatOp::MaxPool(_)
            | FloatOp::Conv {
                origin: Origin::Average,
                ..
            } => between.push(layer),
            _ if takes_factors(&net.layers[layer]) => {
                let first = layer;
                return Some(Pair {
                    first,
                    between,
                    second,
                });
            }
            _ => return None,
        }
        tensor = *net.layers[layer].inputs.first()?;
    }
}

/// Whether a layer's weights can take factors of channels.
fn takes_factors(layer: &FloatLayer) -> bool {
    match &layer.op {
        FloatOp::Conv { origin, .. } => *origin != Origin::Average,
        FloatOp::Dense { .. } => true,
        _ => false,
    }
}

/// Whether a clamp lets a positive factor through: none, or Relu.
fn passes(clamp: Option<&Clamp>) -> bool {
    clamp.is_none_or(|clamp| {
        let is_free = |bound: f32| bound == 0.0 || bound.abs() == f32::MAX;
        is_free(clamp.low) && is_free(clamp.high)
    })
}

/// Each channel's factor, a power of two; 1 where it changes nothing.
fn factors(net: &FloatNet, pair: &Pair) -> Vec<f32> {
    let made = greatest_made(&net.layers[pair.first]);
    let read = greatest_read(&net.layers[pair.second], made.len());
    let factor = |(made, read): (&f32, &f32)| {
        // A channel that nothing makes or nothing reads has no scale.
        if *made == 0.0 || *read == 0.0 {
            return 1.0;
        }
        let octaves = ((made / read).log2() / 2.0).round();
        octaves.clamp(-MOST_OCTAVES, MOST_OCTAVES).exp2()
    };
    made.iter().zip(&read).map(factor).collect()
}

/// The greatest weight that makes each channel.
fn greatest_made(layer: &FloatLayer) -> Vec<f32> {
    let (FloatOp::Conv { weights, bias, .. } | FloatOp::Dense { weights, bias }) = &layer.op else {
        return Vec::new();
    };
    let per_channel = weights.len() / bias.len().max(1);
    weights.chunks(per_channel.max(1)).map(greatest).collect()
}

/// The greatest weight that reads each of `channels`.
fn greatest_read(layer: &FloatLayer, channels: usize) -> Vec<f32> {
    let mut found = vec![0.0_f32; channels];
    each_read(layer, channels, |channel, weights| {
        found[channel] = found[channel].max(greatest(weights));
    });
    found
}

fn greatest(weights: &[f32]) -> f32 {
    weights
        .iter()
        .fold(0.0, |most, weight| most.max(weight.abs()))
}

/// Calls `found` with each channel that is read and weights that read it.
fn each_read(layer: &FloatLayer, channels: usize, mut found: impl FnMut(usize, &[f32])) {
    let (weights, [per_group, outputs_per_group]) = match &layer.op {
        FloatOp::Conv {
            weights,
            bias,
            groups,
            ..
        } => (weights, [channels / groups, bias.len() / groups]),
        FloatOp::Dense { weights, bias } => (weights, [channels, bias.len()]),
        _ => return,
    };
    for (part, channel) in parts(weights.len(), per_group, outputs_per_group, channels) {
        found(channel, &weights[part]);
    }
}

/// The parts of `[O, I / groups, …]` weights that read one channel, and which.
fn parts(
    weights: usize,
    per_group: usize,
    outputs_per_group: usize,
    channels: usize,
) -> impl Iterator<Item = (std::ops::Range<usize>, usize)> {
    let outputs = outputs_per_group * (channels / per_group.max(1));
    let taps = weights / (outputs * per_group).max(1);
    (0..outputs).flat_map(move |output| {
        (0..per_group).map(move |at| {
            let start = (output * per_group + at) * taps;
            let channel = output / outputs_per_group.max(1) * per_group + at;
            (start..start + taps, channel)
        })
    })
}

/// Divides what makes each channel.
fn divide(layer: &mut FloatLayer, factors: &[f32]) {
    let (FloatOp::Conv { weights, bias, .. } | FloatOp::Dense { weights, bias }) = &mut layer.op
    else {
        return;
    };
    let per_channel = weights.len() / bias.len().max(1);
    let channels = weights.chunks_mut(per_channel.max(1)).zip(bias);
    for ((weights, bias), factor) in channels.zip(factors) {
        weights.iter_mut().for_each(|weight| *weight /= factor);
        *bias /= factor;
    }
}

/// Multiplies what reads each channel.
fn multiply(layer: &mut FloatLayer, factors: &[f32]) {
    let channels = factors.len();
    let (weights, [per_group, outputs_per_group]) = match &mut layer.op {
        FloatOp::Conv {
            weights,
            bias,
            groups,
            ..
        } => {
            let groups = *groups;
            (weights, [channels / groups, bias.len() / groups])
        }
        FloatOp::Dense { weights, bias } => (weights, [channels, bias.len()]),
        _ => return,
    };
    for (part, channel) in parts(weights.len(), per_group, outputs_per_group, channels) {
        weights[part]
            .iter_mut()
            .for_each(|weight| *weight *= factors[channel]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Window;

    fn layer(name: &str, inputs: &[usize], op: FloatOp, shape: [usize; 3]) -> FloatLayer {
        FloatLayer {
            name: name.to_owned(),
            operator: String::new(),
            inputs: inputs.to_vec(),
            op,
            shape,
            value: name.to_owned(),
            clamp: None,
            channel_scales: Vec::new(),
        }
    }

    fn net(layers: Vec<FloatLayer>) -> FloatNet {
        FloatNet {
            input: "x".to_owned(),
            input_shape: [1, 1, 1],
            input_dims: vec![1, 1, 1, 1],
            layers,
            reference: Default::default(),
            is_binary: false,
            notes: Vec::new(),
        }
    }

    fn dense(weights: &[f32], bias: &[f32]) -> FloatOp {
        FloatOp::Dense {
            weights: weights.to_vec(),
            bias: bias.to_vec(),
        }
    }

    fn weights(layer: &FloatLayer) -> (&[f32], &[f32]) {
        match &layer.op {
            FloatOp::Conv { weights, bias, .. } | FloatOp::Dense { weights, bias } => {
                (weights, bias)
            }
            _ => (&[], &[]),
        }
    }

    /// By hand: r₁ = 64 and 1/4, r₂ = 1 and 4, so that r₁ / r₂ = 64 and 1/16, and the
    /// factors are 8 and 1/4.
    #[test]
    fn two_dense_layers_meet_in_the_middle() {
        let mut net = net(vec![
            layer("a", &[0], dense(&[64.0, 0.25], &[16.0, 1.0]), [2, 1, 1]),
            layer(
                "b",
                &[1],
                dense(&[1.0, 4.0, -0.5, 3.0], &[0.0, 0.0]),
                [2, 1, 1],
            ),
        ]);
        assert_eq!(equalise(&mut net), ["a"]);
        assert_eq!(weights(&net.layers[0]), (&[8.0, 1.0][..], &[2.0, 4.0][..]));
        assert_eq!(weights(&net.layers[1]).0, [8.0, 1.0, -4.0, 0.75]);
        assert_eq!(net.layers[0].channel_scales, [0.125, 4.0]);
        let mut values = [16.0, 1.0];
        net.layers[0].apply(&mut values);
        assert_eq!(values, [2.0, 4.0]);
    }

    /// A depthwise convolution reads each channel by its own filter.
    #[test]
    fn a_depthwise_layer_reads_channel_by_channel() {
        let depthwise = FloatOp::Conv {
            window: Window {
                kernel: [1, 2],
                ..Window::POINT
            },
            groups: 2,
            weights: vec![1.0, 0.5, 1.0, 2.0],
            bias: vec![0.0; 2],
            origin: Origin::Convolution,
        };
        let mut net = net(vec![
            layer("a", &[0], dense(&[16.0, 2.0], &[0.0; 2]), [2, 1, 1]),
            layer("b", &[1], depthwise, [2, 1, 1]),
        ]);
        equalise(&mut net);
        assert_eq!(weights(&net.layers[0]).0, [4.0, 2.0]);
        assert_eq!(weights(&net.layers[1]).0, [4.0, 2.0, 1.0, 2.0]);
    }

    /// What two layers read, and what a clamp at 6 cuts, keeps its scale.
    #[test]
    fn what_would_change_the_network_is_left_alone() {
        let layers = || {
            vec![
                layer("a", &[0], dense(&[64.0, 0.25], &[0.0; 2]), [2, 1, 1]),
                layer("b", &[1], dense(&[1.0, 4.0], &[0.0]), [1, 1, 1]),
            ]
        };
        let mut clamped = net(layers());
        clamped.layers[0].clamp = Some(Clamp {
            low: 0.0,
            high: 6.0,
            node: "relu6".to_owned(),
        });
        assert_eq!(equalise(&mut clamped), [""; 0]);
        let mut twice = net(layers());
        twice
            .layers
            .push(layer("c", &[1], dense(&[1.0, 1.0], &[0.0]), [1, 1, 1]));
        assert_eq!(equalise(&mut twice), [""; 0]);
        let mut rectified = net(layers());
        rectified.layers[0].clamp = Some(Clamp {
            low: 0.0,
            high: f32::MAX,
            node: "relu".to_owned(),
        });
        assert_eq!(equalise(&mut rectified), ["a"]);
    }
}
