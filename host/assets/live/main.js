// The live page: what comes from the host goes to the parts of the page, and
// what a person does goes to the host.

import * as colour from './colour.js';
import { Attributions } from './attribution.js';
import { Chip } from './chip.js';
import { Climb } from './climb.js';
import { Connection } from './connection.js';
import { fill } from './controls.js';
import { Filters } from './filters.js';
import { Flow } from './flow.js';
import { Lens } from './lens.js';
import { Network } from './network.js';
import { Occlusion } from './occlusion.js';
import { Overview } from './overview.js';
import { Recorder, read } from './recording.js';
import { Replay } from './replay.js';
import { Scores } from './scores.js';
import { Stimulus } from './stimulus.js';
import { download, offer } from './save.js';
import { ATTRIBUTION, CLIMB, FRAME, NETWORK, OCCLUSION } from './packet.js';
import { integer } from './number.js';
import { tabs } from './tabs.js';

const $ = (id) => document.getElementById(id);
/** A board that has not answered for so long is talked about. */
const SILENT_MS = 1500;

await colour.load();

/** What the page knows; drawn at the next display frame where it changed. */
const view = { state: null, network: null, networkPacket: null, frame: null, occlusion: null, attribution: null, climb: null, isNew: false, selected: null, hovered: null, busy: null, unshown: 0 };

const connection = new Connection({
  text: hear,
  packet: (packet) => {
    if (packet.kind === FRAME) view.unshown += 1;
    if (!replay.isOn) take(packet);
  },
  lost: () => {
    view.isLost = true;
    view.unshown = 0;
    notice();
  },
});
const flow = new Flow();
const scores = new Scores($('scores'));
const lens = new Lens($('lens'));
const filters = new Filters();
const chip = new Chip();
const stimulus = new Stimulus(connection);
const occlusion = new Occlusion(connection);
const attributions = new Attributions(connection);
const climb = new Climb(connection);
const recorder = new Recorder();
const replay = new Replay({ packet: take, close: () => location.reload() });
const overview = new Overview($('net'), {
  hover: (neuron) => look({ hovered: neuron }),
  pick: (neuron) => look({ selected: neuron, hovered: null }),
});
const explanations = tabs($('aside').querySelector('[role=tablist]'));
explanations.choose('tab-occlusion');

