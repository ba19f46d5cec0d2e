//! The int8 numerics a second time: slow, plain, in 64-bit integers.
//!
//! It follows the rules below and nothing else. It knows no layout but
//! `[C, H, W]`, no plan, no row and no tile, and shares no code with the engine.
//!
//! - `acc = bias + Σ (x − x_zero) · w`; what lies outside the map is zero.
//! - `m = (w_scale · x_scale) / y_scale`, in `f32`, in this order.
//! - `y = clamp(round_ties_even(f32(acc) · m) + y_zero, −128, 127)`.
//! - A sum is `acc = (a − a_zero) · factor + (b − b_zero) · factor`, `m = unit · (1 / y_scale)`,
//!   a product `acc = (a − a_zero) · (b − b_zero)`, `m = (a_scale · b_scale) / y_scale`.
//! - Logits are `f32(acc) · (w_scale · x_scale)`, not quantised.
//! - A maximum looks at what lies on the map alone.

use cortexscope_compile::network::{Activation, Channels, Network, Op, Window};

/// Everything that one run computes, `[C, H, W]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// int8 of every tensor but the last, the input first.
    pub activations: Vec<Vec<i8>>,
    /// Accumulators of the last layer, bias included.
    pub accumulators: Vec<i32>,
    /// The logits.
    pub logits: Vec<f32>,
}

/// Runs `network` on `input`, int8 `[C, H, W]`.
///
/// # Panics
/// If the network does not fit itself, or an accumulator leaves 32 bits: the
/// compiler promises that neither happens.
pub fn run(network: &Network, input: &[i8]) -> Trace {
    let mut activations = vec![input.to_vec()];
    let last = network.layers.len() - 1;
    for layer in &network.layers[..last] {
        let first = layer.inputs[0];
        let (x, from) = (&activations[first], network.tensor(first));
        let y = match &layer.op {
            Op::MaxPool(window) => max_pool(x, from.shape, layer.output.shape, window),
            Op::Lookup { table, .. } => x
                .iter()
                .map(|&value| table[(i32::from(value) + 128) as usize])
                .collect(),
            Op::DepthToSpace => in_blocks(x, from.shape, layer.output.shape),
            // Channels lie one after the other: so do the maps.
            Op::Concat => layer
                .inputs
                .iter()
                .flat_map(|&tensor| activations[tensor].iter().copied())
                .collect(),
            Op::Add(sum) => {
                let [a, b] = sum.factors.map(i64::from);
                let m = sum.unit * layer.output.scale.recip();
                let other = &activations[layer.inputs[1]];
                let second = network.tensor(layer.inputs[1]).zero;
                let of = |v: i8, zero: i8| i64::from(v) - i64::from(zero);
                let pairs = x.iter().zip(other);
                let sums = pairs.map(|(&v, &w)| of(v, from.zero) * a + of(w, second) * b);
                sums.map(|sum| rounded(sum, m, &layer.output)).collect()
            }
            Op::Mul => {
                let (other, second) = (
                    &activations[layer.inputs[1]],
                    network.tensor(layer.inputs[1]),
                );
                let m = (from.scale * second.scale) / layer.output.scale;
                let of = |v: i8, zero: i8| i64::from(v) - i64::from(zero);
                let pairs = x.iter().zip(other);
                let products = pairs.map(|(&v, &w)| of(v, from.zero) * of(w, second.zero));
                products
                    .map(|product| rounded(product, m, &layer.output))
                    .collect()
            }
            Op::Conv { channels, .. } | Op::Dense { channels, .. } => {
                let sums = accumulate(x, from, &layer.op, layer.output.shape);
                requantise(&sums, from, channels, &layer.output)
            }
        };
        activations.push(y);
    }
    let layer = &network.layers[last];
    let from = network.tensor(layer.inputs[0]);
    let accumulators = accumulate(
        &activations[layer.inputs[0]],
        from,
        &layer.op,
        layer.output.shape,
    );
    let (Op::Conv { channels, .. } | Op::Dense { channels, .. }) = &layer.op else {
        panic!("the last layer has weights");
    };
    let per_channel = accumulators.len() / channels.bias.len();
    let logits = accumulators.iter().enumerate().map(|(index, &sum)| {
        sum as f32 * (channels.weight_scales[index / per_channel] * from.scale)
    });
    Trace {
        logits: logits.collect(),
        activations,
        accumulators,
    }
}

