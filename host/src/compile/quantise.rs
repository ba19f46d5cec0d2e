//! Weights, biases and tables in 8 and 32 bits.

use super::affine::Affine;
use super::error::{CompileError, MAX_BIAS, Refusal};
use super::float_net::{FloatLayer, FloatNet, FloatOp, Origin};
use super::lookup;
use super::network::{Activation, Channels, Layer, Network, Op};
use super::order_free;

/// Least usable product of two scales: far from where `f32` loses digits.
const LEAST_PRODUCT: f64 = 1e-30;
/// Least usable multiplier of an accumulator: no accumulator reaches one step.
const LEAST_MULTIPLIER: f64 = 1e-18;

/// The network in int8; `affines` has one quantisation per tensor.
///
/// # Errors
/// Weights that are not finite, scales that are not usable, or a function that
/// tract cannot evaluate.
pub fn quantise(
    net: &FloatNet,
    affines: &[Affine],
    name: &str,
    labels: &[String],
) -> Result<Network, CompileError> {
    let activation = |name: &str, shape, tensor: usize| Activation {
        name: name.to_owned(),
        shape,
        scale: affines[tensor].scale,
        zero: affines[tensor].zero,
    };
    let mut network = Network {
        name: name.to_owned(),
        labels: labels.to_vec(),
        input: activation(&net.input, net.input_shape, 0),
        layers: Vec::with_capacity(net.layers.len()),
    };
    for (index, layer) in net.layers.iter().enumerate() {
        let output = activation(&layer.name, layer.shape, index + 1);
        let input = affines[layer.inputs.first().copied().unwrap_or_default()];
        let op = quantise_op(layer, input, &output)?;
        network.layers.push(Layer {
            inputs: layer.inputs.clone(),
            op,
            output,
        });
    }
    Ok(network)
}

fn quantise_op(layer: &FloatLayer, input: Affine, output: &Activation) -> Result<Op, CompileError> {
    let refused = |why: Refusal| why.of(&layer.name, &layer.operator);
    Ok(match &layer.op {
        FloatOp::Conv {
            window,
            groups,
            weights,
            bias,
            origin,
        } => {
            let steps = match origin {
                Origin::Average => 1,
                Origin::Convolution | Origin::ChannelAffine => i8::MAX,
            };
            let (weights, channels) =
                quantise_weights(weights, bias, steps, input, output).map_err(refused)?;
            Op::Conv {
                window: *window,
                groups: *groups,
                weights,
                channels,
            }
        }
        FloatOp::Dense { weights, bias } => {
            let (weights, channels) =
                quantise_weights(weights, bias, i8::MAX, input, output).map_err(refused)?;
            Op::Dense { weights, channels }
        }
        FloatOp::MaxPool(window) => Op::MaxPool(*window),
        FloatOp::Elementwise(functions) => Op::Lookup {
            table: lookup::table(functions, input, output.affine())?,
            function: functions.clone(),
        },
        FloatOp::Concat => Op::Concat,
    })
}

/// Weights symmetric within ±`steps` per output channel, and biases at scale
/// `x·w`.
fn quantise_weights(
    weights: &[f32],
    bias: &[f32],
    steps: i8,
    input: Affine,
    output: &Activation,
) -> Result<(Vec<i8>, Channels), Refusal> {
    let per_output = weights.len() / bias.len().max(1);
    let mut quantised = Vec::with_capacity(weights.len());
    let mut channels = Channels {
        weight_scales: Vec::with_capacity(bias.len()),
        bias: Vec::with_capacity(bias.len()),
    };
    let rows = weights.chunks_exact(per_output.max(1)).zip(bias);
    for (channel, (row, &bias)) in rows.enumerate() {
        if !row.iter().all(|weight| weight.is_finite()) {
            return Err(Refusal::NotFinite("weights"));
        }
        if !bias.is_finite() {
            return Err(Refusal::NotFinite("biases"));
        }
        let scale = weight_scale(row, bias, steps, input, output);
        let multiplier = (scale * input.scale) / output.scale;
        let refused = Refusal::Multiplier {
            channel,
            multiplier,
        };
        if !(multiplier.is_finite() && multiplier > 0.0) {
            return Err(refused);
        }
        let scale = order_free::weight_scale(scale, input.scale, output.scale).ok_or(refused)?;
        let limit = f64::from(steps);
        quantised.extend(row.iter().map(|&weight| {
            let steps = f64::from(weight) / f64::from(scale);
            steps.round_ties_even().clamp(-limit, limit) as i8
        }));
        let bias = f64::from(bias) / (f64::from(input.scale) * f64::from(scale));
        let limit = f64::from(MAX_BIAS);
        let bias = bias.round_ties_even().clamp(-limit, limit) as i32;
        channels.weight_scales.push(scale);
        channels.bias.push(bias);
    }
    Ok((quantised, channels))
}

/// What one step of a channel's weights is worth: enough for the greatest
/// weight, for the bias to fit at scale `x·w`, and for the multiplier to be a
/// usable number where all weights are next to nothing.
fn weight_scale(row: &[f32], bias: f32, steps: i8, input: Affine, output: &Activation) -> f32 {
    let greatest = row
        .iter()
        .fold(0.0_f32, |most, weight| most.max(weight.abs()));
    let input_scale = f64::from(input.scale);
    let for_weights = f64::from(greatest) / f64::from(steps);
    let for_bias = f64::from(bias.abs()) / (input_scale * f64::from(MAX_BIAS));
    let for_multiplier = LEAST_MULTIPLIER * f64::from(output.scale) / input_scale;
    let for_product = LEAST_PRODUCT / input_scale;
    let scale = [for_bias, for_multiplier, for_product]
        .into_iter()
        .fold(for_weights, f64::max);
    scale as f32
}
