// Class scores: the board's softmax of its logits.

import { many, percent } from './number.js';

/** Rows that are shown: with more classes, the likeliest. */
const ROWS_MAX = 12;

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
      name.title = `how the score of ${this.network.labels[at]} comes about`;
      bar.style.width = `${100 * probabilities[at]}%`;
      value.textContent = percent(probabilities[at]);
      row.classList.toggle('top', at === header.class);
    });
    const { expected } = header;
    this.result.textContent = expected === null ? '' : `it is a ${this.network.labels[expected] ?? expected}`;
    this.result.classList.toggle('wrong', expected !== null && expected !== header.class);
    this.last = { header, probabilities };
  }

  /** The class that is looked at, if it is one. */
  setSelection({ tensor, channel }) {
    const isOne = tensor === this.network.logits.index;
    for (const { row, at } of this.rows) row.classList.toggle('seen', isOne && at === channel);
  }

  scene() {
    const { probabilities, header } = this.last;
    const items = [{ text: `${this.network.logits.name}, softmax`, x: 0, y: 12, bold: true }];
    [...probabilities].forEach((value, at) => {
      const y = 24 + 20 * at;
      const isTop = at === header.class;
      items.push({ text: this.network.labels[at], x: 0, y: y + 12, bold: isTop });
      items.push({ rect: [28, y + 2, 200 * value, 12], fill: isTop ? '--accent' : '--dim' });
      items.push({ text: percent(value), x: 290, y: y + 12, anchor: 'end', bold: isTop });
    });
    return { width: 290, height: 24 + 20 * probabilities.length, items };
  }
}
