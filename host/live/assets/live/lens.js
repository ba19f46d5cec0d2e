// The lens: how one neuron's value is computed, in the board's own integers.

import { convolution, dense, maximum, requantise } from './arithmetic.js';
import { LINE, LIST, MAP_MAX, bars, caption, cellFor, grid, list, littleMap, products, scene, weights } from './lens_marks.js';
import { fill } from './controls.js';
import { integer, real } from './number.js';
import { show } from './scene.js';

/** Where grids and lists begin, under their captions. */
const TOP = 18;
/** Largest products of a dense layer that are written out. */
const LARGEST = 5;

export class Lens {
  constructor(section) {
    this.svg = section.querySelector('svg');
    this.title = section.querySelector('h2 .what');
    this.plane = section.querySelector('select');
    this.plane.addEventListener('change', () => {
      this.chosen = this.plane.value === '' ? null : Number(this.plane.value);
      this.draw();
    });
    this.chosen = null;
    this.done = null;
  }

  setNetwork(network) {
    this.network = network;
    this.frame = null;
    this.neuron = null;
    this.svg.replaceChildren();
    this.plane.hidden = true;
  }

  setFrame(frame) {
    this.frame = frame;
    this.draw();
  }

  /**
   * Looks at a neuron. Of its map only the first `done` outputs have been
   * computed, or of a dense layer's products; all where it is null.
   */
  setNeuron(neuron, done = null) {
    if (neuron?.tensor !== this.neuron?.tensor) this.chosen = null;
    this.neuron = neuron;
    this.done = done;
    this.draw();
  }

