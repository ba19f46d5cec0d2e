// A recording in place of a board.

import { FRAME } from './packet.js';

const $ = (id) => document.getElementById(id);

export class Replay {
  /** `on` has `packet(packet)` and `close()`. */
  constructor(on) {
    this.on = on;
    this.packets = null;
    $('replay-play').addEventListener('click', () => this.setPlaying(!this.isPlaying));
    $('replay-at').addEventListener('input', () => {
      this.setPlaying(false);
      this.go(Number($('replay-at').value));
    });
    $('replay-close').addEventListener('click', () => this.close());
  }

  get isOn() {
    return this.packets !== null;
  }

  open(name, packets) {
    this.name = name;
    this.packets = packets;
    this.frames = packets.map((_, at) => at).filter((at) => packets[at].packet.kind === FRAME);
    $('replay').hidden = false;
    $('replay-at').max = Math.max(0, this.frames.length - 1);
    this.on.packet(packets[0].packet);
    this.go(0);
    this.setPlaying(this.frames.length > 1);
  }

  close() {
    this.setPlaying(false);
    this.packets = null;
    $('replay').hidden = true;
    this.on.close();
  }

  setPlaying(isPlaying) {
    this.isPlaying = isPlaying;
    $('replay-play').textContent = isPlaying ? 'Pause' : 'Play';
    $('replay-play').setAttribute('aria-pressed', isPlaying);
    this.started = performance.now() - (this.time ?? 0);
  }

  /** Shows frame number `index`, and what else came between it and the one before. */
  go(index) {
    const at = this.frames[index];
    if (at === undefined) return;
    const from = index === 0 ? 1 : this.frames[index - 1] + 1;
    for (let one = from; one <= at; one += 1) this.on.packet(this.packets[one].packet);
    const next = this.frames[index + 1] ?? this.packets.length;
    for (let one = at + 1; one < next; one += 1) this.on.packet(this.packets[one].packet);
    this.index = index;
    this.time = this.packets[at].time;
    $('replay-at').value = index;
    $('replay-says').textContent = `${this.name}: frame ${index + 1} of ${this.frames.length}`;
  }

  /** Called once a display frame. */
  tick() {
    if (!this.isOn || !this.isPlaying) return;
    const now = performance.now() - this.started;
    let index = this.index;
    while (index + 1 < this.frames.length && this.packets[this.frames[index + 1]].time <= now) index += 1;
    if (index !== this.index) this.go(index);
    if (index === this.frames.length - 1) this.setPlaying(false);
  }
}
