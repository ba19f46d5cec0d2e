// The receptive field of a neuron: outlines in every layer before it, and bands
// between them.

import { role } from './colour.js';

/** The accent on dark: tiles are dark in both themes. */
export const MARK = '#4cc2ff';

/**
 * Outlines the receptive field of the selected neuron of an overview; `placeOf(column)` is
 * where the column's maps begin, `[left, top]`.
 */
export function trace(pen, overview, placeOf) {
  const { network, selection, layers } = overview;
  if (!selection || !network) return;
  const fields = network.receptiveFields(selection);
  pen.strokeStyle = MARK;
  pen.fillStyle = role('accent');
  let after = null;
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const column = layers[at];
    const { tensor, grid } = column;
    const field = fields[tensor.index];
    if (!field || !grid) continue;
    const [left, top] = placeOf(column);
    const spots = spotsOf(overview, column, field).map((spot) => ({ ...spot, x: spot.x + left, y: spot.y + top }));
    if (spots.length === 0) continue;
    const isOwn = tensor.index === selection.tensor;
    const isOne = field.channels[1] - field.channels[0] === 1;
    pen.lineWidth = isOwn || isOne ? 2 : 1;
    pen.globalAlpha = isOwn || isOne ? 1 : 0.75;
    const isWhole = spots.length > 1 && field.bottom - field.top === tensor.height
      && field.right - field.left === tensor.width && spots.length === overview.shown(column);
    if (isWhole) pen.strokeRect(left - 2, top - 2, grid.width + 4, grid.height + 4);
    else for (const { x, y, w, h } of spots) pen.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
    const tile = (isOwn || isOne) && overview.tile(column, isOwn ? selection.channel : field.channels[0]);
    if (tile) {
      pen.lineWidth = 1;
      pen.strokeRect(tile.x + left - 1.5, tile.y + top - 1.5, tile.w + 3, tile.h + 3);
    }
    if (after) band(pen, spots, after, left + grid.width);
    after = spots;
  }
  pen.globalAlpha = 1;
}

/** Rectangles of a field, one for each tile that it covers. */
function spotsOf(overview, column, field) {
  const { tensor } = column;
  const spots = [];
  for (let channel = field.channels[0]; channel < field.channels[1]; channel += 1) {
    const tile = overview.tile(column, channel);
    if (!tile) continue;
    const [sx, sy] = [tile.w / tensor.width, tile.h / tensor.height];
    spots.push({
      x: tile.x + field.left * sx,
      y: tile.y + field.top * sy,
      w: (field.right - field.left) * sx,
      h: (field.bottom - field.top) * sy,
    });
  }
  return spots;
}

/** A band from a field to the one after it. */
function band(pen, from, to, right) {
  const [top, bottom] = [Math.min(...from.map(({ y }) => y)), Math.max(...from.map(({ y, h }) => y + h))];
  const left = Math.min(...to.map(({ x }) => x));
  const start = to.filter(({ x }) => x < left + 1);
  const [high, low] = [Math.min(...start.map(({ y }) => y)), Math.max(...start.map(({ y, h }) => y + h))];
  pen.beginPath();
  pen.moveTo(right + 1, top);
  pen.lineTo(left - 1, high);
  pen.lineTo(left - 1, low);
  pen.lineTo(right + 1, bottom);
  pen.closePath();
  pen.globalAlpha = 0.12;
  pen.fill();
  pen.globalAlpha = 0.5;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(right + 1, top);
  pen.lineTo(left - 1, high);
  pen.moveTo(right + 1, bottom);
  pen.lineTo(left - 1, low);
  pen.stroke();
  pen.globalAlpha = 1;
}
