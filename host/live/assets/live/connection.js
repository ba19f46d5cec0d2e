// The WebSocket to the host, opened again when it is lost.

import { decode } from './packet.js';

const AGAIN_MS = 1000;

export class Connection {
  /** `on` has `text(document)`, `packet(packet, bytes)` and `lost()`. */
  constructor(on) {
    this.on = on;
    this.open();
  }

  open() {
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.on.text(JSON.parse(data));
      else this.on.packet(decode(data));
    };
    socket.onclose = () => {
      this.on.lost();
      setTimeout(() => this.open(), AGAIN_MS);
    };
    this.socket = socket;
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Bytes that the browser has not sent yet. */
  get waiting() {
    return this.socket.bufferedAmount;
  }

  command(type, fields = {}) {
    if (this.isOpen) this.socket.send(JSON.stringify({ type, ...fields }));
  }

  send(packet) {
    if (this.isOpen) this.socket.send(packet);
  }
}
