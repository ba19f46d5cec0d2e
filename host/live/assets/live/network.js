// The network on the board: its tensors, its layers and its receptive fields.

export class Network {
  constructor({ header, arrays }) {
    Object.assign(this, header);
    this.packetArrays = arrays;
    this.layers = header.layers.map((layer, index) => ({
      ...layer,
      index,
      weights: arrays.get(`weights.${index}`),
      bias: arrays.get(`bias.${index}`)?.data,
      multipliers: arrays.get(`multipliers.${index}`)?.data,
      table: arrays.get(`table.${index}`)?.data,
    }));
    this.tensors = header.tensors.map((tensor, index) => {
      const [channels, height, width] = tensor.shape;
      const layer = this.layers[index - 1];
      return {
        ...tensor,
        index,
        channels,
        height,
        width,
        layer,
        isStimulus: index === 0,
        isSigned: index > 0 && this.isSigned(index),
      };
    });
  }

  /** Whether a tensor has values below zero: no ReLU cut them off. */
  isSigned(tensor) {
    const layer = this.layers[tensor - 1];
    const zero = this.layers[tensor - 1].zero ?? this.header(tensor).zero;
    if (layer.min !== undefined) return layer.min < zero;
    if (layer.op === 'lookup') return layer.table.some((value) => value < zero);
    return layer.inputs.some((input) => input === 0 || this.isSigned(input));
  }

  header(tensor) {
    return this.tensors?.[tensor] ?? { zero: 0 };
  }

  get input() {
    return this.tensors[0];
  }

  get logits() {
    return this.tensors.at(-1);
  }

  /** The tensors between input and logits: those that are drawn as maps. */
  get hidden() {
    return this.tensors.slice(1, -1);
  }

  plan(mode) {
    return this.modes.find((one) => one.mode === mode) ?? this.modes[0];
  }

  /**
   * The receptive fields of a neuron: for every tensor down to the input, the channels
   * and the rectangle of values that it depends on, or null. Rows and columns from
   * `top`, `left` to before `bottom`, `right`.
   */
  receptiveFields({ tensor, channel, y, x }) {
    const fields = new Array(this.tensors.length).fill(null);
    fields[tensor] = { channels: [channel, channel + 1], top: y, bottom: y + 1, left: x, right: x + 1 };
    for (let output = tensor; output > 0; output -= 1) {
      if (!fields[output]) continue;
      const layer = this.layers[output - 1];
      let before = 0;
      for (const input of layer.inputs) {
        const part = this.fieldIn(layer, fields[output], this.tensors[input], this.tensors[output], before);
        before += this.tensors[input].channels;
        if (part) fields[input] = union(fields[input], part);
      }
    }
    return fields;
  }

  fieldIn(layer, field, input, output, before) {
    const whole = { channels: [0, input.channels], top: 0, bottom: input.height, left: 0, right: input.width };
    switch (layer.op) {
      case 'dense':
        return whole;
      case 'conv': {
        const inGroup = input.channels / layer.groups;
        const perGroup = output.channels / layer.groups;
        const group = (channel) => Math.floor(channel / perGroup);
        const channels = [group(field.channels[0]) * inGroup, (group(field.channels[1] - 1) + 1) * inGroup];
        return { channels, ...slide(layer.window, field, input) };
      }
      case 'max-pool':
        return { channels: field.channels, ...slide(layer.window, field, input) };
      case 'concat': {
        const from = Math.max(field.channels[0] - before, 0);
        const to = Math.min(field.channels[1] - before, input.channels);
        return from < to ? { ...field, channels: [from, to] } : null;
      }
      case 'depth-to-space': {
        const [rows, columns] = layer.block;
        return {
          channels: [0, input.channels],
          top: Math.floor(field.top / rows),
          bottom: Math.ceil(field.bottom / rows),
          left: Math.floor(field.left / columns),
          right: Math.ceil(field.right / columns),
        };
      }
      default:
        return field;
    }
  }
}

/** The part of `input` under the windows of a rectangle of outputs. */
function slide({ kernel, stride, dilation, pad }, field, input) {
  const along = (axis, first, end, size) => [
    Math.max(0, first * stride[axis] - pad[axis]),
    Math.min(size, (end - 1) * stride[axis] - pad[axis] + (kernel[axis] - 1) * dilation[axis] + 1),
  ];
  const [top, bottom] = along(0, field.top, field.bottom, input.height);
  const [left, right] = along(1, field.left, field.right, input.width);
  return { top, bottom, left, right };
}

function union(a, b) {
  if (!a) return b;
  return {
    channels: [Math.min(a.channels[0], b.channels[0]), Math.max(a.channels[1], b.channels[1])],
    top: Math.min(a.top, b.top),
    left: Math.min(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
  };
}
