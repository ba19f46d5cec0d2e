// The stream: rates and delays as they were measured.

import { cut, integer, quantile } from './number.js';

const $ = (id) => document.getElementById(id);
/** Frames over which delays and rates are taken. */
const RECENT = 240;
/** Without a frame for this long, the stream has stopped. */
const PAUSE_MS = 2000;

export class Flow {
  constructor() {
    this.reset();
    this.terms = new Map();
    for (const name of [
      'frames/s: screen | board', 'delay: median | p95', 'of which: board | drawing', 'link', 'frames replaced',
      'wire frames: damaged | resent', 'board resets | link reopened', 'link credits',
    ]) {
      const [term, value] = [document.createElement('dt'), document.createElement('dd')];
      term.textContent = name;
      value.textContent = '–';
      $('flow').append(term, value);
      this.terms.set(name, value);
    }
  }

  reset() {
    this.delays = [];
    this.shown = [];
    this.paints = [];
    this.last = null;
  }

  /** A frame was drawn: when its picture was taken, if this page knows. */
  count(header, taken, begun) {
    const now = performance.now();
    const own = taken !== undefined;
    // For what the host shows, the host knows how long it took up to sending.
    this.delays.push(own ? now - taken : header.flow.host_ms + (now - begun));
    this.shown.push(now);
    this.paints.push(now - begun);
    for (const list of [this.delays, this.shown, this.paints]) if (list.length > RECENT) list.shift();
    this.last = header.flow;
  }

  /** Frames a second over the last moments. */
  get rate() {
    const now = performance.now();
    const recent = this.shown.filter((time) => now - time < PAUSE_MS);
    if (recent.length < 2) return 0;
    return ((recent.length - 1) * 1000) / Math.max(now - recent[0], 1);
  }

  get summary() {
    return {
      frames_per_s: this.rate,
      delay_median_ms: quantile(this.delays, 0.5),
      delay_p95_ms: quantile(this.delays, 0.95),
      paint_median_ms: quantile(this.paints, 0.5),
      board_ms: this.last?.board_ms ?? null,
      board_frames_per_s: this.last?.frames_per_s ?? null,
    };
  }

  /** Writes the figures; called a few times a second. */
  say() {
    const { last } = this;
    if (!last) {
      $('stream').textContent = '';
      return;
    }
    const { frames_per_s: rate, delay_median_ms: median, delay_p95_ms: p95, paint_median_ms: paint } = this.summary;
    const isOn = performance.now() - this.shown.at(-1) < PAUSE_MS;
    const bytes = isOn ? (last.bytes_per_s ?? 0) / 1024 : 0;
    const strong = (text) => Object.assign(document.createElement('b'), { textContent: text });
    const roomy = Object.assign(document.createElement('span'), { className: 'roomy', textContent: ` (p95 ${Math.ceil(p95)})` });
    $('stream').replaceChildren(
      strong(`${cut(rate, 0)}`), ' frames/s · ',
      strong(`${Math.ceil(median)}`), ' ms', roomy, ' · ',
      strong(cut(bytes, 0)), ` KiB/s · ${last.link.damaged} damaged`,
    );
    const set = (name, value) => { this.terms.get(name).textContent = value; };
    set('frames/s: screen | board', `${cut(rate, 1)} | ${cut(isOn ? last.frames_per_s : 0, 1)}`);
    set('delay: median | p95', `${Math.ceil(median)} | ${Math.ceil(p95)} ms`);
    set('of which: board | drawing', `${cut(last.board_ms, 1)} | ${cut(paint, 1)} ms`);
    set('link', `${integer(Math.floor(bytes))} KiB/s`);
    set('frames replaced', integer(last.replaced));
    set('wire frames: damaged | resent', `${integer(last.link.damaged)} | ${integer(last.link.resends)}`);
    set('board resets | link reopened', `${integer(last.link.resets)} | ${integer(last.link.reopened)}`);
    set('link credits', integer(last.link.credits));
  }
}
