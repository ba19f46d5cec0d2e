// An input that a filter of the float network responds to most, growing step by
// step.

import { fill, ramp } from './controls.js';
import { paintColours } from './maps.js';
import { integer, significant } from './number.js';

const $ = (id) => document.getElementById(id);

export class Climb {
  constructor(connection) {
    this.connection = connection;
    this.view = $('climb');
    this.layers = [];
    $('climb-layer').addEventListener('change', () => this.bound());
    $('climb-start').addEventListener('click', () => this.ask());
    $('climb-stop').addEventListener('click', () => connection.command('ascend', { what: null }));
    this.clear();
  }

  ask() {
    const target = `${$('climb-layer').value}:${Number($('climb-channel').value) || 0}`;
    this.connection.command('ascend', { what: { target, preset: $('climb-preset').value, seed: 0 } });
  }

  setState(state) {
    const { float_layers: layers, float_error: error, presets } = state;
    this.layers = layers;
    fill($('climb-layer'), layers.map(({ name }) => ({ value: name, text: name })), $('climb-layer').value || layers[0]?.name);
    fill($('climb-preset'), presets.map((name) => ({ value: name, text: name })), $('climb-preset').value || presets.at(-1));
    $('climb-start').disabled = layers.length === 0;
    this.error = error;
    if (!this.packet) this.clear();
    this.bound();
  }

  /** The selected neuron is what an ascent will excite. */
  setNeuron(tensor, channel) {
    const layer = this.layers.find(({ name, shape }) => name === tensor.name && channel < shape[0]);
    if (!layer) return;
    $('climb-layer').value = layer.name;
    $('climb-channel').value = channel;
    this.bound();
  }

  bound() {
    const layer = this.layers.find(({ name }) => name === $('climb-layer').value);
    if (!layer) return;
    $('climb-channel').max = layer.shape[0] - 1;
    $('climb-channel').value = Math.min(Number($('climb-channel').value) || 0, layer.shape[0] - 1);
  }

  setNetwork() {
    this.clear();
  }

  clear() {
    this.packet = null;
    this.view.getContext('2d').clearRect(0, 0, this.view.width, this.view.height);
    this.view.setAttribute('aria-label', 'No picture yet');
    $('climb-status').textContent = this.error ?? 'What does a filter look for? The host changes an image step by step, so that the filter responds more and more.';
    $('climb-status').classList.toggle('wrong', Boolean(this.error));
    $('climb-receipt').textContent = '';
    $('climb-scale').replaceChildren();
    $('climb-stop').hidden = true;
    $('climb-start').hidden = false;
  }

  setPacket(packet) {
    const { header, arrays } = packet;
    const isOn = header.end === null;
    $('climb-stop').hidden = !isOn;
    $('climb-start').hidden = isOn;
    $('climb-status').classList.toggle('wrong', Boolean(header.error));
    if (header.error) {
      $('climb-status').textContent = header.error;
      return;
    }
    if (!arrays.has('picture')) return;
    this.packet = packet;
    paintColours(this.view, arrays.get('picture'));
    const status = `${header.words}: ${significant(header.value)} from ${significant(header.start)}, ${integer(header.step)} of at most ${integer(header.steps)} steps`;
    $('climb-status').textContent = isOn ? status : `${status}; ${header.end}`;
    $('climb-receipt').textContent = `${header.model}.onnx ${header.model_sha256.slice(0, 8)} · ${header.preset} · seed ${header.seed}`;
    $('climb-scale').replaceChildren('pixel 0', ramp('grey'), '255');
    this.view.setAttribute('aria-label', status);
  }

  scene() {
    const { header } = this.packet;
    return {
      width: 224, height: 284,
      items: [
        { text: header.words, x: 0, y: 12, bold: true },
        { image: this.view, x: 0, y: 24, w: 224, h: 224 },
        { text: `${significant(header.value)} from ${significant(header.start)}, ${integer(header.step)} steps`, x: 0, y: 264 },
        { text: $('climb-receipt').textContent, x: 0, y: 280, size: 9, fill: '--dim' },
      ],
    };
  }
}