/** Text from the host. */
function hear(message) {
  view.isLost = false;
  if (message.type === 'welcome') view.page = message.page;
  if (message.type === 'refused') speak(message.text);
  if (message.type === 'busy') {
    view.busy = message.ms === null ? null : message;
    chip.setCursor(message.tensor);
  }
  if (message.type === 'state') {
    const before = view.state;
    view.state = message.state;
    menu(message.state);
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
  notice();
}

/** A packet from the host or from a recording. */
function take(packet) {
  if (packet.kind === NETWORK) {
    view.networkPacket = packet;
    view.network = new Network(packet);
    view.frame = null;
    view.selected = null;
    view.hovered = null;
    flow.reset();
    stimulus.setNetwork(view.network);
    overview.setNetwork(view.network);
    scores.setNetwork(view.network);
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
  if (recorder.isOn && !recorder.add(packet)) stopRecording();
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
  if (view.isNew) draw();
  // The host sends no more than two frames that were not drawn or passed over.
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
  lens.setFrame(newest);
  const isOwn = header.page === view.page && !replay.isOn;
  flow.count(header, isOwn ? stimulus.takenAt(header.page_number) : undefined, begun);
}

/** The neuron that is looked at before anybody chose one: the first layer's strongest. */
const first = () => overview.strongest(view.network.hidden[0]?.index ?? view.network.logits.index);

/** Another neuron is looked at. */
function look(change) {
  Object.assign(view, change);
  const neuron = view.hovered ?? view.selected;
  if (!neuron || !view.network) return;
  const field = view.network.receptive(neuron)[0];
  overview.setSelection(neuron);
  stimulus.drawInput(field);
  lens.setNeuron(neuron);
  filters.setNeuron(neuron);
  if (change.selected) climb.setNeuron(view.network.tensors[neuron.tensor], neuron.channel);
  const tensor = view.network.tensors[neuron.tensor];
  const value = view.frame?.values(neuron.tensor)?.[(neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x];
  const { height, width } = view.network.input;
  const [h, w] = [field.bottom - field.top, field.right - field.left];
  const place = tensor.height * tensor.width === 1 ? `neuron ${neuron.channel}` : `map ${neuron.channel} · (${neuron.y}, ${neuron.x})`;
  const sight = h === height && w === width ? 'sees the whole input' : `sees ${h}×${w} of these pixels`;
  $('sees').textContent = `${tensor.name} · ${place} ${sight}${value === undefined ? '' : `; it says ${integer(value)}`}`;
}

/** What can be chosen, and what was. */
function menu(state) {
  const boards = state.menu.boards.map(({ name, core, is_there: isThere, state: why }) => ({
    value: name,
    text: isThere ? `${name} · ${core}` : `${name} (${why})`,
    off: !isThere,
  }));
  fill($('board'), boards, state.choice.board);
  fill($('model'), state.menu.models.map((name) => ({ value: name, text: name })), state.choice.model);
  fill($('engine'), state.menu.engines.map((name) => ({ value: name, text: `${name} engine` })), state.choice.engine);
  $('mode').value = state.mode;
  $('dot').className = `dot ${state.phase}`;
  $('dot').title = state.phase;
  $('freeze').setAttribute('aria-pressed', state.frozen);
  $('freeze').textContent = state.frozen ? 'Go on' : 'Freeze';
  $('step').hidden = !state.frozen;
}

function title() {
  const { network } = view;
  $('parameters').textContent = `int8 · ${integer(network.parameters)} parameters`;
  document.title = `${network.model} on ${network.board} · Cortexscope live`;
}

/** The one thing that has to be said now, and what can be done about it. */
function notice() {
  const { state, page } = view;
  const [text, action, act] = (() => {
    if (replay.isOn) return ['This is a recording: no board is asked.'];
    if (view.isLost) return ['The host is gone: is `cortexscope live` still running? Trying again every second.'];
    if (!state) return [];
    if (state.phase === 'opening') return ['Reaching the board and measuring its memory …'];
    if (state.phase === 'lost') return [`The board is lost; looking for it every second. ${state.message ?? ''}`];
    if (state.phase === 'failed') return [`The board cannot be had: ${state.message ?? ''}`];
    if (state.driver !== page) return ['Another page drives the board: this one watches.', 'Take over', () => connection.command('drive')];
    if (state.job === 'occlusion') return ['The board maps the occlusion; frames wait.', 'Stop', () => connection.command('cancel')];
    if (view.busy && view.busy.ms > SILENT_MS) return [`The board has been busy for ${Math.floor(view.busy.ms / 1000)} s.`];
    if (state.frozen) return ['Frozen: nothing runs until you go on or step.'];
    return [];
  })();
  $('notice').hidden = !text;
  if (!text) return;
  const [said, button] = $('notice').children;
  if (said.textContent !== text) {
    said.textContent = text;
    said.title = text;
  }
  button.textContent = action ?? '';
  button.onclick = act ?? null;
}

/** Says something to those who hear the page, and for a while to those who see it. */
function speak(text) {
  $('spoken').textContent = text;
}

function choose() {
  connection.command('open', { board: $('board').value, model: $('model').value, engine: $('engine').value });
}
for (const id of ['board', 'model', 'engine']) $(id).addEventListener('change', choose);
$('mode').addEventListener('change', () => connection.command('mode', { mode: $('mode').value }));
$('freeze').addEventListener('click', () => connection.command('freeze', { frozen: !view.state?.frozen }));
$('step').addEventListener('click', () => connection.command('step'));

function stopRecording() {
  const { frames } = recorder;
  download(`cortexscope-${view.network.model}.ctxrec`, recorder.stop());
  $('record').setAttribute('aria-pressed', false);
  $('record').textContent = 'Record';
  speak(`recorded ${frames} packets`);
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
  try {
    const packets = await read(file);
    $('dialog').close();
    replay.open(file.name, packets);
    notice();
  } catch (error) {
    speak(`${file.name}: ${error.message}`);
    $('notice').hidden = false;
    $('notice').firstElementChild.textContent = `${file.name}: ${error.message}.`;
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
addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
addEventListener('dragleave', () => document.body.classList.remove('dropping'));
addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  openFile(event.dataTransfer.files[0]);
});

function things() {
  const { network, frame: now } = view;
  if (!network || !now) return [];
  const four = ({ type, shape, data }) => ({ type, data, shape: [1, ...shape] });
  const list = [{ name: 'input', file: network.input.name, scene: () => stimulus.scene(), array: () => four(now.array('input', true)) }];
  for (const { index, name } of network.hidden) {
    list.push({ name, file: name, scene: () => overview.scene(index), array: () => four(now.array(`tensor.${index}`, true)) });
  }
  const { logits } = network;
  list.push({ name: `${logits.name}, logits`, file: logits.name, scene: () => scores.scene(), array: () => four(now.array('logits', true)) });
  if (now.array('accumulators')) {
    list.push({ name: `${logits.name}, accumulators`, file: `${logits.name}.accumulators`, array: () => four(now.array('accumulators', true)) });
  }
  if (lens.scene) list.push({ name: 'lens', file: 'lens', scene: () => lens.scene });
  if (filters.drawn) list.push({ name: 'filters', file: `filters-${filters.name}`, scene: () => filters.scene() });
  if (occlusion.packet) {
    list.push({ name: 'occlusion map', file: 'occlusion', scene: () => occlusion.scene(), array: () => occlusion.packet.arrays.get('probabilities') });
  }
  if (attributions.packet) {
    list.push({ name: 'attribution', file: 'attribution', scene: () => attributions.scene(), array: () => four(attributions.packet.arrays.get('attribution')) });
  }
  if (climb.packet) {
    list.push({ name: 'ascent', file: 'ascent', scene: () => climb.scene(), array: () => four(climb.packet.arrays.get('input')) });
  }
  list.push({ name: 'chip', file: 'chip', scene: () => chip.scene() });
  return list;
}
$('more').addEventListener('click', () => {
  offer($('exports').tBodies[0], things());
  $('dialog').showModal();
});

const KEYS = [
  ['Space', 'freeze, and go on', () => $('freeze').click()],
  ['.', 'one frame while frozen', () => { if (!$('step').hidden) $('step').click(); }],
  ['n', 'the next digit', () => { stimulus.tabs.choose('tab-digits'); $('digit-after').click(); }],
  ['p', 'shuffle digits, and stop', () => { stimulus.tabs.choose('tab-digits'); $('play').click(); }],
  ['d', 'draw', () => { stimulus.tabs.choose('tab-pad'); $('pad').focus(); }],
  ['c', 'camera', () => stimulus.tabs.choose('tab-camera')],
  ['o', 'occlusion map', () => { explanations.choose('tab-occlusion'); $('occlude').click(); }],
  ['a', 'attributions', () => { explanations.choose('tab-attribution'); $('method').focus(); }],
  ['g', 'grow what the filter looks for', () => { explanations.choose('tab-climb'); $('climb-start').click(); }],
  ['r', 'record, and save', () => $('record').click()],
  ['s', 'save, open, help', () => $('more').click()],
  ['e', 'enlarge the part with the focus, and back', () => enlarge(document.activeElement.closest('section') ?? $('net'))],
  ['t', 'light or dark', theme],
  ['arrows', 'another map; with Shift another neuron of it', null],
];
$('keys').replaceChildren(...KEYS.flatMap(([key, what]) => [
  Object.assign(document.createElement('dt'), { textContent: key }),
  Object.assign(document.createElement('dd'), { textContent: what }),
]));
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $('dialog').open) return;
  if (event.target.matches('input, select, textarea, [role=tab]')) return;
  if (event.key === 'Escape') {
    document.querySelector('.enlarged')?.classList.remove('enlarged');
    return;
  }
  if (event.key === ' ' && event.target.matches('button')) return;
  const entry = KEYS.find(([key]) => key === (event.key === ' ' ? 'Space' : event.key));
  if (!entry?.[2]) return;
  event.preventDefault();
  entry[2]();
});

function theme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  overview.mark();
}

/** One part on the whole screen, and back. */
function enlarge(section) {
  section.classList.toggle('enlarged');
  section.querySelector('.enlarge').textContent = section.classList.contains('enlarged') ? 'Back' : 'Enlarge';
}
for (const section of document.querySelectorAll('main > section')) {
  const button = document.createElement('button');
  button.className = 'enlarge';
  button.textContent = 'Enlarge';
  button.addEventListener('click', () => enlarge(section));
  section.append(button);
}

setInterval(() => {
  flow.say();
  notice();
}, 250);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => overview.mark());
requestAnimationFrame(tick);

// For whoever looks from the console, and for the tests.
globalThis.cortexscope = { view, flow, stimulus, overview, lens, occlusion, attributions, climb, recorder, replay, look, things };
