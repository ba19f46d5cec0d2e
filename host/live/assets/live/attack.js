// An attack on the frame: x, what was added, and x′, with what the float network and the
// board answer to both. The host computes it, frame by frame; the board answers between frames.

import { disable, fill } from './controls.js';
import { paintColours } from './maps.js';
import { percent, significant } from './number.js';

const $ = (id) => document.getElementById(id);
const IDLE = 'How little changes the answer? Choose a method: the host changes every frame so that the float network takes it for something else, and asks the board about it.';
const REPLAYED = 'This is a recording: its frames were attacked, or not, when it was made.';
const PICTURES = { 'attack-x': 'picture.x', 'attack-change': 'picture.change', 'attack-changed': 'picture.changed' };
/** Steps of the slider of ε. */
const STEPS = 100;
/** The slider's last step, as a multiple of the ε to begin with. */
const WIDEST = 2;

export class Attacks {
  constructor(connection) {
    this.connection = connection;
    this.methods = [];
    $('attack-method').addEventListener('change', () => this.turn());
    $('attack-eps').addEventListener('input', () => this.ask());
    $('attack-target').addEventListener('change', () => this.ask());
    this.clear();
  }

  get chosen() {
    return this.methods.find(({ name }) => name === $('attack-method').value);
  }

  /** The greatest ε of the slider. */
  get widest() {
    const { eps, eps_max: most } = this.chosen ?? {};
    return eps ? Math.min(most, WIDEST * eps) : 0;
  }

  get eps() {
    return Number((this.widest * Number($('attack-eps').value) / STEPS).toFixed(4));
  }

  /** Another method, with its own ε. */
  turn() {
    const { eps } = this.chosen ?? {};
    if (eps) $('attack-eps').value = Math.round(STEPS * eps / this.widest);
    this.ask();
  }

  ask() {
    const target = $('attack-target').value;
    const method = $('attack-method').value;
    const what = method === '' ? null : { method, eps: this.eps, target: target === '' ? null : Number(target) };
    this.sayEps();
    this.connection.command('attack', { what });
  }

  sayEps() {
    const { norm } = this.chosen ?? {};
    const unit = norm === 'l2' ? 'L2' : 'of 0…1';
    $('attack-eps-value').textContent = this.widest > 0 ? `${significant(this.eps)} ${unit}` : '';
    const isFree = Boolean(this.chosen) && this.widest === 0;
    disable([$('attack-eps')], this.isReplay || isFree);
    $('attack-eps').title = isFree ? `${this.chosen.name} finds the size of its change itself` : 'in pixels from 0 to 1, before the model’s own normalisation';
  }

  setState({ attacks, attack }) {
    this.methods = attacks;
    fill($('attack-method'), [{ value: '', text: 'none' }, ...attacks.map(({ name }) => ({ value: name, text: name }))], attack?.method ?? '');
    $('attack-method').title = this.chosen?.summary ?? '';
    if (attack && !$('attack-eps').matches(':active')) $('attack-eps').value = Math.round(STEPS * attack.eps / (this.widest || 1));
    $('attack-target').value = attack?.target ?? '';
    this.sayEps();
    if (!attack && this.packet && !this.isReplay) this.clear();
  }

  setNetwork(network) {
    const classes = network.labels.map((label, index) => ({ value: String(index), text: `${index}` === label ? `class ${label}` : `${index} ${label}` }));
    fill($('attack-target'), [{ value: '', text: 'any other class' }, ...classes], $('attack-target').value);
    this.clear();
  }

  /** While a recording is on the screen, nothing can be attacked. */
  setReplay(isOn) {
    this.isReplay = isOn;
    disable([$('attack-method'), $('attack-target')], isOn);
    this.sayEps();
    this.clear();
  }

