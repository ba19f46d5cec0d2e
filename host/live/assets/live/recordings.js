// Recording what comes from the host, and showing a recording in its place.

import { integer } from './number.js';
import { FRAME, NETWORK } from './packet.js';
import { Recorder, read } from './recording.js';
import { Replay } from './replay.js';
import { download } from './save.js';

const $ = (id) => document.getElementById(id);

export class Recordings {
  /** `take(packet)` shows a packet on the page, whose parts are `parts`. */
  constructor(parts, take, announcements) {
    const { view } = parts;
    this.view = view;
    this.take = take;
    this.announcements = announcements;
    this.recorder = new Recorder();
    this.replay = new Replay({
      packet: take,
      failed: (error) => this.leave(error),
      changed: (isOn) => {
        for (const part of [parts.corruption, parts.attacks, parts.evolution]) part.setReplay(isOn);
      },
      close: () => location.reload(),
    });
    /** What the board showed last, also while a recording is on the screen. */
    this.live = [];
    $('record').addEventListener('click', () => {
      if (this.recorder.isOn) this.stop();
      else if (view.networkPacket) this.start();
    });
  }

  /** A packet from the host: shown and recorded, unless a recording is on the screen. */
  arrive(packet) {
    if (packet.kind === NETWORK) this.live = [packet];
    if (packet.kind === FRAME) this.live = [...this.live.slice(0, 1), packet];
    if (this.replay.isOn) return;
    this.take(packet);
    this.record(packet);
  }

  /** Adds a packet of the network on the screen to the recording, the network's own included. */
  record(packet) {
    if (!this.recorder.isOn || packet.header.generation !== this.view.network?.generation) return;
    if (!this.recorder.add(packet)) this.stop();
  }

  start() {
    this.recorder.start(this.view.networkPacket);
    $('record').setAttribute('aria-pressed', true);
    $('record').textContent = 'Stop and save';
  }

  stop() {
    const { frames } = this.recorder;
    download(`cortexscope-${this.view.network.model}.ctxrec`, this.recorder.stop());
    $('record').setAttribute('aria-pressed', false);
    $('record').textContent = 'Record';
    this.announcements.speak(`Recording saved: ${integer(frames)} frames.`);
  }

  /** Shows the recording in a file. */
  async open(file) {
    if (!file) return;
    try {
      const packets = await read(file);
      if (this.recorder.isOn) this.stop();
      $('dialog').close();
      this.replay.open(file.name, packets);
      this.announcements.say();
    } catch (error) {
      this.refuse(file.name, error);
    }
  }

  /** The recording has fields that cannot be shown: the page goes back to the board. */
  leave(error) {
    Object.assign(this.view, {
      networkPacket: null, network: null, frame: null, isNew: false, occlusion: null, attribution: null, attack: null, climb: null, evolution: null,
      selected: null, hovered: null, swept: null,
    });
    for (const packet of this.live) this.take(packet);
    this.refuse(this.replay.name, error);
  }

  refuse(name, error) {
    this.announcements.speak(`Could not open ${name}: ${error.message}.`);
  }
}
