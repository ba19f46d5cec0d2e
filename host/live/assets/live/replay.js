// A recording in place of a board.

import { EVOLUTION, FRAME, NETWORK } from './packet.js';

const $ = (id) => document.getElementById(id);
/** A recording goes from one packet of these kinds to the next: a search goes on without frames. */
const MOMENTS = [FRAME, EVOLUTION];

export class Replay {
  /** `on` has `packet(packet)`, `changed(isOn)`, `failed(error)` for a recording that cannot be
   * shown, and `close()`. */
  constructor(on) {
    this.on = on;
    this.packets = null;
    $('replay-play').addEventListener('click', () => this.setPlaying(!this.isPlaying));
    $('replay-at').addEventListener('input', () => {
      this.setPlaying(false);
      this.attempt(() => this.go(Number($('replay-at').value)));
    });
    $('replay-close').addEventListener('click', () => this.close());
  }

  get isOn() {
    return this.packets !== null;
  }

  open(name, packets) {
    this.name = name;
    this.packets = packets;
    this.on.changed(true);
    this.network = null;
    this.index = 0;
    this.time = 0;
    this.frames = packets.map((_, at) => at).filter((at) => MOMENTS.includes(packets[at].packet.kind));
    this.unit = packets.some(({ packet }) => packet.kind === EVOLUTION) ? 'step' : 'frame';
    $('replay').hidden = false;
    $('replay-at').max = Math.max(0, this.frames.length - 1);
    $('replay-status').textContent = `${name}: no frames`;
    this.attempt(() => {
      this.showNetwork(0);
      this.go(0);
      this.setPlaying(this.frames.length > 1);
    });
  }

  close() {
    this.end();
    this.on.close();
  }

  end() {
    this.setPlaying(false);
    this.packets = null;
    this.on.changed(false);
    $('replay').hidden = true;
  }

  /** Does `work`, and leaves a recording whose fields make no sense to the page. */
  attempt(work) {
    if (!this.isOn) {
      work();
      return;
    }
    try {
      work();
    } catch (error) {
      this.end();
      this.on.failed(error);
    }
  }

  setPlaying(isPlaying) {
    this.isPlaying = isPlaying;
    $('replay-play').textContent = isPlaying ? 'Pause' : 'Play';
    $('replay-play').setAttribute('aria-pressed', isPlaying);
    this.started = performance.now() - (this.time ?? 0);
  }

  /** Shows frame or step number `index`, and what else came between it and its neighbours. */
  go(index) {
    const at = this.frames[index];
    if (at === undefined) return;
    const network = this.networkBefore(at);
    this.showNetwork(network);
    const first = Math.max(network, index === 0 ? 0 : this.frames[index - 1]) + 1;
    const next = this.frames[index + 1] ?? this.packets.length;
    // After a jump, what was on the screen when this came.
    if (index !== this.index + 1) {
      for (const kind of MOMENTS) this.showLast(kind, network, first);
    }
    for (let one = first; one < next; one += 1) {
      const { packet } = this.packets[one];
      // From here on, packets belong to another network.
      if (packet.kind === NETWORK) break;
      this.on.packet(packet);
    }
    this.index = index;
    this.time = this.packets[at].time;
    $('replay-at').value = index;
    $('replay-status').textContent = `${this.name}: ${this.unit} ${index + 1} of ${this.frames.length}`;
  }

  /** Shows the last packet of a kind between a network and `end`. */
  showLast(kind, network, end) {
    for (let at = end - 1; at > network; at -= 1) {
      if (this.packets[at].packet.kind === kind) {
        this.on.packet(this.packets[at].packet);
        return;
      }
    }
  }

  /** Where the network is whose frame is at `at`: a recording may go on across a change of model. */
  networkBefore(at) {
    let network = at;
    while (network > 0 && this.packets[network].packet.kind !== NETWORK) network -= 1;
    return network;
  }

  showNetwork(network) {
    if (network === this.network) return;
    this.network = network;
    this.on.packet(this.packets[network].packet);
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
