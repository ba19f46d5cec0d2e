// The overview as scenes, for files.

import { integer } from './number.js';
import { COLUMN_GAP } from './overview.js';
import { ScenePen, textSize } from './scene.js';
import { trace } from './receptive_field.js';

/** The height of three lines over a layer's maps. */
const CAPTION = 56;

/** All layers beside each other, with the receptive field of the selected neuron in each. */
export function networkScene(overview) {
  const items = [];
  const places = new Map();
  let x = 0;
  for (const column of overview.layers) {
    const { tensor: { channels, height, width, name, layer }, canvas: image, grid } = column;
    const lines = [name, `${integer(channels)}×${height}×${width}`, layer.what];
    lines.forEach((text, row) => items.push({ text, x, y: 12 + 16 * row, bold: row === 0, fill: row === 0 ? '--ink' : '--dim' }));
    items.push({ image, x, y: CAPTION, w: grid.width, h: grid.height });
    places.set(column, [x, CAPTION]);
    x += Math.max(grid.width, ...lines.map((text) => textSize(text, 12, true))) + COLUMN_GAP;
  }
  const pen = new ScenePen();
  trace(pen, overview, (column) => places.get(column));
  const height = CAPTION + Math.max(...overview.layers.map(({ grid }) => grid.height));
  return { width: x - COLUMN_GAP, height, items: [...items, ...pen.items] };
}

/** The maps of one tensor. */
export function layerScene(overview, index) {
  const { tensor: { channels, height, width, name, layer }, canvas: image, grid } = overview.layers.find(({ tensor }) => tensor.index === index);
  const top = 40;
  return {
    width: grid.width,
    height: grid.height + top,
    items: [
      { text: name, x: 0, y: 12, bold: true },
      { text: `${integer(channels)} maps of ${height}×${width}, ${layer.what}`, x: 0, y: 28, fill: '--dim' },
      { image, x: 0, y: top, w: grid.width, h: grid.height },
    ],
  };
}
