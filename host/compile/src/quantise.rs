//! Weights, biases and tables in 8 and 32 bits.

use super::error::{CompileError, MAX_BIAS, Refusal};
use super::float_net::{FloatLayer, FloatNet, FloatOp, Origin};
use super::lookup;
use super::network::{Activation, Channels, Layer, Network, Op, Sum};
use super::weight_scales::{self, Destination, Weights};
use cortexscope_net::Affine;

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
        let inputs: Vec<Affine> = layer.inputs.iter().map(|&input| affines[input]).collect();
        let to = if index + 1 == net.layers.len() {
            Destination::Logits
        } else {
            Destination::Int8(output.scale)
        };
        let op = quantise_op(layer, &inputs, to, affines[index + 1])?;
        network.layers.push(Layer {
            inputs: layer.inputs.clone(),
            op,
            output,
        });
    }
    Ok(network)
}

fn quantise_op(
    layer: &FloatLayer,
    inputs: &[Affine],
    to: Destination,
    output: Affine,
) -> Result<Op, CompileError> {
    let input = inputs[0];
    let quantised = |weights: &Weights<'_>| {
        quantise_weights(weights, input, to).map_err(|why| why.of(&layer.name, &layer.operator))
    };
    Ok(match &layer.op {
        FloatOp::Conv {
            window,
            groups,
            weights,
            bias,
            origin,
        } => {
            let (weights, channels) = quantised(&Weights {
                values: weights,
                bias,
                is_mean: *origin == Origin::Average,
            })?;
            Op::Conv {
                window: *window,
                groups: *groups,
                weights,
                channels,
            }
        }
        FloatOp::Dense { weights, bias } => {
            let (weights, channels) = quantised(&Weights {
                values: weights,
                bias,
                is_mean: false,
            })?;
            Op::Dense { weights, channels }
        }
        FloatOp::MaxPool(window) => Op::MaxPool(*window),
        FloatOp::Elementwise(functions) => {
            if lookup::is_infinite(functions, input)? {
                return Err(Refusal::Infinite.of(&layer.name, &layer.operator));
            }
            Op::Lookup {
                table: lookup::table(functions, input, output)?,
                function: functions.clone(),
            }
        }
        FloatOp::Concat => Op::Concat,
        FloatOp::DepthToSpace => Op::DepthToSpace,
        FloatOp::Add => Op::Add(Sum::of([input.scale, inputs[1].scale])),
        FloatOp::Mul => Op::Mul,
        FloatOp::ValueAffine { .. } => {
            let why = Refusal::Varies(layer.shape.to_vec());
            return Err(why.of(&layer.name, &layer.operator));
        }
    })
}

/// Weights in steps of their channel's scale, and biases at scale `x·w`.
fn quantise_weights(
    weights: &Weights<'_>,
    input: Affine,
    to: Destination,
) -> Result<(Vec<i8>, Channels), Refusal> {
    let weight_scales = weight_scales::choose(weights, input.scale, to)?;
    let mut quantised = Vec::with_capacity(weights.values.len());
    let mut biases = Vec::with_capacity(weights.bias.len());
    for ((row, &bias), &scale) in weights.channels().zip(&weight_scales) {
        quantised.extend(row.iter().map(|&weight| {
            let steps = f64::from(weight) / f64::from(scale);
            let limit = f64::from(i8::MAX);
            steps.round_ties_even().clamp(-limit, limit) as i8
        }));
        let bias = f64::from(bias) / (f64::from(input.scale) * f64::from(scale));
        let limit = f64::from(MAX_BIAS);
        biases.push(bias.round_ties_even().clamp(-limit, limit) as i32);
    }
    let channels = Channels {
        weight_scales,
        bias: biases,
    };
    Ok((quantised, channels))
}
