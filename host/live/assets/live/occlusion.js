// The occlusion map, position by position.

import { css } from './colour.js';
import { ramp } from './controls.js';
import { canvas } from './maps.js';
import { paintInput } from './stimulus.js';
import { cut, integer, probability } from './number.js';

const $ = (id) => document.getElementById(id);
const IDLE = 'Which pixels matter? The board hides a patch at each position and computes the probability of the class again.';

export class Occlusion {
  constructor(connection) {
    this.connection = connection;
    this.view = $('occlusion');
    $('occlude').addEventListener('click', () => this.ask());
    $('occlude-stop').addEventListener('click', () => connection.command('cancel'));
    $('palette').addEventListener('change', () => this.draw());
  }

  ask() {
    const side = Number($('patch').value);
    const step = Number($('occlusion-stride').value);
    this.connection.command('occlude', {
      window: [side, side], stride: [step, step], fill: Number($('fill').value), class: null,
    });
  }

  setState(state) {
    const isOn = state.job === 'occlusion';
    $('occlude').disabled = isOn || state.phase !== 'ready';
    $('occlude-stop').hidden = !isOn;
  }

  setNetwork(network) {
    this.network = network;
    this.packet = null;
    const pen = this.view.getContext('2d');
    pen.clearRect(0, 0, this.view.width, this.view.height);
    this.view.setAttribute('aria-label', 'No occlusion map yet');
    $('occlusion-scale').replaceChildren();
    $('occlusion-status').textContent = IDLE;
  }

  setPacket(packet) {
    this.packet = packet;
    this.draw();
  }

  draw() {
    if (!this.packet) return;
    const { header, arrays } = this.packet;
    const { data, shape: [rows, columns] } = arrays.get('probabilities');
    const input = arrays.get('input');
    const [channels, height, width] = input.shape;
    const zoom = 8;
    if (this.view.width !== width * zoom) {
      this.view.width = width * zoom;
      this.view.height = height * zoom;
    }
    const pen = this.view.getContext('2d');
    const small = canvas(height, width);
    paintInput(small, input.data, channels, height, width);
    pen.imageSmoothingEnabled = false;
    pen.globalAlpha = 1;
    pen.fillStyle = '#000';
    pen.fillRect(0, 0, this.view.width, this.view.height);
    pen.globalAlpha = 0.55;
    pen.drawImage(small, 0, 0, width * zoom, height * zoom);
    pen.globalAlpha = 0.72;
    const [stepY, stepX] = header.stride;
    // A position is drawn where the patch's middle was, one step large.
    const offset = header.window.map((side, axis) => (side - header.stride[axis]) / 2);
    const palette = $('palette').value;
    for (let at = 0; at < data.length; at += 1) {
      if (Number.isNaN(data[at])) continue;
      pen.fillStyle = css(palette, data[at]);
      const [row, column] = [Math.floor(at / columns), at % columns];
      pen.fillRect((column * stepX + offset[1]) * zoom, (row * stepY + offset[0]) * zoom, stepX * zoom, stepY * zoom);
    }
    pen.globalAlpha = 1;
    this.say(header, rows * columns, data);
  }

  say(header, total, data) {
    const [h, w] = header.window;
    const lines = [
      `P(${header.label}) with a ${h}×${w} patch hidden; ${probability(header.base_probability)} with nothing hidden`,
      `${integer(header.done)} of ${integer(total)} positions; pixels matter where P is low`,
    ];
    if (header.end === 'stopped') lines.push('stopped early');
    else if (header.end) {
      const { macs_done: done, macs_full: full, count } = header.end;
      lines.push(`${cut(full / done, 1)}× fewer MACs than from scratch${count ? `; ${integer(Math.ceil(count / 1e6))} M ${this.network.counter === 'cycles' ? 'cycles' : 'instructions'}` : ''}`);
    }
    $('occlusion-status').replaceChildren(...lines.flatMap((line) => [line, document.createElement('br')]));
    const palette = $('palette').value;
    $('occlusion-scale').replaceChildren('P = 0', ramp(palette), '1');
    $('occlusion-scale').title = `P(${header.label}) with the patch at this position: where it is low, the hidden pixels matter.`;
    const lowest = data.reduce((least, value) => (value < least ? value : least), 1);
    this.view.setAttribute('aria-label', `Occlusion map of ${header.label}: ${header.done} of ${total} positions, lowest probability ${probability(lowest)}`);
  }

  scene() {
    const title = `P(${this.packet.header.label}) with a patch hidden`;
    return {
      width: 224, height: 248,
      items: [{ text: title, x: 0, y: 12, bold: true }, { image: this.view, x: 0, y: 24, w: 224, h: 224 }],
    };
  }
}
