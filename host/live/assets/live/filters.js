// The filters of a convolution: the board's own int8 weights.

import { ramp } from './controls.js';
import { canvas, paint } from './maps.js';
import { integer } from './number.js';

const $ = (id) => document.getElementById(id);
/** Input maps whose weights are shown side by side. */
const PLANES_MAX = 64;

/** How a filter is laid out: a square for each input map, of many the first ones. */
const shown = (depth) => (depth > PLANES_MAX
  ? `a square for each of the first ${PLANES_MAX} of ${depth} input maps`
  : `a square for each of ${depth} input maps`);

export class Filters {
  constructor() {
    this.view = $('filters');
    this.status = $('filters-status');
  }

  setNetwork(network) {
    this.network = network;
    this.drawn = null;
    this.weights = null;
  }

  setNeuron(neuron) {
    if (!neuron || !this.network) return;
    let { layer } = this.network.tensors[neuron.tensor];
    // A pool has no weights: those of the layer that it pools are shown.
    while (layer && !layer.weights && layer.inputs[0] > 0) layer = this.network.layers[layer.inputs[0] - 1];
    if (!layer?.weights) return;
    const key = `${layer.index} ${layer.op === 'dense' || layer.weights.shape[3] > 1 ? neuron.channel : ''}`;
    if (this.drawn === key) return;
    this.drawn = key;
    this.weights = layer.weights;
    if (layer.op === 'dense') this.dense(layer, neuron.channel);
    else if (layer.weights.shape[3] === 1) this.all(layer);
    else this.one(layer, Math.min(neuron.channel, layer.weights.shape[0] - 1));
    this.view.setAttribute('aria-label', this.status.textContent);
    $('filters-scale').replaceChildren('weight −128', ramp('signed'), '127');
  }

  /** Filters of one input map: all of them. */
  all(layer) {
    const [count, rows, columns] = layer.weights.shape;
    const tiles = Array.from({ length: count }, (_, at) => layer.weights.data.subarray(at * rows * columns, (at + 1) * rows * columns));
    this.tiles(tiles, rows, columns);
    this.name = this.network.tensors[layer.output].name;
    this.status.textContent = `${this.name}: ${count} filters of ${rows}×${columns}, int8 weights`;
  }

  /** One filter: its weights for each input map. */
  one(layer, channel) {
    const [, rows, columns, depth] = layer.weights.shape;
    const from = channel * rows * columns * depth;
    const tiles = Array.from({ length: Math.min(depth, PLANES_MAX) }, (_, plane) =>
      Int8Array.from({ length: rows * columns }, (__, at) => layer.weights.data[from + at * depth + plane]));
    this.tiles(tiles, rows, columns);
    this.name = `${this.network.tensors[layer.output].name}.${channel}`;
    this.status.textContent = `${this.name}: ${integer(rows * columns * depth)} int8 weights, ${shown(depth)}`;
  }

  dense(layer, channel) {
    const { channels, height, width } = this.network.tensors[layer.inputs[0]];
    const size = layer.weights.shape[1];
    const tiles = Array.from({ length: Math.min(channels, PLANES_MAX) }, (_, c) =>
      Int8Array.from({ length: height * width }, (__, at) => layer.weights.data[channel * size + at * channels + c]));
    this.tiles(tiles, height, width);
    this.name = `${this.network.tensors[layer.output].name}.${channel}`;
    this.status.textContent = `${this.name}: ${integer(size)} int8 weights, ${shown(channels)}`;
  }

  tiles(tiles, rows, columns) {
    const across = Math.ceil(Math.sqrt((tiles.length * (rows + 1) * 1.9) / (columns + 1)));
    const down = Math.ceil(tiles.length / across);
    const width = across * (columns + 1) - 1;
    const height = down * (rows + 1) - 1;
    const levels = new Uint8Array(width * height).fill(128);
    tiles.forEach((weights, at) => weights.forEach((weight, pixel) => {
      const row = Math.floor(at / across) * (rows + 1) + Math.floor(pixel / columns);
      const column = (at % across) * (columns + 1) + (pixel % columns);
      levels[row * width + column] = Math.round(127.5 + weight);
    }));
    const small = canvas(height, width);
    paint(small, levels, height, width, 'signed');
    const zoom = Math.max(1, Math.min(10, Math.floor(360 / width), Math.floor(190 / height)));
    this.view.width = width * zoom;
    this.view.height = height * zoom;
    const pen = this.view.getContext('2d');
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, width * zoom, height * zoom);
    // What lies between filters is transparent: a weight of zero is black.
    const after = tiles.length - (down - 1) * across;
    pen.clearRect((after * (columns + 1) - 1) * zoom, (down - 1) * (rows + 1) * zoom, width * zoom, rows * zoom);
    for (let at = 1; at < across; at += 1) pen.clearRect((at * (columns + 1) - 1) * zoom, 0, zoom, height * zoom);
    for (let at = 1; at < down; at += 1) pen.clearRect(0, (at * (rows + 1) - 1) * zoom, width * zoom, zoom);
  }

  scene() {
    const { width, height } = this.view;
    return { width, height: height + 24, items: [
      { text: `filters of ${this.name}`, x: 0, y: 12, bold: true },
      { image: this.view, x: 0, y: 24, w: width, h: height },
    ] };
  }
}
