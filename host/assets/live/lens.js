// The lens: how one neuron's number comes about, in the board's own integers.

import { convolution, dense, maximum, requantise } from './arithmetic.js';
import { css, isLight } from './colour.js';
import { canvas, paint } from './maps.js';
import { integer, real } from './number.js';
import { show } from './scene.js';

const CELL = { w: 30, h: 23 };
const LINE = 18;
/** Width of the list of steps. */
const LIST = 200;

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

  setNeuron(neuron) {
    if (neuron?.tensor !== this.neuron?.tensor) this.chosen = null;
    this.neuron = neuron;
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
    const context = { network, layer, tensor, neuron, input, own: board?.[at], frame };
    const where = tensor.height * tensor.width === 1
      ? `${tensor.name} · ${tensor.is_logits ? `class ${network.labels[neuron.channel]}` : `neuron ${neuron.channel}`}`
      : `${tensor.name} · map ${neuron.channel} · (${neuron.y}, ${neuron.x})`;
    this.title.textContent = where;
    const scene = {
      conv: () => this.convolution(context),
      dense: () => this.dense(context),
      'max-pool': () => pool(context),
      lookup: () => lookup(context),
      concat: () => concat(context),
    }[layer.op]();
    this.plane.hidden = !(layer.op === 'conv' && layer.weights.shape[3] > 1);
    this.scene = scene;
    show(this.svg, scene);
  }

  convolution({ network, layer, neuron, input, own, frame, tensor }) {
    const result = convolution(network, layer, input, neuron);
    const largest = result.planes.reduce((best, { sum }, at) =>
      (Math.abs(sum) > Math.abs(result.planes[best].sum) ? at : best), 0);
    const at = this.chosen !== null && this.chosen < result.planes.length ? this.chosen : largest;
    const plane = result.planes[at];
    this.offerPlanes(network.tensors[layer.inputs[0]], result.planes);
    const steps = [];
    if (result.planes.length > 1) {
      steps.push([`Σ (x − x₀)·w, map ${plane.channel}`, integer(plane.sum)]);
      steps.push([`Σ over ${result.planes.length} maps`, integer(result.total)]);
    } else {
      steps.push(['Σ (x − x₀)·w', integer(result.total)]);
    }
    steps.push(...ending(result, layer, tensor, neuron.channel, own, frame));
    const cell = cellFor(result.rows, result.columns);
    const grid = result.columns * cell.w;
    const items = [
      ...values(0, 18, plane.values, result.columns, cell, this.levels(layer)),
      ...weights(grid + 26, 18, plane.weights, result.columns, cell),
      caption(0, `x, x₀ = ${integer(layer.input_zero)}`),
      caption(grid + 26, 'w'),
      { text: '·', x: grid + 13, y: 18 + (result.rows * cell.h) / 2 + 4, fill: '--dim', anchor: 'middle', size: 16 },
    ];
    const x = 2 * grid + 52;
    items.push({ text: '=', x: x - 13, y: 18 + (result.rows * cell.h) / 2 + 4, fill: '--dim', anchor: 'middle', size: 16 });
    items.push(...list(x, 18, steps));
    if (result.planes.length > 1) {
      items.push(...bars(0, 18 + result.rows * cell.h + 26, result.planes, at, 2 * grid + 26));
    }
    return scene(items, x + LIST, Math.max(18 + result.rows * cell.h + (result.planes.length > 1 ? 62 : 8), 18 + LINE * steps.length + 8), steps);
  }

  offerPlanes(from, planes) {
    if (this.offered === planes.length && this.offeredFor === from.index) return;
    this.offered = planes.length;
    this.offeredFor = from.index;
    const option = (value, text) => {
      const made = document.createElement('option');
      made.value = value;
      made.textContent = text;
      return made;
    };
    this.plane.replaceChildren(
      option('', `the map of ${from.name} that counts most`),
      ...planes.map(({ channel }, at) => option(at, `map ${channel} of ${from.name}`)),
    );
  }

  levels(layer) {
    const from = this.network.tensors[layer.inputs[0]];
    if (from.isStimulus) return (value) => ['grey', (value + 128) / 255];
    if (from.isSigned) return (value) => ['signed', 0.5 + (value - from.zero) / 256];
    return (value) => ['activation', (value - from.zero) / Math.max(1, 127 - from.zero)];
  }

  dense({ network, layer, neuron, input, own, frame, tensor }) {
    const result = dense(network, layer, input, neuron.channel);
    const from = network.tensors[layer.inputs[0]];
    const steps = [[`Σ of ${integer(input.length)} products`, integer(result.total)]];
    steps.push(...ending(result, layer, tensor, neuron.channel, own, frame));
    const order = [...result.parts.keys()].sort((a, b) => Math.abs(result.parts[b]) - Math.abs(result.parts[a])).slice(0, 6);
    const picture = products(from, result.parts);
    const scale = Math.max(1, Math.min(4, Math.floor(190 / picture.height), Math.floor(150 / picture.width)));
    const [w, h] = [picture.width * scale, picture.height * scale];
    const items = [
      caption(0, '(x − x₀)·w, by map'),
      { image: picture, x: 0, y: 18, w, h },
    ];
    const middle = Math.max(w, 130) + 18;
    items.push(caption(middle, 'the largest products'));
    order.forEach((at, row) => {
      const size = from.height * from.width;
      const [c, pixel] = [Math.floor(at / size), at % size];
      const place = size === 1 ? `${c}` : `map ${c} (${Math.floor(pixel / from.width)}, ${pixel % from.width})`;
      const weight = layer.weights.data[neuron.channel * input.length + pixel * from.channels + c];
      const text = `(${integer(input[at])} − ${integer(layer.input_zero)})·${integer(weight)}`.replace('− −', '+ ');
      items.push({ text: place, x: middle, y: 32 + LINE * row, fill: '--dim', size: 11 });
      items.push({ text: `${text} = ${integer(result.parts[at])}`, x: middle + 215, y: 32 + LINE * row, anchor: 'end', size: 11 });
    });
    const x = middle + 235;
    items.push(...list(x, 18, steps));
    return scene(items, x + LIST, Math.max(18 + h, 18 + LINE * 7), steps);
  }
}

