// An image that drives a neuron on the board, evolved by the neuron's rates alone: the
// generations, the rates and the best image so far.

import { disable, fill } from './controls.js';
import { evolutionScene, strip } from './evolution_scene.js';
import { paintColours } from './maps.js';
import { integer, significant } from './number.js';
import { show } from './scene.js';

const $ = (id) => document.getElementById(id);
const IDLE = 'Which image drives a neuron most? Images evolve by the neuron’s rates alone; the board answers each of them between frames.';
const REPLAYED = 'This is a recording: no neuron can be asked.';
/** The layer that stands for the scores. */
const CLASS = 'class';
const BUDGETS = [300, 1000, 3000, 10000];
const CHOICES = ['evolution-layer', 'evolution-channel', 'evolution-part', 'evolution-search', 'evolution-space', 'evolution-queries'];

export class Evolution {
  constructor(connection) {
    this.connection = connection;
    this.view = $('evolution');
    fill($('evolution-queries'), BUDGETS.map((count) => ({ value: String(count), text: integer(count) })), '3000');
    $('evolution-layer').addEventListener('change', () => this.bound());
    $('evolution-start').addEventListener('click', () => this.start());
    $('evolution-stop').addEventListener('click', () => connection.command('evolve', { what: 'stop' }));
    $('evolution-resume').addEventListener('click', () => connection.command('evolve', { what: 'resume' }));
    this.clear();
  }

  get tensor() {
    return this.network?.hidden.find(({ name }) => name === $('evolution-layer').value);
  }

  start() {
    const number = Number($('evolution-channel').value) || 0;
    const part = $('evolution-part').value;
    const target = this.tensor ? [this.tensor.name, number, part].filter((one) => one !== '').join(':') : `class:${number}`;
    const [optimiser, preset] = $('evolution-search').value.split(' ');
    this.connection.command('evolve', {
      what: {
        start: {
          target, optimiser, preset, generator: $('evolution-space').value, queries: Number($('evolution-queries').value), seed: 0,
        },
      },
    });
  }

  setState({ searches, generators, kept_search: kept, choice, phase }) {
    const entries = searches.map(({ optimiser, preset, source }) => ({ value: `${optimiser} ${preset}`, text: `${optimiser} · ${preset}`, source }));
    fill($('evolution-search'), entries, $('evolution-search').value || entries[0].value);
    $('evolution-search').title = entries.find(({ value }) => value === $('evolution-search').value)?.source ?? '';
    fill($('evolution-space'), generators.map((name) => ({ value: name, text: name })), $('evolution-space').value || generators[0]);
    const isSame = kept && ['board', 'model', 'engine'].every((part) => kept.choice[part] === choice[part]);
    this.kept = isSame ? kept : null;
    this.isReady = phase === 'ready';
    this.offer();
  }

  setNetwork(network) {
    this.network = network;
    const layers = network.hidden.map(({ name }) => ({ value: name, text: name }));
    fill($('evolution-layer'), [{ value: CLASS, text: 'class' }, ...layers], CLASS);
    $('evolution-channel').value = 3;
    this.bound();
    this.clear();
  }

  /** The selected neuron is the one that is driven next. */
  setNeuron(tensor, { channel, y, x }) {
    if (!this.network || tensor.isStimulus || this.isOn) return;
    const isClass = tensor.index === this.network.logits.index;
    $('evolution-layer').value = isClass ? CLASS : tensor.name;
    $('evolution-channel').value = channel;
    this.bound([y, x]);
  }

  /** What the layer has: its maps, and one unit of a map. */
  bound(unit) {
    const { tensor, network } = this;
    if (!network) return;
    const most = (tensor?.channels ?? network.labels.length) - 1;
    $('evolution-channel').max = most;
    $('evolution-channel').value = Math.max(0, Math.min(Number($('evolution-channel').value) || 0, most));
    const isMap = tensor && tensor.height * tensor.width > 1;
    const [y, x] = unit ?? (isMap ? [tensor.height >> 1, tensor.width >> 1] : [0, 0]);
    const parts = isMap
      ? [{ value: '', text: 'sum of the map' }, { value: `${y}:${x}`, text: `unit (${y}, ${x})` }]
      : [{ value: '', text: tensor ? 'its value' : 'its logit' }];
    fill($('evolution-part'), parts, parts.some(({ value }) => value === $('evolution-part').value) ? $('evolution-part').value : '');
  }

