// The live page: what comes from the host goes to the parts of the page, and
// what a person does goes to the host.

import { Attributions } from './attribution.js';
import { Chip } from './chip.js';
import { Climb } from './climb.js';
import * as colour from './colour.js';
import { Connection } from './connection.js';
import { onDrop } from './drop.js';
import { enlarge, offerEnlarging, shrink } from './enlarge.js';
import { things } from './exports.js';
import { Filters } from './filters.js';
import { Flow } from './flow.js';
import { offerHelp, panels } from './help.js';
import { keys } from './keys.js';
import { Lens } from './lens.js';
import { Menu } from './menu.js';
import { Network } from './network.js';
import { notice } from './notice.js';
import { integer } from './number.js';
import { Occlusion } from './occlusion.js';
import { Overview } from './overview.js';
import { ATTRIBUTION, CLIMB, FRAME, NETWORK, OCCLUSION } from './packet.js';
import { Recorder, read } from './recording.js';
import { Replay } from './replay.js';
import { download, offer } from './save.js';
import { Scores } from './scores.js';
import { describe } from './neuron_description.js';
import { Stimulus } from './stimulus.js';
import { Sweep } from './sweep.js';
import { tabs } from './tabs.js';
import { Tour } from './tour.js';

const $ = (id) => document.getElementById(id);
/** How long a message about an event stays. */
const SAID_MS = 6000;

const [texts] = await Promise.all([panels(), colour.load()]);

/** What the page knows; drawn at the next display frame where it changed. */
const view = { state: null, network: null, networkPacket: null, frame: null, occlusion: null, attribution: null, climb: null, isNew: false, selected: null, hovered: null, swept: null, busy: null, unshown: 0 };

const connection = new Connection({
  text: hear,
  packet: (packet) => {
    if (packet.kind === FRAME) view.unshown += 1;
    if (replay.isOn) return;
    take(packet);
    record(packet);
  },
  lost: () => {
    view.isLost = true;
    view.unshown = 0;
    say();
  },
});
const menu = new Menu(connection);
const flow = new Flow();
const lens = new Lens($('lens'));
const filters = new Filters();
const chip = new Chip();
const stimulus = new Stimulus(connection);
const occlusion = new Occlusion(connection);
const attributions = new Attributions(connection);
const climb = new Climb(connection);
const recorder = new Recorder();
const replay = new Replay({ packet: take, close: () => location.reload() });
const sweep = new Sweep($('slide'), {
  show: (neuron, done) => look({ swept: { neuron, done } }),
  end: (neuron) => look({ selected: neuron, hovered: null, swept: null }),
});
const pointing = {
  hover: (neuron) => look({ hovered: neuron }),
  pick: (neuron) => {
    sweep.stop();
    look({ selected: neuron, hovered: null });
  },
  press,
};
const overview = new Overview($('net'), pointing);
const scores = new Scores($('scores'), pointing);
const parts = { view, connection, stimulus, overview, scores, lens, filters, occlusion, attributions, climb, chip, replay, sweep };
const explanations = tabs($('aside').querySelector('[role=tablist]'));
explanations.choose('tab-occlusion');
const tour = new Tour(texts, arrive);
const say = () => notice($('notice'), parts);

/** Text from the host. */
function hear(message) {
  view.isLost = false;
  if (message.type === 'welcome') view.page = message.page;
  if (message.type === 'refused') speak(message.text);
  if (message.type === 'busy') {
    view.busy = message.ms === null ? null : message;
    chip.setBusy(message.tensor);
  }
  if (message.type === 'state') {
    const before = view.state;
    view.state = message.state;
    menu.setState(message.state);
    stimulus.setState(message.state);
    occlusion.setState(message.state);
    attributions.setState(message.state);
    climb.setState(message.state);
    if (before?.mode !== message.state.mode) chip.setMode(message.state.mode);
    const newest = message.state.events.at(-1);
    if (newest && newest.number !== view.event) {
      view.event = newest.number;
      if (before) speak(newest.text);
    }
  }
  say();
}