/** From the sum to the board's number. */
function ending(result, layer, tensor, channel, own, frame) {
  const steps = [[`+ bias ${integer(result.bias)}`, integer(result.acc)]];
  if (tensor.is_logits) {
    const logit = Math.fround(Math.fround(result.acc) * layer.multipliers[channel]);
    const board = frame.array('logits')?.[channel];
    steps.push([`× scale ${real(layer.multipliers[channel])}`, logit.toPrecision(7).replace('-', '−')]);
    steps.push(agreement(Object.is(logit, board), board?.toPrecision(7).replace('-', '−')));
    return steps;
  }
  const { multiplier, product, rounded, shifted, value } = requantise(result.acc, layer, channel);
  const clamp = layer.min === layer.zero ? 'ReLU' : 'clamp';
  steps.push(
    [`× m = ${real(multiplier)}`, product.toFixed(3).replace('-', '−')],
    ['round, ties to even', integer(rounded)],
    [`+ y₀ = ${integer(layer.zero)}`, integer(shifted)],
    [`${clamp} to ${integer(layer.min)}…${integer(layer.max)}`, integer(value)],
    agreement(value === own, own),
  );
  return steps;
}

const agreement = (same, own) =>
  [same ? 'the board says the same' : 'the board says otherwise', integerOr(own), same ? 'ok' : 'differs'];
const integerOr = (value) => (typeof value === 'number' ? integer(value) : (value ?? '–'));

function pool({ network, layer, neuron, input, own }) {
  const result = maximum(network, layer, input, neuron);
  const from = network.tensors[layer.inputs[0]];
  const cell = cellFor(result.rows, result.columns);
  const steps = [
    [`largest of ${result.rows}×${result.columns}`, integer(result.value)],
    agreement(result.value === own, own),
  ];
  const level = (value) => (from.isSigned
    ? ['signed', 0.5 + (value - from.zero) / 256]
    : ['activation', (value - from.zero) / Math.max(1, 127 - from.zero)]);
  const items = values(0, 18, result.values, result.columns, cell, level);
  const winner = result.values.indexOf(result.value);
  items.push({
    rect: [(winner % result.columns) * cell.w + 1, 18 + Math.floor(winner / result.columns) * cell.h + 1, cell.w - 2, cell.h - 2],
    line: '--warm',
    width: 2,
  });
  items.push(caption(0, `${from.name}, map ${neuron.channel}`));
  const x = result.columns * cell.w + 26;
  items.push(...list(x, 18, steps));
  return scene(items, x + LIST, 18 + Math.max(result.rows * cell.h, LINE * 2) + 8, steps);
}

