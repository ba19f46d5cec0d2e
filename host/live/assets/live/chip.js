// What the network costs the chip: flash and RAM to scale, the arena layer by
// layer, and each layer's share.

import { bytes, integer } from './number.js';
import { show } from './scene.js';

const $ = (id) => document.getElementById(id);
const WIDTH = 320;
/** A single frame is replayed layer by layer in this time. */
const RUN_MS = 900;

export class Chip {
  constructor() {
    this.bars = $('bars');
    this.arena = $('arena');
    this.table = $('layers');
    this.cursor = null;
    this.run = null;
  }

  setNetwork(network, mode) {
    this.network = network;
    this.counts = new Map();
    this.setMode(mode);
  }

  setMode(mode) {
    if (!this.network) return;
    this.plan = this.network.plan(mode);
    this.barScene = bars(this.network, this.plan);
    show(this.bars, this.barScene);
    this.drawArena();
    this.rows();
  }

  /** The tensor that a board at work has just sent, or null. */
  setBusy(tensor) {
    if (tensor !== null && tensor !== undefined) this.rest();
    if (!this.run) this.point(tensor ?? null);
  }

  /** Ends the run through a frame. */
  rest() {
    this.run = null;
    this.point(null);
    $('arena-status').textContent = '';
  }

  /** Called once a display frame: where the run through the last frame is. */
  tick() {
    if (!this.run) return;
    const { begun, layers } = this.run;
    // Every layer is seen, however little of the time is its, and however late the display is.
    const { tensor, end } = layers[this.run.at];
    if (this.cursor === tensor && (performance.now() - begun) / RUN_MS >= end) this.run.at += 1;
    const layer = layers[this.run.at];
    if (!layer) {
      this.rest();
      return;
    }
    this.point(layer.tensor);
    $('arena-status').textContent = '· replayed slowly';
  }

  point(tensor) {
    if (tensor === this.cursor) return;
    this.cursor = tensor;
    this.drawArena();
    for (const { row, tensor: own } of this.lines ?? []) row.classList.toggle('now', own === tensor);
  }

  setFrame({ header }) {
    for (const { tensor, count } of header.layers) {
      const line = this.lines.find((one) => one.tensor === tensor);
      if (line) line.count.textContent = kilo(count);
    }
    this.total.textContent = kilo(header.count);
    this.follow(header.layers);
  }

  /** Runs through the layers of a frame that came alone, each as long as its part of the whole. */
  follow(layers) {
    const now = performance.now();
    const isAlone = now - (this.last ?? 0) > RUN_MS;
    this.last = now;
    if (this.run) this.rest();
    if (!isAlone || layers.length === 0) return;
    const total = layers.reduce((sum, { count }) => sum + (count ?? 0), 0);
    let end = 0;
    this.run = {
      begun: now,
      at: 0,
      layers: layers.map(({ tensor, count }) => {
        end += total > 0 ? count / total : 1 / layers.length;
        return { tensor, end };
      }),
    };
  }

