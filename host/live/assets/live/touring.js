// The tour on this page: what a stop needs on the screen, and where the tour is offered again.

import { shrink } from './enlarge.js';
import { isStill } from './selection.js';
import { Tour } from './tour.js';

const $ = (id) => document.getElementById(id);

/** The tour; `texts` are what the panels show, `tabs` the tabs of the explanations. */
export function touring(texts, { view, sweep }, selection, tabs) {
  const tour = new Tour(texts, () => view.frame !== null, (section) => {
    shrink();
    sweep.stop();
    if (section === 'net') selection.pointing.pick(selection.first());
    if (section === 'lens' && !isStill()) sweep.start(view.selected);
    if (section === 'aside') tabs.choose('tab-occlusion');
  });
  $('tour-again').addEventListener('click', () => {
    $('dialog').close();
    tour.start();
  });
  return tour;
}
