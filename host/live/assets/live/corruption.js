// Damage to the stream: the picture as it was, and what the board sees of it.

import { disable, fill, ramp } from './controls.js';
import { integer, percent } from './number.js';
import { paintInput } from './stimulus.js';

const $ = (id) => document.getElementById(id);
const IDLE = 'How much damage does the network bear? Choose a kind: every picture of the stream is damaged before the board sees it.';
const REPLAYED = 'This is a recording: its pictures were damaged, or not, when it was made.';

export class Corruption {
  constructor(connection) {
    this.connection = connection;
    this.kinds = [];
    $('corruption-kind').addEventListener('change', () => this.ask());
    $('corruption-severity').addEventListener('input', () => this.ask());
    this.setReplay(false);
  }

  ask() {
    const kind = $('corruption-kind').value;
    const severity = Number($('corruption-severity').value);
    $('corruption-severity-value').textContent = severity;
    this.connection.command('corrupt', { what: kind === '' ? null : { kind, severity, seed: 0 } });
  }

  setState({ corruptions, corrupt }) {
    this.kinds = corruptions;
    this.corrupt = corrupt;
    this.offer();
    if (corrupt && !$('corruption-severity').matches(':active')) {
      $('corruption-severity').value = corrupt.severity;
      $('corruption-severity-value').textContent = corrupt.severity;
    }
  }

  setNetwork(network) {
    this.network = network;
    this.offer();
    this.clear();
  }

  /** While a recording is on the screen, nothing can be damaged. */
  setReplay(isOn) {
    this.isReplay = isOn;
    this.offer();
    this.clear();
  }

  /** What can be chosen now. */
  offer() {
    const isGrey = this.network?.input.channels === 1;
    const kinds = this.kinds.map(({ name, needs_colours: needsColours }) => {
      const off = needsColours && isGrey;
      return { value: name, text: off ? `${name} (needs colours)` : name, off };
    });
    fill($('corruption-kind'), [{ value: '', text: 'none' }, ...kinds], this.corrupt?.kind ?? '');
    const chosen = this.kinds.find(({ name }) => name === this.corrupt?.kind);
    disable([$('corruption-kind')], this.isReplay);
    disable([$('corruption-severity')], this.isReplay || chosen?.has_severities === false);
    $('corruption-severity').title = chosen?.has_severities === false ? `${chosen.name} has one severity` : '';
  }

  clear() {
    this.frame = null;
    this.seen = null;
    for (const [id, name] of [['corruption-before', 'picture'], ['corruption-after', 'damaged picture']]) {
      $(id).getContext('2d').clearRect(0, 0, $(id).width, $(id).height);
      $(id).setAttribute('aria-label', `No ${name} yet`);
    }
    $('corruption-scale').replaceChildren();
    this.say([this.isReplay ? REPLAYED : IDLE]);
  }

  setFrame({ header, array }) {
    const { corruption } = header;
    const original = array('original', true);
    if (!corruption || !original) {
      if (this.frame) this.clear();
      return;
    }
    this.frame = { header, original, damaged: array('input', true) };
    this.count(header);
    this.draw('corruption-before', original, `${header.source} as it was`);
    const { kind, severity, seed, stream, error } = corruption;
    const what = `${kind}${this.hasSeverities(kind) ? `, severity ${severity} of 5` : ''}`;
    this.draw('corruption-after', this.frame.damaged, `${header.source}, damaged by ${what}`);
    $('corruption-scale').replaceChildren('int8 −128', ramp('grey'), '127');
    if (error) {
      this.say([`Not damaged: ${error}.`], true);
      return;
    }
    const lines = [`${what} · seed ${seed}, stream ${integer(stream)}`];
    const { frames, right } = this.seen;
    if (frames > 0) lines.push(`Since it was chosen, ${integer(right)} of ${integer(frames)} digits right: ${percent(right / frames)}`);
    if (this.isReplay) lines.push(REPLAYED);
    this.say(lines);
  }

  hasSeverities(kind) {
    return this.kinds.find(({ name }) => name === kind)?.has_severities ?? true;
  }

  /** Digits whose class is known, and those of them that the board had right, since the damage changed. */
  count({ corruption, expected, class: taken }) {
    const { kind, severity, seed } = corruption;
    const key = [kind, severity, seed].join();
    if (this.seen?.key !== key) this.seen = { key, frames: 0, right: 0 };
    if (expected === null) return;
    this.seen.frames += 1;
    this.seen.right += Number(expected === taken);
  }

  draw(id, { data, shape: [channels, height, width] }, label) {
    paintInput($(id), data, channels, height, width);
    $(id).setAttribute('aria-label', label);
  }

  say(lines, isWrong = false) {
    $('corruption-status').replaceChildren(...lines.flatMap((line) => [line, document.createElement('br')]));
    $('corruption-status').classList.toggle('wrong', isWrong);
  }

  scene() {
    const { header } = this.frame;
    const { kind, severity, seed, stream } = header.corruption;
    return {
      width: 464, height: 268,
      items: [
        { text: `${header.source}: ${kind}, severity ${severity}`, x: 0, y: 12, bold: true },
        { image: $('corruption-before'), x: 0, y: 24, w: 224, h: 224 },
        { image: $('corruption-after'), x: 240, y: 24, w: 224, h: 224 },
        { text: 'as it was', x: 0, y: 264 },
        { text: `what the board sees · seed ${seed}, stream ${stream}`, x: 240, y: 264 },
      ],
    };
  }
}