/** A packet from the host or from a recording. */
function take(packet) {
  if (packet.kind === NETWORK) {
    view.networkPacket = packet;
    view.network = new Network(packet);
    view.frame = null;
    view.selected = null;
    view.hovered = null;
    view.swept = null;
    flow.reset();
    stimulus.setNetwork(view.network);
    overview.setNetwork(view.network);
    scores.setNetwork(view.network);
    sweep.setNetwork(view.network);
    lens.setNetwork(view.network);
    filters.setNetwork(view.network);
    occlusion.setNetwork(view.network);
    attributions.setNetwork(view.network);
    climb.setNetwork();
    chip.setNetwork(view.network, view.state?.mode ?? 'fused');
    title();
    return;
  }
  if (!view.network || packet.header.generation !== view.network.generation) return;
  if (packet.kind === FRAME) {
    view.frame = frame(packet);
    view.isNew = true;
    view.begun = performance.now();
  }
  if (packet.kind === OCCLUSION) view.occlusion = packet;
  if (packet.kind === ATTRIBUTION) view.attribution = packet;
  if (packet.kind === CLIMB) view.climb = packet;
}

/** Adds a packet of the network on the screen to the recording, the network's own included. */
function record(packet) {
  if (!recorder.isOn || packet.header.generation !== view.network?.generation) return;
  if (!recorder.add(packet)) stopRecording();
}

/** A frame's arrays by tensor. */
function frame({ header, arrays }) {
  const array = (name, whole = false) => (whole ? arrays.get(name) : arrays.get(name)?.data);
  return { header, arrays, array, values: (tensor) => array(tensor === 0 ? 'input' : `tensor.${tensor}`) };
}

/** Once for every frame of the display. */
function tick() {
  requestAnimationFrame(tick);
  stimulus.tick();
  replay.tick();
  sweep.tick();
  chip.tick();
  if (view.occlusion) {
    occlusion.setPacket(view.occlusion);
    view.occlusion = null;
  }
  if (view.attribution) {
    attributions.setPacket(view.attribution);
    view.attribution = null;
  }
  if (view.climb) {
    climb.setPacket(view.climb);
    view.climb = null;
  }
  // What the dialog saves stays as it was when the dialog was opened.
  if (view.isNew && !$('dialog').open) draw();
  // The host waits after two frames that were neither drawn nor skipped.
  for (; view.unshown > 0; view.unshown -= 1) connection.command('shown');
}

function draw() {
  view.isNew = false;
  const begun = performance.now();
  const { frame: newest } = view;
  const { header } = newest;
  stimulus.setFrame(newest);
  overview.setFrame(newest.values);
  scores.setFrame(newest);
  chip.setFrame(newest);
  if (!view.selected) look({ selected: first() });
  if (!replay.isOn) tour.offer();
  lens.setFrame(newest);
  describe($('neuron-description'), view, watched());
  const isOwn = header.page === view.page && !replay.isOn;
  flow.count(header, isOwn ? stimulus.takenAt(header.page_number) : undefined, begun);
}

/** The neuron that is selected at first: the first layer's strongest. */
const first = () => overview.strongest(view.network.hidden[0]?.index ?? view.network.logits.index);

/** A map was clicked: its kernel slides over it until the next click. */
function press(neuron) {
  const { neuron: now } = sweep;
  const isSame = now?.tensor === neuron.tensor && now.channel === neuron.channel;
  sweep.stop();
  look({ selected: neuron, hovered: null });
  if (!isSame && !isStill()) sweep.start(neuron);
}

/** Prepares a stop of the tour: what it is about is on the screen. */
function arrive(section) {
  shrink();
  sweep.stop();
  if (section === 'net') pointing.pick(first());
  if (section === 'lens' && !isStill()) sweep.start(view.selected);
  if (section === 'aside') explanations.choose('tab-occlusion');
}

/** Whether nothing is to move by itself. */
const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** The neuron that the page shows now: of the sliding kernel, under the pointer, or selected. */
const watched = () => view.swept?.neuron ?? view.hovered ?? view.selected;

/** Shows another neuron. */
function look(change) {
  Object.assign(view, change);
  const neuron = watched();
  if (!neuron || !view.network) return;
  if (change.selected) sweep.offer(change.selected);
  const field = view.network.receptiveFields(neuron)[0];
  overview.setSelection(neuron);
  stimulus.drawInput(field);
  scores.setSelection(neuron);
  lens.setNeuron(neuron, view.swept?.done ?? null);
  filters.setNeuron(neuron);
  if (change.selected) climb.setNeuron(view.network.tensors[neuron.tensor], neuron.channel);
  describe($('neuron-description'), view, neuron);
}