  rows() {
    const { network, plan } = this;
    const unit = network.counter === null ? 'count' : `k ${network.counter === 'cycles' ? 'cycles' : 'instr.'}`;
    const head = document.createElement('tr');
    head.innerHTML = '<th scope="col">layer</th><th scope="col">planned</th><th scope="col">measured</th><th scope="col">stack B</th><th scope="col"></th>';
    head.lastChild.textContent = unit;
    this.table.tHead.replaceChildren(head);
    this.lines = plan.layers.slice(1).map((layer, index) => {
      const tensor = index + 1;
      const row = document.createElement('tr');
      const name = document.createElement('th');
      name.scope = 'row';
      name.textContent = layer.name;
      name.title = layer.name;
      row.append(name);
      const cell = (text) => {
        const made = document.createElement('td');
        made.textContent = text;
        row.append(made);
        return made;
      };
      row.title = layer.offset === null ? 'never stored: fused with the next layer' : `${integer(layer.bytes)} bytes, from byte ${integer(layer.offset)} of the arena`;
      cell(integer(layer.planned_arena_bytes));
      cell(integer(layer.measured_arena_bytes));
      cell(integer(layer.stack_bytes));
      return { row, tensor, count: cell(kilo(layer.instructions)) };
    });
    this.table.tBodies[0].replaceChildren(...this.lines.map(({ row }) => row));
    const peak = document.createElement('tr');
    peak.innerHTML = '<th scope="row">peak</th><td></td><td></td><td></td><td></td>';
    const figures = [plan.planned_arena_bytes, plan.measured_arena_bytes, plan.stack_bytes];
    figures.forEach((figure, at) => { peak.children[at + 1].textContent = integer(figure); });
    this.total = peak.children[4];
    this.table.tFoot.replaceChildren(peak);
    const same = plan.planned_arena_bytes === plan.measured_arena_bytes;
    $('table-title').textContent = plan.measured_arena_bytes === null
      ? 'Arena bytes, planned (this board cannot measure)'
      : `Arena bytes: planned ${same ? '=' : '≠'} measured`;
  }

  drawArena() {
    if (!this.plan?.arena) return;
    this.arenaScene = arena(this.network, this.plan, this.cursor);
    show(this.arena, this.arenaScene);
  }

  scene() {
    const below = (items, dy) => items.map((item) => move(item, dy));
    return {
      width: WIDTH,
      height: this.barScene.height + this.arenaScene.height + 20,
      items: [...this.barScene.items, ...below(this.arenaScene.items, this.barScene.height + 20)],
    };
  }
}

function move(item, dy) {
  if (item.rect) return { ...item, rect: [item.rect[0], item.rect[1] + dy, item.rect[2], item.rect[3]] };
  if (item.path) return { ...item, path: item.path.replace(/([ML])([\d.]+),([\d.]+)/g, (_, sign, x, y) => `${sign}${x},${Number(y) + dy}`) };
  return { ...item, y: item.y + dy };
}

const kilo = (count) => (count === null || count === undefined ? '–' : integer(Math.floor(count / 1000)));

/** A part's memory to scale, and what is used of it enlarged. */
function memory(items, y, name, capacity, parts, unit) {
  const used = parts.reduce((sum, part) => sum + part.bytes, 0);
  items.push({ text: name, x: 0, y: y + 11 });
  items.push({ text: `${bytes(used)} of ${integer(Math.floor(capacity / 1024))} KiB`, x: WIDTH, y: y + 11, anchor: 'end' });
  const sliver = (used / capacity) * WIDTH;
  items.push({ rect: [0, y + 18, WIDTH, 5], fill: '--line' });
  items.push({ rect: [0, y + 18, Math.max(0.7, sliver), 5], fill: '--ink' });
  items.push({ path: `M0,${y + 23} L${Math.max(0.7, sliver)},${y + 23} L${WIDTH},${y + 31} L0,${y + 31} Z`, fill: '--line', opacity: 0.6 });
  let x = 0;
  for (const part of parts) {
    const width = (part.bytes / used) * WIDTH;
    items.push({ rect: [x, y + 31, Math.max(0, width - 1), 16], fill: part.fill });
    x += width;
  }
  let column = 0;
  for (const part of parts.filter(({ bytes: size }) => size > 0)) {
    items.push({ rect: [column, y + 53, 8, 8], fill: part.fill });
    items.push({ text: `${part.name} ${bytes(part.bytes)}`, x: column + 12, y: y + 61, size: 11, fill: '--dim' });
    column += unit;
  }
  return y + 72;
}