/// `bias + Σ (x − x_zero) · w` for every element of the output.
fn accumulate(x: &[i8], from: &Activation, op: &Op, output: [usize; 3]) -> Vec<i32> {
    let [depth, height, width] = from.shape;
    let centred = |c: usize, row: i64, column: i64| -> i64 {
        let on_map = (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
        if on_map {
            let at = (c * height + row as usize) * width + column as usize;
            i64::from(x[at]) - i64::from(from.zero)
        } else {
            0
        }
    };
    let mut sums = Vec::new();
    for o in 0..output[0] {
        for i in 0..output[1] {
            for j in 0..output[2] {
                let sum: i64 = match op {
                    Op::Dense { weights, channels } => {
                        let of_output = &weights[o * x.len()..];
                        let products = x.iter().zip(of_output);
                        let centred = |&v| i64::from(v) - i64::from(from.zero);
                        i64::from(channels.bias[o])
                            + products
                                .map(|(v, &w)| centred(v) * i64::from(w))
                                .sum::<i64>()
                    }
                    Op::Conv {
                        window,
                        groups,
                        weights,
                        channels,
                    } => {
                        let group_depth = depth / groups;
                        let group = o / (output[0] / groups);
                        let mut sum = i64::from(channels.bias[o]);
                        for c in 0..group_depth {
                            for (tap, [row, column]) in taps(window, i, j) {
                                let taps = window.kernel[0] * window.kernel[1];
                                let w = weights[(o * group_depth + c) * taps + tap];
                                sum += centred(group * group_depth + c, row, column) * i64::from(w);
                            }
                        }
                        sum
                    }
                    _ => panic!("only layers with weights accumulate"),
                };
                sums.push(i32::try_from(sum).expect("accumulators fit 32 bits"));
            }
        }
    }
    sums
}

/// Number, row and column of every element under a window, padding included.
fn taps(window: &Window, i: usize, j: usize) -> impl Iterator<Item = (usize, [i64; 2])> {
    let window = *window;
    let columns = window.kernel[1];
    (0..window.kernel[0] * columns).map(move |tap| {
        let place = |axis: usize, at: usize, step: usize| {
            (at * window.stride[axis] + step * window.dilation[axis]) as i64
                - window.pad_before[axis] as i64
        };
        (
            tap,
            [place(0, i, tap / columns), place(1, j, tap % columns)],
        )
    })
}

/// `clamp(round_ties_even(f32(acc) · m) + y_zero, −128, 127)`.
fn rounded(acc: i64, m: f32, to: &Activation) -> i8 {
    let steps = (acc as f32 * m).round_ties_even() + f32::from(to.zero);
    steps.clamp(-128.0, 127.0) as i8
}

fn requantise(sums: &[i32], from: &Activation, channels: &Channels, to: &Activation) -> Vec<i8> {
    let per_channel = sums.len() / channels.bias.len();
    let quantise = |(index, &sum): (usize, &i32)| {
        let multiplier = (channels.weight_scales[index / per_channel] * from.scale) / to.scale;
        rounded(sum.into(), multiplier, to)
    };
    sums.iter().enumerate().map(quantise).collect()
}

fn max_pool(x: &[i8], from: [usize; 3], to: [usize; 3], window: &Window) -> Vec<i8> {
    let [_, height, width] = from;
    let mut maxima = Vec::new();
    for c in 0..to[0] {
        for i in 0..to[1] {
            for j in 0..to[2] {
                let on_map = taps(window, i, j).filter(|(_, [row, column])| {
                    (0..height as i64).contains(row) && (0..width as i64).contains(column)
                });
                let values = on_map.map(|(_, [row, column])| {
                    x[(c * height + row as usize) * width + column as usize]
                });
                maxima.push(values.max().expect("a window lies on its map"));
            }
        }
    }
    maxima
}

/// DepthToSpace of order DCR: `[BH · BW · C, H, W]` to `[C, BH · H, BW · W]`.
pub fn in_blocks<T: Copy>(
    x: &[T],
    [_, height, width]: [usize; 3],
    [channels, rows, columns]: [usize; 3],
) -> Vec<T> {
    let block = [rows / height, columns / width];
    let mut y = Vec::with_capacity(x.len());
    for channel in 0..channels {
        for row in 0..rows {
            for column in 0..columns {
                let place = row % block[0] * block[1] + column % block[1];
                let map = place * channels + channel;
                y.push(x[(map * height + row / block[0]) * width + column / block[1]]);
            }
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_compile::network::Layer;

    /// A 1×1 network whose sums can be checked by hand.
    #[test]
    fn ties_go_to_the_even_neighbour() {
        let activation = |scale, zero| Activation {
            name: String::new(),
            shape: [1, 1, 1],
            scale,
            zero,
        };
        let dense = |weight, bias, scale| Op::Dense {
            weights: vec![weight],
            channels: Channels {
                weight_scales: vec![scale],
                bias: vec![bias],
            },
        };
        let network = Network {
            name: String::new(),
            labels: Vec::new(),
            input: activation(1.0, 3),
            layers: vec![
                Layer {
                    inputs: vec![0],
                    op: dense(2, 1, 0.5),
                    output: activation(1.0, 10),
                },
                Layer {
                    inputs: vec![1],
                    op: dense(-3, 4, 0.25),
                    output: activation(1.0, 0),
                },
            ],
        };
        // (4 − 3)·2 + 1 = 3, times ½ is 1.5, goes to 2; −1 times ½ goes to −0.
        for (x, y) in [(4, 12), (2, 10), (3, 10), (127, 127), (-128, -120)] {
            let trace = run(&network, &[x]);
            assert_eq!(trace.activations[1], [y]);
            let sum = 4 - 3 * (i32::from(y) - 10);
            assert_eq!(trace.accumulators, [sum]);
            assert_eq!(trace.logits, [sum as f32 * 0.25]);
        }
    }
}