  clear() {
    this.packet = null;
    for (const [id, name] of Object.entries({ 'attack-x': 'frame', 'attack-change': 'change', 'attack-changed': 'changed frame' })) {
      $(id).getContext('2d').clearRect(0, 0, $(id).width, $(id).height);
      $(id).setAttribute('aria-label', `No ${name} yet`);
    }
    $('attack-answers').hidden = true;
    $('attack-step').textContent = 'change';
    $('attack-receipt').textContent = '';
    this.say(this.isReplay ? REPLAYED : IDLE);
  }

  say(text, isWrong = false) {
    $('attack-status').textContent = text;
    $('attack-status').classList.toggle('wrong', isWrong);
  }

  setPacket(packet) {
    const { header, arrays } = packet;
    if (header.error) {
      this.clear();
      this.say(`${header.method}: ${header.error}`, true);
      return;
    }
    this.packet = packet;
    const [[x], [step, size], [changed]] = header.lines;
    const words = { 'attack-x': x, 'attack-change': `${step}, ${size}; ${header.scale}`, 'attack-changed': changed };
    for (const [id, name] of Object.entries(PICTURES)) {
      paintColours($(id), arrays.get(name));
      $(id).setAttribute('aria-label', words[id]);
      $(id).title = words[id];
    }
    $('attack-step').textContent = header.eps === null ? 'change' : `${significant(header.eps)} × ${header.norm === 'l2' ? 'slope' : 'sign'}`;
    this.answer('float', header.float);
    this.answer('board', header.board);
    $('attack-answers').hidden = false;
    this.say([verdict(header), ...header.notes].join('; '));
    $('attack-receipt').textContent = `${header.model} · ${header.goal} · frame ${header.frame} · ${significant(1000 * header.seconds)} ms`;
    $('attack-receipt').title = `${header.model}.onnx ${header.model_sha256}; ${header.method}: ${header.paper}; ${header.queries} runs of the model; greatest change ${significant(header.greatest)}, L2 length ${significant(header.length)}; ${header.scale}; x′ has 8 bits and was judged so`;
  }

  /** A row of the table: what a network takes x and x′ for. */
  answer(who, { before, after }) {
    const text = (side) => (side ? `${side.label}, ${percent(side.probability)}` : '…');
    $(`attack-${who}-x`).textContent = text(before);
    $(`attack-${who}-changed`).textContent = text(after);
    $(`attack-${who}-changed`).classList.toggle('wrong', Boolean(before && after && before.class !== after.class));
  }

  scene() {
    const { header } = this.packet;
    const items = [{ text: `${header.method}${header.eps === null ? '' : `, ε ${significant(header.eps)}`}: ${header.input}`, x: 0, y: 12, bold: true }];
    Object.keys(PICTURES).forEach((id, at) => {
      items.push({ image: $(id), x: 256 * at, y: 24, w: 224, h: 224 });
      if (at > 0) items.push({ text: at === 1 ? '+' : '=', x: 256 * at - 16, y: 140, anchor: 'middle', bold: true });
      header.lines[at].forEach((line, row) => items.push({ text: line, x: 256 * at, y: 264 + 16 * row }));
    });
    items.push({ text: header.scale, x: 0, y: 304, size: 9, fill: '--dim' });
    items.push({ text: $('attack-receipt').textContent, x: 0, y: 318, size: 9, fill: '--dim' });
    return { width: 736, height: 324, items };
  }
}

/** Whose answer changed, in a sentence. */
function verdict({ float, board }) {
  const isFooled = ({ before, after }) => before.class !== after.class;
  const first = isFooled(float) ? 'The float network is fooled' : 'The float network is not fooled';
  if (!board.before || !board.after) return `${first}, and the board is being asked`;
  if (!isFooled(float) && !isFooled(board)) return 'Neither network is fooled';
  if (!isFooled(board)) return 'The float network is fooled, the board is not';
  if (!isFooled(float)) return 'The board is fooled, the float network is not';
  return board.after.class === float.after.class ? 'Both networks are fooled, in the same way' : 'Both networks are fooled, each in its own way';
}
