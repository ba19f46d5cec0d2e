// Colour maps, as the host's pictures have them: 256 colours each.

let tables = null;

export async function load() {
  const colours = await (await fetch('/colours.json')).json();
  tables = Object.fromEntries(Object.entries(colours).map(([name, flat]) => {
    const words = new Uint32Array(256);
    for (let step = 0; step < 256; step += 1) {
      const [red, green, blue] = flat.slice(3 * step, 3 * step + 3);
      words[step] = (255 << 24) | (blue << 16) | (green << 8) | red;
    }
    return [name, words];
  }));
}

/** 256 colours as little-endian RGBA words. */
export const table = (name) => tables[name];

/** A colour of a map for a value from 0 to 1, as CSS. */
export function css(name, value) {
  const step = Math.round(Math.min(1, Math.max(0, Number.isNaN(value) ? 0 : value)) * 255);
  const word = tables[name][step];
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
}

/** Whether dark text reads better than light text on a colour of a map. */
export function isLight(name, value) {
  const step = Math.round(Math.min(1, Math.max(0, value)) * 255);
  const word = tables[name][step];
  return 0.299 * (word & 255) + 0.587 * ((word >> 8) & 255) + 0.114 * ((word >> 16) & 255) > 120;
}

/**
 * For every int8, plus 128, its colour: from zero up in the map for activations
 * where the layer has no negative values, else in the signed map.
 */
export function int8Colours(tensor) {
  const words = new Uint32Array(256);
  const { zero } = tensor;
  if (tensor.isStimulus) return table('grey').slice();
  const reach = Math.max(127 - zero, zero + 128);
  for (let value = -128; value < 128; value += 1) {
    const [name, at] = tensor.isSigned
      ? ['signed', 0.5 + (value - zero) / reach / 2]
      : ['activation', (value - zero) / Math.max(1, 127 - zero)];
    words[value + 128] = table(name)[Math.round(Math.min(1, Math.max(0, at)) * 255)];
  }
  return words;
}

/** The value of a CSS custom property of the theme. */
export const role = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
