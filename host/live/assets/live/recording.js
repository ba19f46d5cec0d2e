// Recordings: packets as they came, in one file. `host/live/src/lib.rs` describes the format.

import { decode, FRAME, NETWORK } from './packet.js';

const MAGIC = new TextEncoder().encode('CTXLIVE1');
/** Bytes that a recording may have. */
export const BYTES_MAX = 512 * 1024 * 1024;
const PACKET_BYTES_MAX = 64 * 1024 * 1024;

export class Recorder {
  constructor() {
    this.parts = null;
  }

  get isOn() {
    return this.parts !== null;
  }

  /** Begins with the network's packet, without which no frame can be read. */
  start(network) {
    this.begun = performance.now();
    this.parts = [MAGIC];
    this.bytes = MAGIC.length;
    this.frames = 0;
    this.add(network);
  }

  /** Takes a packet; false once the recording is full. */
  add({ kind, buffer }) {
    if (this.bytes + 8 + buffer.byteLength > BYTES_MAX) return false;
    const prefix = new DataView(new ArrayBuffer(8));
    prefix.setUint32(0, buffer.byteLength, true);
    prefix.setUint32(4, performance.now() - this.begun, true);
    this.parts.push(prefix, buffer);
    this.bytes += 8 + buffer.byteLength;
    this.frames += kind === FRAME ? 1 : 0;
    return true;
  }

  stop() {
    const file = new Blob(this.parts, { type: 'application/octet-stream' });
    this.parts = null;
    return file;
  }
}

/** The packets of a file, each with its time in milliseconds; throws an error that says what is wrong. */
export async function read(file) {
  if (file.size > BYTES_MAX) throw new Error('the file is larger than 512 MiB');
  const bytes = await file.arrayBuffer();
  const words = new DataView(bytes);
  const isOne = bytes.byteLength > 16 && MAGIC.every((byte, at) => words.getUint8(at) === byte);
  if (!isOne) throw new Error('the file is not a recording of Cortexscope');
  const packets = [];
  let at = MAGIC.length;
  while (at + 8 <= bytes.byteLength) {
    const length = words.getUint32(at, true);
    const time = words.getUint32(at + 4, true);
    at += 8;
    if (length > PACKET_BYTES_MAX || at + length > bytes.byteLength) throw new Error('the file ends too early');
    try {
      packets.push({ time, packet: decode(bytes.slice(at, at + length)) });
    } catch {
      throw new Error(`could not read packet ${packets.length}`);
    }
    at += length;
  }
  if (packets[0]?.packet.kind !== NETWORK) throw new Error('the file does not begin with a network');
  return packets;
}
