// How much each pixel of the frame contributes to a class score. The host computes
// it with the float network, for the newest frame.

import { fill, ramp } from './controls.js';
import { paintColours } from './maps.js';
import { significant } from './number.js';

const $ = (id) => document.getElementById(id);
const IDLE = 'Which pixels contribute to a class score? Choose a method; the host computes it with the float network, frame by frame.';

export class Attributions {
  constructor(connection) {
    this.connection = connection;
    this.view = $('attribution');
    for (const id of ['method', 'attribution-class']) $(id).addEventListener('change', () => this.ask());
    this.clear();
  }

  ask() {
    const method = $('method').value;
    const of = $('attribution-class').value;
    const what = method === '' ? null : { method, class: of === '' ? null : Number(of) };
    this.connection.command('attribute', { what });
  }

  setState({ methods, attribute }) {
    fill($('method'), [{ value: '', text: 'none' }, ...methods.map((name) => ({ value: name, text: name }))], attribute?.method ?? '');
    $('attribution-class').value = attribute?.class ?? '';
    if (!attribute && this.packet) this.clear();
  }

  setNetwork(network) {
    const classes = network.labels.map((label, index) => ({ value: String(index), text: `${index}` === label ? `class ${label}` : `${index} ${label}` }));
    fill($('attribution-class'), [{ value: '', text: 'the predicted class' }, ...classes], $('attribution-class').value);
    this.clear();
  }

  clear() {
    this.packet = null;
    this.view.getContext('2d').clearRect(0, 0, this.view.width, this.view.height);
    this.view.setAttribute('aria-label', 'No attribution yet');
    this.say(IDLE);
    $('attribution-receipt').textContent = '';
    $('attribution-scale').replaceChildren();
  }

  say(text, isWrong = false) {
    $('attribution-status').textContent = text;
    $('attribution-status').classList.toggle('wrong', isWrong);
  }

  setPacket({ header, arrays }) {
    if (header.error) {
      this.clear();
      this.say(`${header.method}: ${header.error}`, true);
      return;
    }
    this.packet = { header, arrays };
    paintColours(this.view, arrays.get('picture'));
    const { receipt, reach, unit, is_signed: isSigned } = header;
    const residuals = receipt.residuals.map(({ name, value }) => `${name} ${significant(value)}`);
    this.say([`${receipt.explained} ${significant(receipt.value)}: ${header.statement}`, ...residuals].join('; '));
    $('attribution-receipt').textContent = `${receipt.model}.onnx ${receipt.model_sha256.slice(0, 8)} · ${receipt.input} · frame ${header.frame} · ${significant(receipt.seconds * 1000)} ms`;
    $('attribution-receipt').title = JSON.stringify(receipt, null, 1);
    const [low, map] = isSigned ? [-reach, 'signed'] : [0, 'activation'];
    $('attribution-scale').replaceChildren(significant(low), ramp(map), `${significant(reach)} ${unit}`);
    $('attribution-scale').title = header.reach_words;
    this.view.setAttribute('aria-label', `${header.method} of ${receipt.explained}, from ${significant(low)} to ${significant(reach)} ${unit}`);
  }

  scene() {
    const { header } = this.packet;
    return {
      width: 224, height: 284,
      items: [
        { text: `${header.method}: ${header.receipt.explained}`, x: 0, y: 12, bold: true },
        { image: this.view, x: 0, y: 24, w: 224, h: 224 },
        { text: `${header.is_signed ? '±' : '0 to '}${significant(header.reach)} ${header.unit}`, x: 0, y: 264 },
        { text: $('attribution-receipt').textContent, x: 0, y: 280, size: 9, fill: '--dim' },
      ],
    };
  }
}
