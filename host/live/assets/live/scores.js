// Class scores: the softmax of the board's logits.

import { many, percent } from './number.js';
import { textSize } from './scene.js';

/** Rows that are shown; of more classes, the most likely. */
const ROWS_MAX = 12;
/** The length of a bar for probability 1, in a saved drawing. */
const BAR = 200;

export class Scores {
  /** `on` has `hover(neuron or null)` and `press(neuron)`. */
  constructor(section, on) {
    this.on = on;
    this.body = section.querySelector('tbody');
    this.caption = section.querySelector('.caption');
    this.result = section.querySelector('.result');
  }

  setNetwork(network) {
    this.network = network;
    const { layer } = network.logits;
    this.caption.innerHTML = '<b></b><br><span class="dim"></span><br><span class="dim"></span><br><span class="dim"></span>';
    const lines = [network.logits.name, `${network.labels.length} scores`, `${layer.what}, softmax`, `${many(layer.macs)} MACs`];
    lines.forEach((line, at) => { this.caption.children[2 * at].textContent = line; });
    this.rows = Array.from({ length: Math.min(ROWS_MAX, network.labels.length) }, (_, index) => {
      const row = document.createElement('tr');
      row.innerHTML = '<th scope="row"><button></button></th><td class="track"><i></i></td><td></td>';
      const [name, track, value] = row.children;
      const made = { row, name: name.firstChild, bar: track.firstChild, value, at: index };
      const neuron = () => ({ tensor: network.logits.index, channel: made.at, y: 0, x: 0 });
      row.addEventListener('pointerenter', () => this.on.hover(neuron()));
      row.addEventListener('pointerleave', () => this.on.hover(null));
      row.addEventListener('click', () => this.on.press(neuron()));
      return made;
    });
    this.body.replaceChildren(...this.rows.map(({ row }) => row));
    this.result.textContent = '';
  }

  setFrame({ header, arrays }) {
    const probabilities = arrays.get('probabilities').data;
    let order = [...probabilities.keys()];
    if (order.length > ROWS_MAX) {
      order = order.sort((a, b) => probabilities[b] - probabilities[a]).slice(0, ROWS_MAX);
    }
    order.forEach((at, index) => {
      const { row, name, bar, value } = this.rows[index];
      this.rows[index].at = at;
      name.textContent = this.network.labels[at];
      name.title = `Show how the score of ${this.network.labels[at]} is computed`;
      bar.style.width = `${100 * probabilities[at]}%`;
      value.textContent = percent(probabilities[at]);
      row.classList.toggle('top', at === header.class);
    });
    const { expected } = header;
    this.result.textContent = expected === null ? '' : `expected: ${this.network.labels[expected] ?? expected}`;
    this.result.classList.toggle('wrong', expected !== null && expected !== header.class);
    this.last = { header, probabilities, order };
  }

  /** The class that is looked at, if it is one. */
  setSelection({ tensor, channel }) {
    const isOne = tensor === this.network.logits.index;
    for (const { row, at } of this.rows) row.classList.toggle('seen', isOne && at === channel);
  }

  /** The rows on the screen; bars begin after the longest label. */
  scene() {
    const { probabilities, header, order } = this.last;
    const labels = order.map((at) => this.network.labels[at]);
    const start = Math.max(...labels.map((label) => textSize(label, 12, true))) + 8;
    const width = start + BAR + 62;
    const hidden = probabilities.length - order.length;
    const title = hidden > 0
      ? `${this.network.logits.name}, softmax: the ${order.length} most likely of ${probabilities.length} classes`
      : `${this.network.logits.name}, softmax`;
    const items = [{ text: title, x: 0, y: 12, bold: true }];
    order.forEach((at, row) => {
      const y = 24 + 20 * row;
      const isTop = at === header.class;
      items.push({ text: labels[row], x: 0, y: y + 12, bold: isTop });
      items.push({ rect: [start, y + 2, BAR * probabilities[at], 12], fill: isTop ? '--accent' : '--dim' });
      items.push({ text: percent(probabilities[at]), x: width, y: y + 12, anchor: 'end', bold: isTop });
    });
    return { width, height: 24 + 20 * order.length, items };
  }
}
