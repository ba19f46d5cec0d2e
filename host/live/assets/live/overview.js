// The network from its first layer to its last: every map a tile, all tiles on
// one scale, and in each the receptive field of the selected neuron.

import { many } from './number.js';
import { css } from './colour.js';
import { Sheet } from './maps.js';
import { trace } from './receptive_field.js';

const GAP = 4;
/** The least side of a tile: a neuron of a dense layer is one value. */
const TILE_MIN = 8;
/** Pixels between columns. */
export const COLUMN_GAP = 22;
const SCALES = [16, 14, 12, 11, 10, 9, 8, 7, 6, 5, 4.5, 4, 3.5, 3, 2.5, 2, 1.5, 1];
/** Tiles that a column may have before it is paged. */
const TILES_MAX = 256;

/** How wide the text in an element is, whatever room the element has. */
function textWidth(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect().width;
}

export class Overview {
  /** `on` has `hover(neuron or null)`, `pick(neuron)` for keys and `press(neuron)` for clicks. */
  constructor(section, on) {
    this.section = section;
    this.columns = section.querySelector('.columns');
    this.overlay = section.querySelector('.overlay');
    this.on = on;
    this.layers = [];
    new ResizeObserver(() => this.layOut()).observe(section);
  }

  setNetwork(network) {
    this.network = network;
    this.layers = network.hidden.map((tensor) => this.column(tensor));
    this.columns.replaceChildren(...this.layers.map(({ element }) => element));
    this.values = null;
    this.layOut();
  }

  column(tensor) {
    const element = document.createElement('div');
    element.className = 'layer';
    const { layer, channels, height, width } = tensor;
    const caption = document.createElement('p');
    caption.className = 'caption';
    const shape = height * width === 1 ? `${channels} neurons` : `${channels}×${height}×${width}`;
    const lines = [shape, layer.what.replace('convolution', 'conv'), layer.macs > 0 ? `${many(layer.macs)} MACs` : 'no MACs'];
    caption.append(Object.assign(document.createElement('b'), { textContent: tensor.name }));
    for (const textContent of lines) {
      caption.append(document.createElement('br'), Object.assign(document.createElement('span'), { className: 'dim', textContent }));
    }
    const canvas = document.createElement('canvas');
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-roledescription', 'activation maps');
    canvas.setAttribute('aria-label',
      `${tensor.name}, ${channels} maps of ${height} by ${width}. Arrow keys choose a map, Shift and arrow keys a neuron in it; Enter slides the kernel over the map.`);
    const scale = document.createElement('p');
    scale.className = 'scale dim';
    const ramp = document.createElement('span');
    ramp.className = 'ramp';
    const most = (127 - tensor.zero) * tensor.scale;
    const name = tensor.isSigned ? 'signed' : 'activation';
    ramp.style.background = `linear-gradient(90deg, ${[0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => css(name, at)).join(',')})`;
    scale.append(tensor.isSigned ? `−${most.toPrecision(2)}` : '0', ramp, most.toPrecision(2));
    scale.title = `Values of ${tensor.name}: (int8 − ${tensor.zero}) × ${tensor.scale.toPrecision(3)}`;
    const pages = document.createElement('p');
    pages.className = 'pages dim';
    pages.hidden = channels <= TILES_MAX;
    const column = { tensor, element, canvas, caption, pages, first: 0, sheet: new Sheet(tensor) };
    if (!pages.hidden) this.addPages(column);
    element.append(caption, canvas, scale, pages);
    canvas.addEventListener('pointermove', (event) => this.on.hover(this.neuronAt(column, event)));
    canvas.addEventListener('pointerleave', () => this.on.hover(null));
    canvas.addEventListener('click', (event) => {
      const neuron = this.neuronAt(column, event);
      if (neuron) this.on.press(neuron);
    });
    canvas.addEventListener('keydown', (event) => this.key(column, event));
    canvas.addEventListener('focus', () => {
      if (this.selection?.tensor !== tensor.index) this.on.pick(this.strongest(tensor.index));
    });
    return column;
  }

  addPages(column) {
    const said = document.createElement('span');
    const turn = (step, name) => {
      const button = document.createElement('button');
      button.textContent = name;
      button.addEventListener('click', () => {
        const last = column.tensor.channels - 1;
        const first = column.first + step * TILES_MAX;
        if (first >= 0 && first <= last) column.first = first;
        this.layOut();
      });
      return button;
    };
    column.said = said;
    column.pages.append(turn(-1, 'previous'), ' ', said, ' ', turn(1, 'next'));
  }

  shown(column) {
    return Math.min(TILES_MAX, column.tensor.channels - column.first);
  }

  /** Places all tiles on the largest scale at which they fit. */
  layOut() {
    if (!this.network || this.layers.length === 0) return;
    const room = this.columns.getBoundingClientRect();
    const caption = Math.max(...this.layers.map(({ caption: { offsetHeight } }) => offsetHeight));
    const height = room.height - caption - 28;
    const captions = this.layers.map(({ caption }) => Math.min(textWidth(caption), 130));
    if (height < 40 || room.width < 80) return;
    for (const scale of SCALES) {
      const placed = this.layers.map((column) => this.grid(column, scale, height));
      const width = placed.reduce((all, grid, at) => all + Math.max(grid.width, captions[at]), 0)
        + COLUMN_GAP * (this.layers.length - 1);
      const fits = width <= room.width && placed.every((grid) => grid.height <= height);
      if (fits || scale === SCALES.at(-1)) {
        this.layers.forEach((column, at) => this.place(column, placed[at]));
        break;
      }
    }
    this.ratio = window.devicePixelRatio;
    this.draw();
  }

