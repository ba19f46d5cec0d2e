// The page's keyboard shortcuts.

import { enlarge, shrink } from './enlarge.js';
import { keys } from './keys.js';

const $ = (id) => document.getElementById(id);

/** Listens to the keys; `tabs` are the tabs of the explanations. */
export function shortcuts({ stimulus, sweep, tour }, tabs, otherTheme) {
  keys([
    ['Space', 'freeze, and resume', () => $('freeze').click()],
    ['.', 'run one frame while frozen', () => { if (!$('step').hidden) $('step').click(); }],
    ['n', 'next digit', () => { stimulus.tabs.choose('tab-digits'); $('digit-after').click(); }],
    ['p', 'shuffle digits, and stop', () => { stimulus.tabs.choose('tab-digits'); $('play').click(); }],
    ['d', 'draw a digit', () => { stimulus.tabs.choose('tab-pad'); $('pad').focus(); }],
    ['c', 'camera', () => stimulus.tabs.choose('tab-camera')],
    ['o', 'make an occlusion map', () => { tabs.choose('tab-occlusion'); $('occlude').click(); }],
    ['a', 'attributions', () => { tabs.choose('tab-attribution'); $('method').focus(); }],
    ['m', 'damage the pictures: corruption', () => { tabs.choose('tab-corruption'); $('corruption-kind').focus(); }],
    ['x', 'attack the frames', () => { tabs.choose('tab-attack'); $('attack-method').focus(); }],
    ['v', 'evolve an image for the selected neuron', () => { tabs.choose('tab-evolution'); if (!$('evolution-start').hidden) $('evolution-start').click(); }],
    ['k', 'slide the kernel over the selected map', () => sweep.turn()],
    ['g', 'start an ascent for the selected filter', () => { tabs.choose('tab-climb'); $('climb-start').click(); }],
    ['r', 'record, and stop and save', () => $('record').click()],
    ['s', 'save, open, help', () => $('more').click()],
    ['e', 'enlarge the section with the focus, and back', () => enlarge(document.querySelector('.enlarged') ?? document.activeElement.closest('section') ?? $('net'))],
    ['t', 'light or dark colours', otherTheme],
    ['h', 'the tour of this page', () => tour.start()],
    ['Escape', 'leave the enlarged section', shrink],
    ['arrows', 'in a layer: another map; with Shift another neuron of the map', null],
    ['Enter', 'on a map: slide its kernel over it', null],
  ], $('keys'), () => $('dialog').open);
}
