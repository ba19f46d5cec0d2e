// Everything on the screen as a file: PNG, SVG, npy.

import { npy } from './npy.js';
import { toPng, toSvg } from './scene.js';

/** Downloads a file. */
export function download(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Fills the table: `things` are `{ name, file, scene(), array() }`, the last two optional. */
export function offer(body, things) {
  body.replaceChildren(...things.map(({ name, file, scene, array }) => {
    const row = document.createElement('tr');
    const title = document.createElement('th');
    title.scope = 'row';
    title.textContent = name;
    row.append(title);
    const cell = (kind, make) => {
      const made = document.createElement('td');
      if (make) {
        const button = document.createElement('button');
        button.textContent = kind;
        button.setAttribute('aria-label', `${name} as ${kind}`);
        button.addEventListener('click', async () => download(`${file}.${kind}`, await make()));
        made.append(button);
      }
      row.append(made);
    };
    cell('png', scene && (() => toPng(scene())));
    cell('svg', scene && (() => new Blob([toSvg(scene())], { type: 'image/svg+xml' })));
    cell('npy', array && (() => npy(array())));
    return row;
  }));
}
