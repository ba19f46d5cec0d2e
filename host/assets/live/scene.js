// A drawing as plain data, for the screen, for SVG files and for PNG files: what
// is saved is what was seen.
//
// Items: `{ rect: [x, y, w, h], fill }`, `{ text, x, y }`, `{ path, fill, line }`
// and `{ image: canvas, x, y, w, h }`. Colours are CSS colours or `--role`.

import { role } from './colour.js';

const FONT = 'Cortexscope Inter, Inter, system-ui, sans-serif';

const escape = (text) =>
  String(text).replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

/** The items as the inside of an `<svg>`; `resolve` turns roles into colours. */
export function marks(items, resolve = (colour) => (colour.startsWith('--') ? `var(${colour})` : colour)) {
  return items.map((item) => {
    const fill = resolve(item.fill ?? 'none');
    const line = item.line ? ` stroke="${resolve(item.line)}" stroke-width="${item.width ?? 1}"` : '';
    const dash = item.dash ? ` stroke-dasharray="${item.dash}"` : '';
    const see = item.opacity === undefined ? '' : ` opacity="${item.opacity}"`;
    if (item.rect) {
      const [x, y, w, h] = item.rect;
      return `<rect x="${x}" y="${y}" width="${Math.max(0, w)}" height="${Math.max(0, h)}" fill="${fill}"${line}${dash}${see}/>`;
    }
    if (item.path) return `<path d="${item.path}" fill="${fill}"${line}${dash}${see}/>`;
    if (item.image) {
      return `<image x="${item.x}" y="${item.y}" width="${item.w}" height="${item.h}" ` +
        `image-rendering="pixelated" href="${item.image.toDataURL()}"/>`;
    }
    const weight = item.bold ? ' font-weight="600"' : '';
    return `<text x="${item.x}" y="${item.y}" font-size="${item.size ?? 12}" ` +
      `text-anchor="${item.anchor ?? 'start'}" fill="${resolve(item.fill ?? '--ink')}"${weight}>${escape(item.text)}</text>`;
  }).join('');
}

/** Draws a scene into an `<svg>` of the page. */
export function show(svg, { width, height, items, label }) {
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  if (label) svg.setAttribute('aria-label', label);
  svg.innerHTML = marks(items);
}

const MARGIN = 16;

/** A scene as an SVG file, in the theme's colours. */
export function toSvg({ width, height, items }) {
  const resolve = (colour) => (colour.startsWith('--') ? role(colour.slice(2)) : colour);
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" ` +
    `font-family="${FONT}"><rect width="${w}" height="${h}" fill="${role('background')}"/>` +
    `<g transform="translate(${MARGIN} ${MARGIN})">${marks(items, resolve)}</g></svg>`;
}

/** A scene as a PNG file, two pixels for one. */
export async function toPng({ width, height, items }) {
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN];
  const canvas = new OffscreenCanvas(Math.ceil(2 * w), Math.ceil(2 * h));
  const pen = canvas.getContext('2d');
  const colour = (name) => (name.startsWith('--') ? role(name.slice(2)) : name);
  pen.scale(2, 2);
  pen.fillStyle = role('background');
  pen.fillRect(0, 0, w, h);
  pen.translate(MARGIN, MARGIN);
  pen.imageSmoothingEnabled = false;
  for (const item of items) {
    pen.globalAlpha = item.opacity ?? 1;
    pen.setLineDash(item.dash ? item.dash.split(' ').map(Number) : []);
    pen.lineWidth = item.width ?? 1;
    if (item.rect || item.path) {
      const path = item.path ? new Path2D(item.path) : new Path2D();
      if (item.rect) path.rect(...item.rect);
      if (item.fill) {
        pen.fillStyle = colour(item.fill);
        pen.fill(path);
      }
      if (item.line) {
        pen.strokeStyle = colour(item.line);
        pen.stroke(path);
      }
    } else if (item.image) {
      pen.drawImage(item.image, item.x, item.y, item.w, item.h);
    } else {
      pen.font = `${item.bold ? 600 : 400} ${item.size ?? 12}px ${FONT}`;
      pen.textAlign = item.anchor === 'middle' ? 'center' : (item.anchor ?? 'start');
      pen.fillStyle = colour(item.fill ?? '--ink');
      pen.fillText(item.text, item.x, item.y);
    }
  }
  return canvas.convertToBlob({ type: 'image/png' });
}