  draw() {
    const { network, frame, neuron } = this;
    if (!network || !frame || !neuron) return;
    const tensor = network.tensors[neuron.tensor];
    const { layer } = tensor;
    const input = frame.values(layer.inputs[0]);
    const board = frame.values(neuron.tensor);
    if (!input) return;
    const at = (neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x;
    const from = network.tensors[layer.inputs[0]];
    const context = { network, layer, tensor, from, neuron, input, board, own: board?.[at], frame, done: this.done };
    const where = tensor.height * tensor.width === 1
      ? `${tensor.name} · ${tensor.is_logits ? `class ${network.labels[neuron.channel]}` : `neuron ${neuron.channel}`}`
      : `${tensor.name} · map ${neuron.channel} · (${neuron.y}, ${neuron.x})`;
    this.title.textContent = where;
    this.plane.hidden = !(layer.op === 'conv' && layer.weights.shape[3] > 1);
    const draw = { conv: () => this.convolution(context), dense: denseScene, 'max-pool': poolScene, lookup: lookupScene, concat: concatScene, 'depth-to-space': depthScene, add: pairScene, mul: pairScene };
    this.scene = draw[layer.op](context);
    show(this.svg, this.scene);
  }

  convolution(context) {
    const { network, layer, neuron, input, from } = context;
    const result = convolution(network, layer, input, neuron);
    const largest = result.planes.reduce((best, { sum }, at) =>
      (Math.abs(sum) > Math.abs(result.planes[best].sum) ? at : best), 0);
    const isOneOf = this.chosen !== null && this.chosen < result.planes.length;
    this.offerPlanes(from, result.planes);
    return convolutionScene(context, result, isOneOf ? this.chosen : largest);
  }

  offerPlanes(from, planes) {
    const entries = planes.map(({ channel }, at) => ({ value: at, text: `map ${channel} of ${from.name}` }));
    fill(this.plane, [{ value: '', text: `strongest of ${from.name}` }, ...entries], this.chosen ?? '');
  }
}

function convolutionScene(context, result, at) {
  const { layer, neuron, from } = context;
  const { planes, rows, columns } = result;
  const plane = planes[at];
  const steps = planes.length > 1
    ? [[`Σ (x − x₀)·w, map ${plane.channel}`, integer(plane.sum)], [`Σ over ${planes.length} maps`, integer(result.total)]]
    : [['Σ (x − x₀)·w', integer(result.total)]];
  steps.push(...ending(result, context));
  const cell = cellFor(rows, columns);
  const [wide, high] = [columns * cell.w, rows * cell.h];
  const sign = (text, x) => ({ text, x, y: TOP + high / 2 + 4, fill: '--dim', anchor: 'middle', size: 16 });
  const x = 2 * wide + 52;
  const items = [
    ...grid(0, TOP, plane.values, columns, cell, levels(from)),
    ...weights(wide + 26, TOP, plane.weights, columns, cell),
    caption(0, `x, x₀ = ${integer(layer.input_zero)}`),
    caption(wide + 26, 'w'),
    sign('·', wide + 13),
    sign('=', x - 13),
    ...list(x, TOP, steps),
  ];
  let bottom = TOP + high;
  if (planes.length > 1) {
    items.push(...bars(0, bottom + 22, planes, at, 2 * wide + 26));
    bottom += 56;
  }
  const below = slid(context, Math.max(bottom, TOP + LINE * steps.length) + 8, plane.channel, neuron.channel);
  return scene([...items, ...below.items], x + LIST, below.bottom, steps);
}

/** The map that a window slides over, and the map that this makes. */
function slid({ tensor, from, network, input, board, neuron, done }, y, channel, own) {
  const field = network.receptiveFields(neuron)[from.index];
  const place = { top: neuron.y, bottom: neuron.y + 1, left: neuron.x, right: neuron.x + 1 };
  if (!board || tensor.height * tensor.width === 1) return { items: [], bottom: y };
  const at = neuron.y * tensor.width + neuron.x + 1;
  const right = MAP_MAX + 36;
  return {
    items: [
      caption(0, `${from.name}, map ${channel}`, y + 8),
      ...littleMap(0, y + 14, from, input, channel, field),
      { text: '→', x: MAP_MAX + 18, y: y + 18 + MAP_MAX / 2, fill: '--dim', anchor: 'middle', size: 16 },
      caption(right, `${tensor.name}, map ${own}`, y + 8),
      ...littleMap(right, y + 14, tensor, board, own, place, done ?? Infinity),
      caption(right + MAP_MAX + 12, `output ${integer(at)} of ${integer(tensor.height * tensor.width)}`, y + 24),
    ],
    bottom: y + 16 + MAP_MAX,
  };
}

function levels(from) {
  if (from.isStimulus) return (value) => ['grey', (value + 128) / 255];
  if (from.isSigned) return (value) => ['signed', 0.5 + (value - from.zero) / 256];
  return (value) => ['activation', (value - from.zero) / Math.max(1, 127 - from.zero)];
}

function denseScene(context) {
  const { network, layer, neuron, input, from, done } = context;
  const result = dense(network, layer, input, neuron.channel);
  const isOn = done !== null && done < result.parts.length;
  const steps = isOn
    ? [[`Σ of ${integer(done)} of ${integer(input.length)}`, integer(result.parts.subarray(0, done).reduce((sum, part) => sum + part, 0))]]
    : [[`Σ of ${integer(input.length)} products`, integer(result.total)], ...ending(result, context)];
  const order = isOn
    ? Array.from({ length: Math.min(done, LARGEST) }, (_, row) => done - 1 - row)
    : [...result.parts.keys()].sort((a, b) => Math.abs(result.parts[b]) - Math.abs(result.parts[a])).slice(0, LARGEST);
  const picture = products(from, result.parts, done ?? Infinity);
  const scale = Math.max(1, Math.min(4, Math.floor(112 / picture.height), Math.floor(140 / picture.width)));
  const [w, h] = [picture.width * scale, picture.height * scale];
  const [x, width] = [Math.max(w, 120) + 24, 230];
  const below = TOP + Math.max(h, LINE * 5) + 18;
  const items = [
    caption(0, '(x − x₀)·w, by map'),
    { image: picture, x: 0, y: TOP, w, h },
    ...list(x, TOP, steps, width),
    caption(0, isOn ? 'the newest products' : 'the largest products', below),
  ];
  const size = from.height * from.width;
  order.forEach((at, row) => {
    const [c, pixel] = [Math.floor(at / size), at % size];
    const place = size === 1 ? `${c}` : `map ${c} (${Math.floor(pixel / from.width)}, ${pixel % from.width})`;
    const weight = layer.weights.data[neuron.channel * input.length + pixel * from.channels + c];
    const text = `(${integer(input[at])} − ${integer(layer.input_zero)})·${integer(weight)}`.replace('− −', '+ ');
    const y = below + 17 * (row + 1);
    items.push({ text: place, x: 0, y, fill: '--dim', size: 11 });
    items.push({ text: `${text} = ${integer(result.parts[at])}`, x: 240, y, anchor: 'end', size: 11 });
  });
  return scene(items, x + width, below + 17 * (LARGEST + 0.5), steps);
}

/** From the sum to the board's number. */
function ending(result, { layer, tensor, neuron: { channel }, own, frame }) {
  const steps = [[`+ bias ${integer(result.bias)}`, integer(result.acc)]];
  if (tensor.is_logits) {
    const logit = Math.fround(Math.fround(result.acc) * layer.multipliers[channel]);
    const board = frame.array('logits')?.[channel];
    const written = (value) => value?.toPrecision(7).replace('-', '−');
    return [...steps, [`× scale ${real(layer.multipliers[channel])}`, written(logit)], agreement(Object.is(logit, board), written(board))];
  }
  const { multiplier, product, rounded, shifted, value } = requantise(result.acc, layer, channel);
  const clamp = layer.min === layer.zero ? 'ReLU' : 'clamp';
  return [
    ...steps,
    [`× m = ${real(multiplier)}`, product.toFixed(3).replace('-', '−')],
    ['round, ties to even', integer(rounded)],
    [`+ y₀ = ${integer(layer.zero)}`, integer(shifted)],
    [`${clamp} to ${integer(layer.min)}…${integer(layer.max)}`, integer(value)],
    agreement(value === own, own),
  ];
}

const agreement = (same, own) =>
  [same ? 'equals the board’s value' : 'differs from the board', integerOr(own), same ? 'ok' : 'differs'];
const integerOr = (value) => (typeof value === 'number' ? integer(value) : (value ?? '–'));

function poolScene(context) {
  const { network, layer, neuron, input, own, from } = context;
  const result = maximum(network, layer, input, neuron);
  const cell = cellFor(result.rows, result.columns);
  const [wide, high] = [result.columns * cell.w, result.rows * cell.h];
  const steps = [
    [`largest of ${result.rows}×${result.columns}`, integer(result.value)],
    agreement(result.value === own, own),
  ];
  const winner = result.values.indexOf(result.value);
  const items = [
    caption(0, `${from.name}, map ${neuron.channel}`),
    ...grid(0, TOP, result.values, result.columns, cell, levels(from)),
    {
      rect: [(winner % result.columns) * cell.w + 1, TOP + Math.floor(winner / result.columns) * cell.h + 1, cell.w - 2, cell.h - 2],
      line: '--warm',
      width: 2,
    },
    ...list(wide + 26, TOP, steps),
  ];
  const below = slid(context, Math.max(TOP + high, TOP + LINE * 2) + 8, neuron.channel, neuron.channel);
  return scene([...items, ...below.items], Math.max(wide + 26 + LIST, 340), below.bottom, steps);
}

function lookupScene({ layer, neuron, input, own, tensor, from }) {
  const at = (neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x;
  const value = layer.table[input[at] + 128];
  const steps = [
    [`x, of ${from.name}`, integer(input[at])],
    [`entry ${integer(input[at] + 128)} of the table`, integer(value)],
    agreement(value === own, own),
  ];
  return scene(list(0, TOP, steps), LIST, TOP + LINE * 4, steps);
}

/** A sum or a product of two tensors, element by element. */
function pairScene({ network, layer, neuron, own, frame, tensor }) {
  const at = (neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x;
  const isSum = layer.op === 'add';
  const [a, b] = layer.inputs.map((input, side) => {
    const value = frame.values(input)?.[at];
    const factor = isSum ? layer.factors[side] : 1;
    return { name: network.tensors[input].name, value, steps: (value - layer.input_zeros[side]) * factor };
  });
  const of = isSum ? '(x − x₀) · factor' : 'x − x₀';
  const acc = isSum ? a.steps + b.steps : a.steps * b.steps;
  const { multiplier, product, rounded, shifted, value } = requantise(acc, layer, 0);
  const steps = [
    ...[a, b].flatMap((side) => [[`x, of ${side.name}`, integer(side.value)], [of, integer(side.steps)]]),
    [isSum ? 'sum' : 'product', integer(acc)],
    [`× m = ${real(multiplier)}`, product.toFixed(3).replace('-', '−')],
    ['round, ties to even', integer(rounded)],
    [`+ y₀ = ${integer(layer.zero)}`, integer(shifted)],
    [`clamp to ${integer(layer.min)}…${integer(layer.max)}`, integer(value)],
    agreement(value === own, own),
  ];
  return scene(list(0, TOP, steps), LIST, TOP + LINE * steps.length, steps);
}

function depthScene({ network, layer, neuron, own }) {
  const from = network.tensors[layer.inputs[0]];
  const to = network.tensors[layer.output];
  const [rows, columns] = layer.block;
  const channel = ((neuron.y % rows) * columns + (neuron.x % columns)) * to.channels + neuron.channel;
  const steps = [[`map ${channel} of ${from.name}, unchanged`, integer(own)]];
  return scene(list(0, TOP, steps), LIST, TOP + LINE * 2, steps);
}

function concatScene({ network, layer, neuron, own }) {
  let channel = neuron.channel;
  let from = network.tensors[layer.inputs[0]];
  for (const input of layer.inputs) {
    from = network.tensors[input];
    if (channel < from.channels) break;
    channel -= from.channels;
  }
  const steps = [[`map ${channel} of ${from.name}, unchanged`, integer(own)]];
  return scene(list(0, TOP, steps), LIST, TOP + LINE * 2, steps);
}
