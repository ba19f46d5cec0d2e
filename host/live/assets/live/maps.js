// Maps of values as little pictures, one value a pixel.

import { int8Colours, table } from './colour.js';

/** A canvas of `height`×`width` pixels. */
export function canvas(height, width) {
  const made = document.createElement('canvas');
  made.height = height;
  made.width = width;
  return made;
}

/** All maps of an int8 tensor, one under the other, on a canvas that is kept. */
export class Sheet {
  constructor(tensor) {
    this.tensor = tensor;
    this.canvas = canvas(tensor.channels * tensor.height, tensor.width);
    this.pen = this.canvas.getContext('2d', { willReadFrequently: false });
    this.image = this.pen.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.colours = int8Colours(tensor);
  }

  draw(values) {
    const { pixels, colours } = this;
    for (let at = 0; at < pixels.length; at += 1) pixels[at] = colours[values[at] + 128];
    this.pen.putImageData(this.image, 0, 0);
  }
}

/** Draws a picture of `[height, width]` pixels; `colour(at)` is a pixel as 32-bit RGBA. */
function fill(target, height, width, colour) {
  if (target.width !== width || target.height !== height) {
    target.width = width;
    target.height = height;
  }
  const pen = target.getContext('2d');
  const image = pen.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = colour(at);
  pen.putImageData(image, 0, 0);
}

/** Draws `[height, width]` values, scaled to 0…255, in a map's colours. */
export function paint(target, values, height, width, map = 'grey') {
  const colours = table(map);
  fill(target, height, width, (at) => colours[values[at]]);
}

/** Draws a `[height, width, 3]` picture of the host's. */
export function paintColours(target, { data, shape: [height, width] }) {
  fill(target, height, width, (at) =>
    (255 << 24) | (data[3 * at + 2] << 16) | (data[3 * at + 1] << 8) | data[3 * at]);
}