function bars(network, plan) {
  const { memory: has } = network;
  const items = [];
  if (!has.flash_bytes || !has.ram_bytes) {
    items.push({ text: 'This board runs on the host: no flash or RAM to show.', x: 0, y: 12, fill: '--dim' });
    items.push({ text: `board image ${bytes(network.image_bytes)}, arena ${bytes(plan.planned_arena_bytes)}`, x: 0, y: 32 });
    return { width: WIDTH, height: 40, items, label: 'This board runs on the host: no flash or RAM to show.' };
  }
  let y = memory(items, 0, 'Flash', has.flash_bytes, [
    { name: 'image', bytes: has.image_bytes, fill: '--weights' },
    { name: 'code', bytes: has.text_bytes, fill: '--code' },
    { name: 'tables', bytes: has.rodata_bytes + has.data_bytes, fill: '--tables' },
  ], 108);
  const stack = plan.stack_bytes ?? has.stack_bytes;
  y = memory(items, y, 'RAM in use', has.ram_bytes, [
    { name: 'arena', bytes: plan.planned_arena_bytes, fill: '--arena' },
    { name: 'stack', bytes: stack, fill: '--stack' },
    { name: 'static', bytes: has.data_bytes + has.bss_bytes, fill: '--static' },
    { name: 'heap', bytes: has.heap_bytes, fill: '--code' },
  ], 108);
  return {
    width: WIDTH, height: y, items,
    label: `Flash: image ${has.image_bytes}, code ${has.text_bytes} of ${has.flash_bytes} bytes. RAM: arena ${plan.planned_arena_bytes}, stack ${stack}, static ${has.data_bytes + has.bss_bytes} of ${has.ram_bytes} bytes.`,
  };
}

/** Live ranges: steps from left to right, bytes from the arena's begin upwards. */
function arena(network, plan, cursor) {
  const { buffers, steps } = plan.arena;
  const height = 112;
  const most = Math.max(plan.planned_arena_bytes, plan.measured_arena_bytes ?? 0);
  const column = WIDTH / steps.length;
  const up = (offset) => height + 14 - (offset / most) * height;
  const items = [];
  const name = network.tensors[cursor ?? -1]?.name;
  const now = cursor === 0 ? 0 : steps.findIndex((step) => step.split(' + ').includes(name));
  for (const buffer of buffers) {
    const isLive = now < 0 || (buffer.first_step <= now && now <= buffer.last_step);
    const x = buffer.first_step * column;
    const width = (buffer.last_step - buffer.first_step + 1) * column;
    const [top, bottom] = [up(buffer.offset + buffer.bytes), up(buffer.offset)];
    items.push({ rect: [x + 1, top, width - 2, Math.max(1, bottom - top - 1)], fill: buffer.is_scratch ? '--scratch-fill' : '--tensor-fill', opacity: isLive ? 1 : 0.35 });
    if (bottom - top > 13) {
      const text = `${buffer.name} ${integer(buffer.bytes)}`;
      const fits = Math.floor((width - 10) / 5.6);
      items.push({ text: text.length > fits ? `${text.slice(0, Math.max(1, fits - 1))}…` : text, x: x + 6, y: Math.min(bottom - 4, top + 13), size: 10.5 });
    }
  }
  items.push({ rect: [0, up(most) - 0.5, WIDTH, 0.75], fill: '--warm' });
  items.push({ text: `peak ${integer(plan.planned_arena_bytes)} B`, x: WIDTH, y: 9, anchor: 'end', fill: '--warm', size: 11 });
  steps.forEach((step, at) => {
    const fits = Math.floor(column / 5.4);
    items.push({ text: step.length > fits ? `${step.slice(0, Math.max(1, fits - 1))}…` : step, x: at * column + 1, y: height + 28, fill: '--dim', size: 10 });
  });
  if (now >= 0) items.push({ rect: [(now + 0.5) * column, 8, 1.5, height + 8], fill: '--ink' });
  return {
    width: WIDTH, height: height + 34, items,
    label: `Arena: ${buffers.map(({ name, offset, bytes: size }) => `${name} at ${offset}, ${size} bytes`).join('; ')}. Peak ${plan.planned_arena_bytes} bytes.`,
  };
}
