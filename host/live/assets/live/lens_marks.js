// What the lens is drawn with: grids of numbers, lists of steps, little maps.

import { css, int8Colours, isLight } from './colour.js';
import { canvas, paint } from './maps.js';
import { integer } from './number.js';

const CELL = { w: 30, h: 23 };
/** Height of a line of text. */
export const LINE = 18;
/** Width of the list of steps. */
export const LIST = 200;
/** The largest side of a little map. */
export const MAP_MAX = 88;

/** A scene of the lens; `steps` are `[what, number]`, for screen readers. */
export function scene(items, width, height, steps) {
  return { items, width, height, label: steps.map(([name, value]) => `${name}: ${value}`).join('; ') };
}

export const caption = (x, text, y = 10) => ({ text, x, y, fill: '--dim', size: 11 });

/** Cells that fit the lens; large kernels get small ones without numbers. */
export function cellFor(rows, columns) {
  const factor = Math.min(1, 140 / (rows * CELL.h), 150 / (columns * CELL.w));
  return { w: Math.floor(CELL.w * factor), h: Math.floor(CELL.h * factor), hasText: factor > 0.75 };
}

/** Numbers in cells; `colour(value)` is a map and a level of it. A value of null is padding. */
export function grid(x, y, numbers, columns, cell, colour) {
  return numbers.flatMap((value, at) => {
    const [left, top] = [x + (at % columns) * cell.w, y + Math.floor(at / columns) * cell.h];
    if (value === null) {
      return [{ rect: [left, top, cell.w - 1, cell.h - 1], line: '--line', dash: '2 2' }];
    }
    const [map, level] = colour(value);
    const box = { rect: [left, top, cell.w - 1, cell.h - 1], fill: css(map, level) };
    if (!cell.hasText) return [box];
    const fill = isLight(map, level) ? '#111' : '#eee';
    const text = { text: integer(value), x: left + cell.w / 2, y: top + cell.h / 2 + 4, anchor: 'middle', size: 10.5, fill };
    return [box, text];
  });
}

export const weights = (x, y, numbers, columns, cell) =>
  grid(x, y, numbers, columns, cell, (value) => ['signed', 0.5 + value / 254]);

/** Steps under each other; the last one says whether the board agrees. */
export function list(x, y, steps, width = LIST) {
  return steps.flatMap(([name, value, verdict], row) => {
    const isLast = verdict !== undefined;
    const fill = verdict === 'differs' ? '--warm' : isLast ? '--accent' : '--dim';
    return [
      { text: name, x, y: y + 13 + LINE * row, fill, size: 12 },
      { text: value, x: x + width, y: y + 13 + LINE * row, anchor: 'end', bold: isLast, size: 12 },
    ];
  });
}

/** Each input map's part of the sum, up for, down against. */
export function bars(x, y, planes, chosen, width) {
  const most = Math.max(1, ...planes.map(({ sum }) => Math.abs(sum)));
  const step = Math.max(2, Math.min(12, Math.floor(width / planes.length)));
  const items = [caption(x, 'share of each input map in the sum', y - 6)];
  planes.forEach(({ sum }, at) => {
    const size = (Math.abs(sum) / most) * 16;
    const top = sum >= 0 ? y + 16 - size : y + 16;
    items.push({ rect: [x + at * step, top, step - 1, Math.max(1, size)], fill: at === chosen ? '--accent' : css('signed', sum >= 0 ? 0.85 : 0.15) });
  });
  items.push({ rect: [x, y + 16, planes.length * step, 0.5], fill: '--dim' });
  return items;
}

/**
 * A map with a rectangle of it outlined, `{ top, left, bottom, right }`; of its
 * values the first `end` only.
 */
export function littleMap(x, y, tensor, values, channel, field, end = Infinity) {
  const { height, width } = tensor;
  const zoom = MAP_MAX / Math.max(height, width);
  const [w, h] = [width * zoom, height * zoom];
  const start = channel * height * width;
  tensor.colours ??= int8Colours(tensor);
  const picture = canvas(height, width);
  const pen = picture.getContext('2d');
  const image = pen.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < Math.min(pixels.length, end); at += 1) pixels[at] = tensor.colours[values[start + at] + 128];
  pen.putImageData(image, 0, 0);
  return [
    { rect: [x - 0.5, y - 0.5, w + 1, h + 1], line: '--line' },
    { image: picture, x, y, w, h },
    {
      rect: [x + field.left * zoom, y + field.top * zoom, (field.right - field.left) * zoom, (field.bottom - field.top) * zoom],
      line: '--warm',
      width: 2,
    },
  ];
}

/** All products of a dense layer, the first `end` of them, laid out as the maps they come from. */
export function products(from, parts, end = Infinity) {
  const most = parts.reduce((largest, part) => Math.max(largest, Math.abs(part)), 1);
  const size = from.height * from.width;
  const across = Math.ceil(Math.sqrt(size === 1 ? from.channels : (from.channels * from.height) / from.width));
  const gap = size === 1 ? 0 : 1;
  const rows = Math.ceil(from.channels / across);
  const width = across * (from.width + gap) - gap;
  const height = rows * (from.height + gap) - gap;
  const levels = new Uint8Array(width * height).fill(128);
  for (let at = 0; at < Math.min(parts.length, end); at += 1) {
    const [c, pixel] = [Math.floor(at / size), at % size];
    const row = Math.floor(c / across) * (from.height + gap) + Math.floor(pixel / from.width);
    const column = (c % across) * (from.width + gap) + (pixel % from.width);
    levels[row * width + column] = Math.round(127.5 + (127.5 * parts[at]) / most);
  }
  const picture = canvas(height, width);
  paint(picture, levels, height, width, 'signed');
  return picture;
}
