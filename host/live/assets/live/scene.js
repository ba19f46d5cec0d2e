// A drawing as plain data, for the screen, for SVG files and for PNG files: what
// is saved is what was seen.
//
// Items: `{ rect: [x, y, w, h], fill }`, `{ text, x, y }`, `{ path, fill, line }`
// and `{ image: canvas, x, y, w, h }`. Colours are CSS colours or `--role`.

import { role } from './colour.js';

const FONT = 'Cortexscope Inter, Inter, system-ui, sans-serif';

/** Text for XML, without the control characters that XML cannot have. */
const escape = (text) =>
  String(text).replace(/[\u0000-\u001f]/g, ' ').replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

const onPage = (colour) => (colour.startsWith('--') ? `var(${colour})` : colour);
const inFile = (colour) => (colour.startsWith('--') ? role(colour.slice(2)) : colour);

/** The items as the inside of an `<svg>`; `resolve` turns roles into colours. */
function marks(items, resolve) {
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
    // A program without the font takes another, but no more room.
    const length = resolve === inFile ? ` textLength="${textSize(item.text, item.size, item.bold)}" lengthAdjust="spacingAndGlyphs"` : '';
    return `<text x="${item.x}" y="${item.y}" font-size="${item.size ?? 12}" ` +
      `text-anchor="${item.anchor ?? 'start'}" fill="${resolve(item.fill ?? '--ink')}"${weight}${length}>${escape(item.text)}</text>`;
  }).join('');
}

/** Draws a scene into an `<svg>` of the page. */
export function show(svg, { width, height, items, label }) {
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  if (label) svg.setAttribute('aria-label', label);
  svg.innerHTML = marks(items, onPage);
}

const MARGIN = 16;
const ruler = new OffscreenCanvas(1, 1).getContext('2d');

/** How wide a text is in the scenes' font. */
export function textSize(text, size = 12, bold = false) {
  ruler.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
  return Math.ceil(ruler.measureText(text).width);
}

/** A scene's size as a file, with its margin: no text is cut off at the right. */
export function fileSize({ width, height, items }) {
  const ends = items
    .filter(({ text, anchor }) => text !== undefined && anchor === undefined)
    .map(({ text, x, size, bold }) => x + textSize(text, size, bold));
  return [Math.ceil(Math.max(width, ...ends)) + 2 * MARGIN, Math.ceil(height) + 2 * MARGIN];
}

/** What draws on a canvas draws into a scene with this: rectangles and paths of straight lines. */
export class ScenePen {
  constructor() {
    Object.assign(this, { items: [], path: [], globalAlpha: 1, lineWidth: 1, strokeStyle: '#000', fillStyle: '#000' });
  }

  strokeRect(x, y, w, h) {
    this.items.push({ rect: [x, y, w, h], line: this.strokeStyle, width: this.lineWidth, opacity: this.globalAlpha });
  }

  beginPath() { this.path = []; }

  moveTo(x, y) { this.path.push(`M${x},${y}`); }

  lineTo(x, y) { this.path.push(`L${x},${y}`); }

  closePath() { this.path.push('Z'); }

  fill() { this.items.push({ path: this.path.join(' '), fill: this.fillStyle, opacity: this.globalAlpha }); }

  stroke() { this.items.push({ path: this.path.join(' '), line: this.strokeStyle, width: this.lineWidth, opacity: this.globalAlpha }); }
}

/** A scene as an SVG file, in the theme's colours. */
export function toSvg(scene) {
  const [w, h] = fileSize(scene);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" ` +
    `font-family="${FONT}"><rect width="${w}" height="${h}" fill="${role('background')}"/>` +
    `<g transform="translate(${MARGIN} ${MARGIN})">${marks(scene.items, inFile)}</g></svg>`;
}

/** A scene as a PNG file, two pixels for one. */
export async function toPng(scene) {
  const [w, h] = fileSize(scene);
  const canvas = new OffscreenCanvas(2 * w, 2 * h);
  const pen = canvas.getContext('2d');
  pen.scale(2, 2);
  pen.fillStyle = role('background');
  pen.fillRect(0, 0, w, h);
  pen.translate(MARGIN, MARGIN);
  pen.imageSmoothingEnabled = false;
  for (const item of scene.items) {
    pen.globalAlpha = item.opacity ?? 1;
    pen.setLineDash(item.dash ? item.dash.split(' ').map(Number) : []);
    pen.lineWidth = item.width ?? 1;
    if (item.rect || item.path) {
      const path = item.path ? new Path2D(item.path) : new Path2D();
      if (item.rect) path.rect(...item.rect);
      if (item.fill) {
        pen.fillStyle = inFile(item.fill);
        pen.fill(path);
      }
      if (item.line) {
        pen.strokeStyle = inFile(item.line);
        pen.stroke(path);
      }
    } else if (item.image) {
      pen.drawImage(item.image, item.x, item.y, item.w, item.h);
    } else {
      pen.font = `${item.bold ? 600 : 400} ${item.size ?? 12}px ${FONT}`;
      pen.textAlign = item.anchor === 'middle' ? 'center' : (item.anchor ?? 'start');
      pen.fillStyle = inFile(item.fill ?? '--ink');
      pen.fillText(item.text, item.x, item.y);
    }
  }
  return canvas.convertToBlob({ type: 'image/png' });
}