  grid(column, scale, height) {
    const { tensor } = column;
    const count = this.shown(column);
    const factor = Math.max(scale, TILE_MIN / Math.max(tensor.height, tensor.width));
    const [tileWidth, tileHeight] = [tensor.width * factor, tensor.height * factor].map(Math.round);
    const fit = Math.max(1, Math.floor((height + GAP) / (tileHeight + GAP)));
    const columns = Math.ceil(count / fit);
    const rows = Math.ceil(count / columns);
    return {
      columns,
      rows,
      tileWidth,
      tileHeight,
      width: columns * (tileWidth + GAP) - GAP,
      height: rows * (tileHeight + GAP) - GAP,
    };
  }

  place(column, grid) {
    const { canvas } = column;
    const ratio = window.devicePixelRatio;
    column.grid = grid;
    canvas.width = Math.round(grid.width * ratio);
    canvas.height = Math.round(grid.height * ratio);
    canvas.style.width = `${grid.width}px`;
    canvas.style.height = `${grid.height}px`;
    column.pen = canvas.getContext('2d');
    column.pen.imageSmoothingEnabled = false;
    if (column.said) {
      const end = column.first + this.shown(column);
      column.said.textContent = `${column.first}–${end - 1} of ${column.tensor.channels}`;
    }
  }

  tile(column, channel) {
    const { columns, tileWidth, tileHeight } = column.grid;
    const at = channel - column.first;
    if (at < 0 || at >= this.shown(column)) return null;
    return {
      x: (at % columns) * (tileWidth + GAP),
      y: Math.floor(at / columns) * (tileHeight + GAP),
      w: tileWidth,
      h: tileHeight,
    };
  }

  neuronAt(column, event) {
    const { columns, tileWidth, tileHeight } = column.grid;
    const { tensor } = column;
    const [px, py] = [event.offsetX, event.offsetY];
    const [cx, cy] = [Math.floor(px / (tileWidth + GAP)), Math.floor(py / (tileHeight + GAP))];
    const at = cy * columns + cx;
    if (cx < 0 || cy < 0 || cx >= columns || at >= this.shown(column)) return null;
    const x = Math.floor(((px - cx * (tileWidth + GAP)) / tileWidth) * tensor.width);
    const y = Math.floor(((py - cy * (tileHeight + GAP)) / tileHeight) * tensor.height);
    if (x >= tensor.width || y >= tensor.height || x < 0 || y < 0) return null;
    return { tensor: tensor.index, channel: column.first + at, y, x };
  }

  /** The neuron of a tensor with the largest value. */
  strongest(tensor, channel = null) {
    const { height, width, channels } = this.network.tensors[tensor];
    const values = this.values?.(tensor);
    const size = height * width;
    let best = channel === null ? 0 : channel * size;
    const end = channel === null ? channels * size : (channel + 1) * size;
    for (let at = best; values && at < end; at += 1) if (values[at] > values[best]) best = at;
    return {
      tensor,
      channel: Math.floor(best / size),
      y: Math.floor((best % size) / width),
      x: best % width,
    };
  }

  key(column, event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[event.key];
    if (!step && event.key !== 'Enter') return;
    event.preventDefault();
    const { tensor } = column;
    const now = this.selection?.tensor === tensor.index ? this.selection : this.strongest(tensor.index);
    if (!step) {
      this.on.press(now);
      return;
    }
    if (event.shiftKey) {
      const within = (value, size) => Math.min(size - 1, Math.max(0, value));
      this.on.pick({
        ...now,
        y: within(now.y + step[0], tensor.height),
        x: within(now.x + step[1], tensor.width),
      });
      return;
    }
    const channel = now.channel + step[0] * column.grid.columns + step[1];
    if (channel < 0 || channel >= tensor.channels) return;
    if (channel < column.first || channel >= column.first + TILES_MAX) {
      column.first = Math.floor(channel / TILES_MAX) * TILES_MAX;
      this.layOut();
    }
    this.on.pick(this.strongest(tensor.index, channel));
  }

  /** `values(tensor)` gives the int8 of a tensor. */
  setFrame(values) {
    this.values = values;
    for (const { sheet, tensor } of this.layers) {
      const data = values(tensor.index);
      if (data) sheet.draw(data);
    }
    this.draw();
  }

  draw() {
    const ratio = window.devicePixelRatio;
    for (const column of this.layers) {
      const { pen, sheet, tensor, grid } = column;
      if (!grid) continue;
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, grid.width, grid.height);
      for (let at = 0; at < this.shown(column); at += 1) {
        const channel = column.first + at;
        const { x, y, w, h } = this.tile(column, channel);
        pen.drawImage(sheet.canvas, 0, channel * tensor.height, tensor.width, tensor.height, x, y, w, h);
      }
    }
    this.mark();
  }

  setSelection(selection) {
    this.selection = selection;
    this.mark();
  }

  /** Outlines the receptive field of the selected neuron in every layer before it. */
  mark() {
    const ratio = window.devicePixelRatio;
    const frame = this.section.getBoundingClientRect();
    const { overlay } = this;
    const [width, height] = [Math.round(frame.width * ratio), Math.round(frame.height * ratio)];
    if (overlay.width !== width || overlay.height !== height) {
      overlay.width = width;
      overlay.height = height;
    }
    const pen = overlay.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, frame.width, frame.height);
    trace(pen, this, ({ canvas }) => {
      const box = canvas.getBoundingClientRect();
      return [box.left - frame.left, box.top - frame.top];
    });
  }
}