  /** While a recording is on the screen, no neuron can be asked. */
  setReplay(isOn) {
    this.isReplay = isOn;
    disable(CHOICES.map($), isOn);
    this.clear();
  }

  /** Which buttons there are now. */
  offer() {
    $('evolution-start').hidden = this.isOn;
    $('evolution-resume').hidden = this.isOn || !this.kept || this.isReplay;
    $('evolution-stop').hidden = !this.isOn || this.isReplay;
    $('evolution-start').disabled = this.isReplay || !this.isReady;
    const { evolve, spent } = this.kept ?? {};
    $('evolution-resume').title = this.kept ? `${evolve.target}, ${integer(spent)} of ${integer(evolve.queries)} queries` : '';
  }

  clear() {
    this.packet = null;
    this.isOn = false;
    this.blank();
    $('evolution-receipt').textContent = '';
    this.say(this.isReplay ? REPLAYED : IDLE);
    this.offer();
  }

  /** There is no image yet. */
  blank() {
    this.view.getContext('2d').clearRect(0, 0, this.view.width, this.view.height);
    this.view.setAttribute('aria-label', 'No evolved image yet');
    $('evolution-trace').toggleAttribute('hidden', true);
  }

  say(text, isWrong = false) {
    $('evolution-status').textContent = text;
    $('evolution-status').classList.toggle('wrong', isWrong);
  }

  setPacket(packet) {
    const { header, arrays } = packet;
    this.isOn = header.end === null;
    this.offer();
    if (header.error) {
      this.say(`${header.neuron}: ${header.error}`, true);
      return;
    }
    this.packet = packet;
    const queries = `${integer(header.spent)} of ${integer(header.queries)} queries`;
    $('evolution-receipt').textContent = `${header.neuron} · ${header.optimiser} ${header.preset} · ${header.generator} · seed ${header.seed}`;
    $('evolution-receipt').title = header.natural?.name ? `rate 0 is ${significant(header.natural.zero)}, the median of ${integer(header.natural.images)} digits; the best of them is ${header.natural.name}` : '';
    if (!arrays.has('picture')) {
      this.blank();
      const [count, all] = header.shown ?? [0, 0];
      this.say(`${all > 0 ? `${count} of ${all} digits shown; their median will be rate 0` : 'The board is asked'}${this.isOn ? '' : `; ${header.end}`}`);
      return;
    }
    paintColours(this.view, arrays.get('picture'));
    this.strip = strip(arrays.get('kept'), header.kept.length, this.strip);
    const { natural } = header;
    const beside = natural && natural.best !== null ? `; best of ${integer(natural.images)} digits ${significant(natural.best)}` : '';
    const status = `Rate ${significant(header.best_clean)} after ${queries}${beside}`;
    this.say(`${status}${this.isOn ? '' : `; ${header.end}`}`);
    this.view.setAttribute('aria-label', `Best image for ${header.neuron} so far. ${status}`);
    $('evolution-trace').toggleAttribute('hidden', false);
    show($('evolution-trace'), evolutionScene(packet, this.strip));
  }

  scene() {
    const { header } = this.packet;
    const trace = evolutionScene(this.packet, this.strip);
    const moved = trace.items.map((item) => move(item, 248, 24));
    return {
      width: 248 + trace.width, height: 284,
      items: [
        { text: header.neuron, x: 0, y: 12, bold: true },
        { image: this.view, x: 0, y: 24, w: 224, h: 224 },
        { text: `best so far: rate ${significant(header.best_clean)}, ${integer(header.spent)} queries`, x: 0, y: 264 },
        { text: $('evolution-receipt').textContent, x: 0, y: 280, size: 9, fill: '--dim' },
        ...moved,
      ],
    };
  }
}

/** An item of a scene at another place. */
function move(item, right, down) {
  if (item.rect) {
    const [x, y, w, h] = item.rect;
    return { ...item, rect: [x + right, y + down, w, h] };
  }
  if (item.points) return { ...item, path: line(item.points.map(([x, y]) => [x + right, y + down])) };
  return { ...item, x: item.x + right, y: item.y + down };
}

const line = (points) => points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
