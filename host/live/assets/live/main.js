// The live page: its parts, and what connects them.

import { Announcements } from './announcements.js';
import { arrivals } from './arrivals.js';
import { Attacks } from './attack.js';
import { Attributions } from './attribution.js';
import { Chip } from './chip.js';
import { Climb } from './climb.js';
import * as colour from './colour.js';
import { Connection } from './connection.js';
import { Corruption } from './corruption.js';
import { display } from './display.js';
import { offerEnlarging } from './enlarge.js';
import { Evolution } from './evolution.js';
import { things } from './exports.js';
import { files } from './files.js';
import { Filters } from './filters.js';
import { Flow } from './flow.js';
import { offerHelp, panels } from './help.js';
import { hostMessages } from './host_messages.js';
import { Lens } from './lens.js';
import { Menu } from './menu.js';
import { Occlusion } from './occlusion.js';
import { Overview } from './overview.js';
import { FRAME } from './packet.js';
import { Recordings } from './recordings.js';
import { Scores } from './scores.js';
import { Selection } from './selection.js';
import { shortcuts } from './shortcuts.js';
import { Stimulus } from './stimulus.js';
import { Sweep } from './sweep.js';
import { tabs } from './tabs.js';
import { theme } from './theme.js';
import { touring } from './touring.js';
import { view } from './view.js';

const $ = (id) => document.getElementById(id);
/** How often numbers and messages that depend on time are written. */
const SAY_MS = 250;

const [texts] = await Promise.all([panels(), colour.load()]);

const parts = { view };
const selection = new Selection(parts);
const announcements = new Announcements(parts);
// Packets and messages come when this script has ended, and the parts are there.
const connection = new Connection({
  text: (message) => hear(message),
  packet: (packet) => {
    if (packet.kind === FRAME) view.unshown += 1;
    recordings.arrive(packet);
  },
  lost: () => {
    view.isLost = true;
    view.unshown = 0;
    announcements.say();
  },
});
Object.assign(parts, {
  connection,
  menu: new Menu(connection),
  flow: new Flow(),
  stimulus: new Stimulus(connection),
  overview: new Overview($('net'), selection.pointing),
  scores: new Scores($('scores'), selection.pointing),
  sweep: new Sweep($('slide'), selection.sliding),
  lens: new Lens($('lens')),
  filters: new Filters(),
  occlusion: new Occlusion(connection),
  attributions: new Attributions(connection),
  climb: new Climb(connection),
  corruption: new Corruption(connection),
  attacks: new Attacks(connection),
  evolution: new Evolution(connection),
  chip: new Chip(),
});
const hear = hostMessages(parts, announcements);
const recordings = new Recordings(parts, arrivals(parts), announcements);
const { recorder, replay } = recordings;
Object.assign(parts, { recorder, replay });

const explanations = tabs($('aside').querySelector('[role=tablist]'));
explanations.choose('tab-occlusion');
parts.tour = touring(texts, parts, selection, explanations);
const otherTheme = theme(() => parts.overview.mark());
shortcuts(parts, explanations, otherTheme);
files(parts, recordings);
offerEnlarging();
offerHelp(texts);

const show = display(parts, selection);
function tick() {
  requestAnimationFrame(tick);
  // Whatever is in a recording that cannot be shown, the page goes on.
  replay.attempt(show);
}
requestAnimationFrame(tick);
setInterval(() => {
  parts.flow.say();
  announcements.say();
}, SAY_MS);

// For the browser's console, and for the tests.
globalThis.cortexscope = { ...parts, look: (change) => selection.look(change), things: () => things(parts) };
