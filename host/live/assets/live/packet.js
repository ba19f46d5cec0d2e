// Packets: a JSON header and the arrays that it names. `host/live/src/packet.rs`
// draws the layout.

export const NETWORK = 1;
export const FRAME = 2;
export const OCCLUSION = 3;
export const PIXELS = 4;
export const ATTRIBUTION = 5;
export const CLIMB = 6;
export const FILE = 7;
export const ATTACK = 8;
export const EVOLUTION = 9;

const VIEWS = { i8: Int8Array, u8: Uint8Array, i32: Int32Array, f32: Float32Array };
const aligned = (bytes) => Math.ceil(bytes / 8) * 8;

/** Reads a packet; arrays are views into `buffer`, nothing is copied. */
export function decode(buffer) {
  const words = new DataView(buffer);
  const kind = words.getUint32(0, true);
  const text = new Uint8Array(buffer, 8, words.getUint32(4, true));
  const header = JSON.parse(new TextDecoder().decode(text));
  const arrays = new Map();
  for (const { name, type, shape, offset } of header.arrays) {
    const count = shape.reduce((product, side) => product * side, 1);
    arrays.set(name, { type, shape, data: new VIEWS[type](buffer, offset, count) });
  }
  return { kind, header, arrays, buffer };
}

/** A packet of pixels; `image` is an ImageData. */
export function pixels(number, source, image) {
  const { width, height } = image;
  return packet(PIXELS, { number, source, width, height }, image.data);
}

/** A packet with the bytes of a picture file, which the host decodes. */
export function file(number, source, bytes) {
  return packet(FILE, { number, source }, new Uint8Array(bytes));
}

function packet(kind, fields, data) {
  const header = new TextEncoder().encode(JSON.stringify(fields));
  const start = aligned(8 + header.length);
  const bytes = new Uint8Array(start + data.length);
  const words = new DataView(bytes.buffer);
  words.setUint32(0, kind, true);
  words.setUint32(4, header.length, true);
  bytes.set(header, 8);
  bytes.set(data, start);
  return bytes.buffer;
}
