// Parts that several panels are made of.

import { css } from './colour.js';

/** Fills a `<select>` with `{ value, text, off }`, only where they changed. */
export function fill(select, entries, chosen) {
  const key = JSON.stringify(entries);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...entries.map(({ value, text, off }) =>
      Object.assign(document.createElement('option'), { value, textContent: text, disabled: Boolean(off) })));
  }
  select.value = chosen;
}

/** Switches parts of the page off, or on again. */
export function disable(parts, isOff) {
  for (const part of parts) part.disabled = isOff;
}

/** A colour map from its first to its last colour. */
export function ramp(map) {
  const made = document.createElement('span');
  made.className = 'ramp';
  made.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((at) => css(map, at)).join(',')})`;
  return made;
}
