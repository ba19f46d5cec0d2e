// The board's own integers, computed again where a person can see them.
//
// `Math.fround` rounds to f32 after each operation, as the board does.

/** To the nearest integer, ties to even. */
export function roundTiesEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `clamp(round_ties_even(f32(acc) · m) + zero, min, max)`, with every step. */
export function requantise(acc, layer, channel) {
  const multiplier = layer.multipliers[channel];
  const product = Math.fround(Math.fround(acc) * multiplier);
  const rounded = roundTiesEven(product);
  const shifted = rounded + layer.zero;
  const value = Math.min(layer.max, Math.max(layer.min, shifted));
  return { multiplier, product, rounded, shifted, value };
}

/**
 * One output of a convolution: for each input channel the window's values
 * (null where it is padding), the weights, and their sum.
 */
export function convolution(network, layer, input, { channel, y, x }) {
  const { kernel: [rows, columns], stride, dilation, pad } = layer.window;
  const from = network.tensors[layer.inputs[0]];
  const depth = layer.weights.shape[3];
  const perGroup = layer.weights.shape[0] / layer.groups;
  const first = Math.floor(channel / perGroup) * depth;
  const planes = [];
  for (let plane = 0; plane < depth; plane += 1) {
    const values = [];
    const weights = [];
    let sum = 0;
    for (let ky = 0; ky < rows; ky += 1) {
      for (let kx = 0; kx < columns; kx += 1) {
        const row = y * stride[0] + ky * dilation[0] - pad[0];
        const column = x * stride[1] + kx * dilation[1] - pad[1];
        const inside = row >= 0 && row < from.height && column >= 0 && column < from.width;
        const value = inside
          ? input[((first + plane) * from.height + row) * from.width + column]
          : null;
        const weight = layer.weights.data[((channel * rows + ky) * columns + kx) * depth + plane];
        values.push(value);
        weights.push(weight);
        if (inside) sum += (value - layer.input_zero) * weight;
      }
    }
    planes.push({ channel: first + plane, values, weights, sum });
  }
  const total = planes.reduce((all, { sum }) => all + sum, 0);
  const bias = layer.bias[channel];
  return { rows, columns, planes, total, bias, acc: total + bias };
}

/** One output of a dense layer: each input's part of the sum, `[C, H, W]`. */
export function dense(network, layer, input, channel) {
  const { channels, height, width } = network.tensors[layer.inputs[0]];
  const parts = new Int32Array(input.length);
  let total = 0;
  for (let c = 0; c < channels; c += 1) {
    for (let pixel = 0; pixel < height * width; pixel += 1) {
      const weight = layer.weights.data[channel * input.length + pixel * channels + c];
      const at = c * height * width + pixel;
      parts[at] = (input[at] - layer.input_zero) * weight;
      total += parts[at];
    }
  }
  const bias = layer.bias[channel];
  return { parts, total, bias, acc: total + bias };
}

/** One output of a max-pool: the values under the window, null for padding. */
export function maximum(network, layer, input, { channel, y, x }) {
  const { kernel: [rows, columns], stride, dilation, pad } = layer.window;
  const from = network.tensors[layer.inputs[0]];
  const values = [];
  for (let ky = 0; ky < rows; ky += 1) {
    for (let kx = 0; kx < columns; kx += 1) {
      const row = y * stride[0] + ky * dilation[0] - pad[0];
      const column = x * stride[1] + kx * dilation[1] - pad[1];
      const inside = row >= 0 && row < from.height && column >= 0 && column < from.width;
      values.push(inside ? input[(channel * from.height + row) * from.width + column] : null);
    }
  }
  const there = values.filter((value) => value !== null);
  return { rows, columns, values, value: Math.max(...there) };
}
