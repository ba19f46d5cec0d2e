// A search as a drawing: the best image of some generations, and below them the rates over
// the queries.

import { canvas, paintColours } from './maps.js';
import { integer, significant } from './number.js';

const WIDTH = 312;
const HEIGHT = 82;
/** The side of a generation's image. */
const SIDE = 24;
/** Where the curves are: left, top, right, bottom. */
const PLOT = [34, 38, WIDTH - 2, HEIGHT - 12];

/** The pictures of generations, each on a canvas; `before` is what was made last. */
export function strip(kept, count, before = []) {
  const [rows, width] = kept.shape;
  const height = rows / Math.max(1, count);
  const bytes = 3 * height * width;
  return Array.from({ length: count }, (_, at) => {
    const data = kept.data.subarray(at * bytes, (at + 1) * bytes);
    const one = before[at] ?? canvas(height, width);
    paintColours(one, { data, shape: [height, width] });
    return one;
  });
}

const path = (points) => points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)},${y.toFixed(1)}`).join(' ');

/** The scene of a packet; `pictures` are those of its generations. */
export function evolutionScene({ header, arrays }, pictures) {
  const [left, top, right, bottom] = PLOT;
  const [spent, mean, best] = ['spent', 'mean', 'best'].map((name) => arrays.get(name).data);
  const natural = header.natural?.best ?? null;
  const most = [...best, ...mean, natural ?? 0].reduce((greatest, rate) => Math.max(greatest, rate), 0) || 1;
  const x = (queries) => left + (right - left) * queries / header.queries;
  const y = (rate) => bottom - (bottom - top) * rate / most;
  const curve = (rates, colour) => {
    const points = Array.from(rates, (rate, at) => [x(spent[at]), y(rate)]);
    return { path: path(points), points, line: colour, width: 1.3 };
  };
  const level = (points, more) => ({ path: path(points), points, ...more });
  const items = [
    level([[left, bottom], [right, bottom]], { line: '--line' }),
    { text: significant(most), x: left - 4, y: top + 8, size: 9, anchor: 'end', fill: '--dim' },
    { text: '0', x: left - 4, y: bottom, size: 9, anchor: 'end', fill: '--dim' },
    { text: '0', x: left, y: HEIGHT - 2, size: 9, fill: '--dim' },
    { text: `${integer(header.queries)} queries`, x: right, y: HEIGHT - 2, size: 9, anchor: 'end', fill: '--dim' },
    { text: 'generation mean', x: left + 18, y: HEIGHT - 2, size: 9 },
    { text: 'its best', x: left + 98, y: HEIGHT - 2, size: 9, fill: '--accent' },
    curve(mean, '--ink'),
    curve(best, '--accent'),
  ];
  if (natural !== null) {
    items.push(level([[left, y(natural)], [right, y(natural)]], { line: '--dim', dash: '3 3' }));
    items.push({ text: '‐ ‐ best digit', x: left + 138, y: HEIGHT - 2, size: 9, fill: '--dim' });
  }
  pictures.forEach((image, at) => {
    const { generation, clean } = header.kept[at];
    const place = left + at * ((right - left) / 6);
    items.push({ image, x: place, y: 0, w: SIDE, h: SIDE });
    items.push({ text: `${integer(generation)}: ${significant(clean)}`, x: place, y: SIDE + 9, size: 8, fill: '--dim' });
  });
  return { width: WIDTH, height: HEIGHT, items, label: `Rates of ${integer(spent.length)} generations, from ${significant(best[0] ?? 0)} to ${significant(header.best_clean)}` };
}