function lookup({ network, layer, neuron, input, own, tensor }) {
  const at = (neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x;
  const value = layer.table[input[at] + 128];
  const steps = [
    [`x, of ${network.tensors[layer.inputs[0]].name}`, integer(input[at])],
    [`entry ${integer(input[at] + 128)} of the table`, integer(value)],
    agreement(value === own, own),
  ];
  return scene(list(0, 18, steps), LIST, 18 + LINE * 4, steps);
}

function concat({ network, layer, neuron, own }) {
  let channel = neuron.channel;
  let from = network.tensors[layer.inputs[0]];
  for (const input of layer.inputs) {
    from = network.tensors[input];
    if (channel < from.channels) break;
    channel -= from.channels;
  }
  const steps = [[`map ${channel} of ${from.name}, unchanged`, integer(own)]];
  return scene(list(0, 18, steps), LIST, 18 + LINE * 2, steps);
}

function scene(items, width, height, steps) {
  return { items, width, height, label: steps.map(([name, value]) => `${name}: ${value}`).join('; ') };
}

const caption = (x, text) => ({ text, x, y: 10, fill: '--dim', size: 11 });

/** Cells that fit the lens; large kernels get small ones without numbers. */
function cellFor(rows, columns) {
  const factor = Math.min(1, 140 / (rows * CELL.h), 150 / (columns * CELL.w));
  return { w: Math.floor(CELL.w * factor), h: Math.floor(CELL.h * factor), hasText: factor > 0.75 };
}

function grid(x, y, numbers, columns, cell, colour) {
  return numbers.flatMap((value, at) => {
    const [left, top] = [x + (at % columns) * cell.w, y + Math.floor(at / columns) * cell.h];
    if (value === null) {
      return [{ rect: [left, top, cell.w - 1, cell.h - 1], line: '--line', dash: '2 2' }];
    }
    const [map, level] = colour(value);
    const box = { rect: [left, top, cell.w - 1, cell.h - 1], fill: css(map, level) };
    if (!cell.hasText) return [box];
    const fill = isLight(map, level) ? '#111' : '#eee';
    const text = { text: integer(value), x: left + cell.w / 2, y: top + cell.h / 2 + 4, anchor: 'middle', size: 10.5, fill };
    return [box, text];
  });
}

const values = (x, y, numbers, columns, cell, level) => grid(x, y, numbers, columns, cell, level);
const weights = (x, y, numbers, columns, cell) =>
  grid(x, y, numbers, columns, cell, (value) => ['signed', 0.5 + value / 254]);

function list(x, y, steps) {
  return steps.flatMap(([name, value, verdict], row) => {
    const isLast = verdict !== undefined;
    const fill = verdict === 'differs' ? '--warm' : isLast ? '--accent' : '--dim';
    return [
      { text: name, x, y: y + 13 + LINE * row, fill, size: 12 },
      { text: value, x: x + LIST, y: y + 13 + LINE * row, anchor: 'end', bold: isLast, size: 12 },
    ];
  });
}

/** Each input map's part of the sum, up for, down against. */
function bars(x, y, planes, chosen, width) {
  const most = Math.max(1, ...planes.map(({ sum }) => Math.abs(sum)));
  const step = Math.max(2, Math.min(12, Math.floor(width / planes.length)));
  const items = [{ text: 'part of each input map', x, y: y - 12, fill: '--dim', size: 11 }];
  planes.forEach(({ sum }, at) => {
    const size = (Math.abs(sum) / most) * 16;
    const top = sum >= 0 ? y + 16 - size : y + 16;
    items.push({ rect: [x + at * step, top, step - 1, Math.max(1, size)], fill: at === chosen ? '--accent' : css('signed', sum >= 0 ? 0.85 : 0.15) });
  });
  items.push({ rect: [x, y + 16, planes.length * step, 0.5], fill: '--dim' });
  return items;
}

/** All products of a dense layer, laid out as the maps they come from. */
function products(from, parts) {
  const most = parts.reduce((largest, part) => Math.max(largest, Math.abs(part)), 1);
  const across = from.height * from.width === 1
    ? Math.ceil(Math.sqrt(from.channels))
    : Math.ceil(Math.sqrt((from.channels * from.height) / from.width));
  const gap = from.height * from.width === 1 ? 0 : 1;
  const rows = Math.ceil(from.channels / across);
  const width = across * (from.width + gap) - gap;
  const height = rows * (from.height + gap) - gap;
  const levels = new Uint8Array(width * height).fill(128);
  parts.forEach((part, at) => {
    const size = from.height * from.width;
    const [c, pixel] = [Math.floor(at / size), at % size];
    const row = Math.floor(c / across) * (from.height + gap) + Math.floor(pixel / from.width);
    const column = (c % across) * (from.width + gap) + (pixel % from.width);
    levels[row * width + column] = Math.round(127.5 + (127.5 * part) / most);
  });
  const picture = canvas(height, width);
  paint(picture, levels, height, width, 'signed');
  return picture;
}
