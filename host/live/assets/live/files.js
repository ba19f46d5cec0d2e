// Files that are opened, and the list of what can be saved.

import { onDrop } from './drop.js';
import { things } from './exports.js';
import { offer } from './save.js';

const $ = (id) => document.getElementById(id);

/** Opens files that are dropped or chosen; `parts` are the parts of the page. */
export function files(parts, recordings) {
  const { stimulus } = parts;

  /** A file of any kind. */
  function open(file) {
    if (!file) return;
    if (file.name.endsWith('.ctxrec')) recordings.open(file);
    else {
      stimulus.tabs.choose('tab-file');
      stimulus.file.open(file);
    }
  }

  $('file').addEventListener('change', ({ target }) => open(target.files[0]));
  $('open').addEventListener('change', ({ target }) => recordings.open(target.files[0]));
  onDrop(open);
  $('more').addEventListener('click', () => {
    offer($('exports').tBodies[0], things(parts));
    $('dialog').showModal();
  });
}