function title() {
  const { network } = view;
  $('parameters').textContent = `int8 · ${integer(network.parameters)} parameters`;
  document.title = `${network.model} on ${network.board} · Cortexscope live`;
}

/** Announces a message to screen readers, and shows it for a while. */
function speak(text) {
  $('spoken').textContent = text;
  view.said = text;
  clearTimeout(view.silence);
  view.silence = setTimeout(() => { view.said = null; }, SAID_MS);
  say();
}

function stopRecording() {
  const { frames } = recorder;
  download(`cortexscope-${view.network.model}.ctxrec`, recorder.stop());
  $('record').setAttribute('aria-pressed', false);
  $('record').textContent = 'Record';
  speak(`Recording saved: ${integer(frames)} packets.`);
}
$('record').addEventListener('click', () => {
  if (recorder.isOn) stopRecording();
  else if (view.networkPacket) {
    recorder.start(view.networkPacket);
    $('record').setAttribute('aria-pressed', true);
    $('record').textContent = 'Stop and save';
  }
});

async function openRecording(file) {
  if (!file) return;
  try {
    const packets = await read(file);
    if (recorder.isOn) stopRecording();
    $('dialog').close();
    replay.open(file.name, packets);
    say();
  } catch (error) {
    speak(`Could not open ${file.name}: ${error.message}.`);
  }
}

/** A file of any kind, dropped or chosen. */
function openFile(file) {
  if (!file) return;
  if (file.name.endsWith('.ctxrec')) openRecording(file);
  else {
    stimulus.tabs.choose('tab-file');
    stimulus.file.open(file);
  }
}
$('file').addEventListener('change', ({ target }) => openFile(target.files[0]));
$('open').addEventListener('change', ({ target }) => openRecording(target.files[0]));
onDrop(openFile);

$('more').addEventListener('click', () => {
  offer($('exports').tBodies[0], things(parts));
  $('dialog').showModal();
});

keys([
  ['Space', 'freeze, and resume', () => $('freeze').click()],
  ['.', 'run one frame while frozen', () => { if (!$('step').hidden) $('step').click(); }],
  ['n', 'next digit', () => { stimulus.tabs.choose('tab-digits'); $('digit-after').click(); }],
  ['p', 'shuffle digits, and stop', () => { stimulus.tabs.choose('tab-digits'); $('play').click(); }],
  ['d', 'draw a digit', () => { stimulus.tabs.choose('tab-pad'); $('pad').focus(); }],
  ['c', 'camera', () => stimulus.tabs.choose('tab-camera')],
  ['o', 'make an occlusion map', () => { explanations.choose('tab-occlusion'); $('occlude').click(); }],
  ['a', 'attributions', () => { explanations.choose('tab-attribution'); $('method').focus(); }],
  ['k', 'slide the kernel over the selected map', () => sweep.turn()],
  ['g', 'start an ascent for the selected filter', () => { explanations.choose('tab-climb'); $('climb-start').click(); }],
  ['r', 'record, and stop and save', () => $('record').click()],
  ['s', 'save, open, help', () => $('more').click()],
  ['e', 'enlarge the section with the focus, and back', () => enlarge(document.querySelector('.enlarged') ?? document.activeElement.closest('section') ?? $('net'))],
  ['t', 'light or dark colours', theme],
  ['h', 'the tour of this page', startTour],
  ['Escape', 'leave the enlarged section', shrink],
  ['arrows', 'in a layer: another map; with Shift another neuron of the map', null],
  ['Enter', 'on a map: slide its kernel over it', null],
], $('keys'), () => $('dialog').open);

/** Starts the tour, which needs something on the screen. */
function startTour() {
  if (view.frame) tour.start();
}
$('tour-again').addEventListener('click', () => {
  $('dialog').close();
  startTour();
});

function theme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  overview.mark();
}

offerEnlarging();
offerHelp(texts);
setInterval(() => {
  flow.say();
  say();
}, 250);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => overview.mark());
requestAnimationFrame(tick);

// For the browser's console, and for the tests.
globalThis.cortexscope = { ...parts, flow, recorder, look, things: () => things(parts) };
