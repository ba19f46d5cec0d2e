// What the network is shown: the sources, the preparation of their pictures, and
// the input that the board received.

import { Camera } from './source/camera.js';
import { PictureFile } from './source/file.js';
import { Pad } from './source/pad.js';
import { ramp } from './controls.js';
import { canvas, paint } from './maps.js';
import { file, pixels } from './packet.js';
import { MARK } from './receptive_field.js';
import { tabs } from './tabs.js';

/** The side of the square that is taken of a camera or a video. */
const SQUARE = 112;
/** Bytes that may wait in the browser before no more are given to it. */
const WAITING_MAX = 1 << 20;
/** The side that small pictures are enlarged to in files, at most. */
const SHOWN = 224;
/** The steps of the preparation, and what each does. */
const STEPS = {
  grey: 'grey levels by luminance',
  contrast: 'ink is told from the background around it, in light and in shade',
  polarity: 'dark ink is made light',
  crop: 'all but the ink in the middle is removed',
  fit: 'the ink is scaled to 20 of 28 pixels',
  centre: 'the centre of mass moves to the middle',
};

const $ = (id) => document.getElementById(id);

export class Stimulus {
  constructor(connection) {
    this.connection = connection;
    this.number = 0;
    this.sent = new Map();
    this.scratch = Object.assign(document.createElement('canvas'), { width: SQUARE, height: SQUARE });
    this.pen = this.scratch.getContext('2d', { willReadFrequently: true });
    const dirty = () => { this.isDirty = true; };
    this.pad = new Pad($('pad'), $('pad-width'), $('pad-clear'), dirty);
    this.isDirty = false;
    this.camera = new Camera({
      video: $('camera-video'), crop: $('camera-crop'), start: $('camera-start'),
      size: $('camera-size'), status: $('camera-status'),
    });
    this.file = new PictureFile({
      canvas: $('file-view'), video: $('file-video'), status: $('file-status'), pause: $('file-pause'),
    }, dirty);
    this.tabs = tabs($('stimulus').querySelector('[role=tablist]'), (id) => this.turn(id.slice(4)));
    this.tabs.choose('tab-digits');
    this.digits();
    this.stages();
    this.input = $('input');
  }

  /** Another source. */
  turn(name) {
    this.source = name;
    if (name !== 'camera') this.camera?.stop();
    if (name !== 'file') this.file?.video.pause();
    if ((name !== 'digits' && this.playing) || (name !== 'camera' && this.farCamera)) this.connection.command('rest');
    this.isDirty = name === 'pad' ? this.hasInk : name === 'file';
    if (name === 'pad' && this.isReady) this.isDirty = true;
  }

  digits() {
    const digit = $('digit');
    const show = () => {
      const index = Math.max(0, Math.min(Number(digit.max || 9999), Math.floor(Number(digit.value) || 0)));
      digit.value = index;
      this.connection.command('digit', { index });
    };
    const turn = (step) => {
      digit.value = Number(digit.value) + step;
      show();
    };
    digit.addEventListener('change', show);
    $('digit-before').addEventListener('click', () => turn(-1));
    $('digit-after').addEventListener('click', () => turn(1));
    const play = () => {
      const rate = $('rate').value;
      this.connection.command('play', { per_second: rate === '' ? null : Number(rate), seed: 0 });
    };
    $('play').addEventListener('click', () => (this.playing ? this.connection.command('rest') : play()));
    $('rate').addEventListener('change', () => { if (this.playing) play(); });
  }

  stages() {
    this.buttons = Object.keys(STEPS).map((name) => {
      const button = document.createElement('button');
      const canvas = document.createElement('canvas');
      button.append(canvas, name);
      button.title = `Turn this step on or off: ${STEPS[name]}`;
      button.addEventListener('click', () => {
        const steps = { ...this.steps, [name]: !this.steps[name] };
        this.connection.command('steps', steps);
      });
      return { name, button, canvas };
    });
    $('stages').replaceChildren(...this.buttons.map(({ button }) => button));
  }

  setState(state) {
    this.steps = state.steps;
    this.playing = state.play !== null;
    this.isReady = true;
    $('digit').max = state.digits - 1;
    for (const of of ['host', 'board']) {
      const button = $(`${of}-camera`);
      const name = state[`${of}_camera`];
      const isOn = state.camera_on === of;
      button.hidden = name === null;
      button.textContent = isOn ? `Stop the ${of}’s camera` : `Use the ${of}’s camera (${name})`;
      button.onclick = () => this.connection.command(isOn ? 'rest' : 'camera', isOn ? {} : { of });
    }
    this.farCamera = state.camera_on !== null;
    $('play').setAttribute('aria-pressed', this.playing);
    $('play').textContent = this.playing ? 'Stop' : 'Shuffle';
    for (const { name, button } of this.buttons) button.setAttribute('aria-pressed', state.steps[name]);
  }

  setNetwork(network) {
    this.network = network;
    const { height, width, scale, zero } = network.input;
    $('input-title').textContent = `Input, ${height}×${width}, int8`;
    $('input-scale').replaceChildren('int8 −128', ramp('grey'), '127');
    $('input-title').title = `value = (int8 − ${zero}) × ${scale}`;
  }

  /** Sends the newest picture, if the source has one. Called once a display frame. */
  tick() {
    if (!this.isReady || this.connection.waiting > WAITING_MAX) return;
    if (this.source === 'camera' && this.camera.isOn) {
      const { x, y, side } = this.camera.square;
      this.offer(this.camera.video, 'camera', [x, y, side, side], this.camera.video.currentTime);
    } else if (this.source === 'file' && this.file.isVideo) {
      const { video } = this.file;
      const side = Math.min(video.videoWidth, video.videoHeight);
      const area = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side];
      this.offer(video, this.file.name, area, video.currentTime);
    } else if (this.isDirty) {
      this.isDirty = false;
      if (this.source === 'pad') this.send('drawing', this.pad.pen.getImageData(0, 0, 280, 280));
      if (this.source === 'file' && this.file.isPicture) {
        const { canvas, name, bytes } = this.file;
        this.send(name, canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height), bytes);
      }
    }
  }

  /** A video's frame, once. */
  offer(video, name, [x, y, w, h], time) {
    if (time === this.lastTime) return;
    this.lastTime = time;
    this.pen.drawImage(video, x, y, w, h, 0, 0, SQUARE, SQUARE);
    this.send(name, this.pen.getImageData(0, 0, SQUARE, SQUARE));
  }

  /** Sends pixels or, where there are any, the bytes of the file that they came from. */
  send(name, image, bytes = null) {
    this.number += 1;
    this.sent.set(this.number, performance.now());
    if (this.sent.size > 256) this.sent.delete(this.sent.keys().next().value);
    this.picture = { name, image };
    this.connection.send(bytes ? file(this.number, name, bytes) : pixels(this.number, name, image));
  }

  /** When the picture of this number was taken. */
  takenAt(number) {
    const taken = this.sent.get(number);
    this.sent.delete(number);
    return taken;
  }

  setFrame(frame) {
    const { header, values, array } = frame;
    this.frame = frame;
    if (!$('digit').matches(':focus') && header.source.startsWith('mnist:')) {
      $('digit').value = header.source.slice(6);
    }
    this.values = values(0);
    this.input.title = header.notes.join('\n');
    this.drawInput();
    const isPlain = header.stages.length === 0;
    $('stages').classList.toggle('plain', isPlain);
    for (const { name, canvas } of this.buttons) {
      const stage = array(`stage.${name}`, true);
      if (stage) paint(canvas, stage.data, ...stage.shape);
    }
  }

  /** The int8 input, and the receptive field of the selected neuron in it. */
  drawInput(field = this.field) {
    this.field = field;
    if (!this.values || !this.network) return;
    const { channels, height, width } = this.network.input;
    const ratio = Math.max(4, Math.ceil((this.input.clientWidth * devicePixelRatio) / width));
    if (this.input.width !== width * ratio) {
      this.input.width = width * ratio;
      this.input.height = height * ratio;
    }
    this.small ??= document.createElement('canvas');
    paintInput(this.small, this.values, channels, height, width);
    const pen = this.input.getContext('2d');
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.small, 0, 0, width * ratio, height * ratio);
    if (!field) return;
    pen.strokeStyle = MARK;
    pen.lineWidth = 2 * devicePixelRatio;
    pen.strokeRect(field.left * ratio, field.top * ratio,
      (field.right - field.left) * ratio, (field.bottom - field.top) * ratio);
  }

  /** What can be saved: the picture as it arrived, every step of its preparation, and the input. */
  things() {
    const list = [];
    const { frame } = this;
    if (this.picture && frame.header.source === this.picture.name) {
      const { data, width, height } = this.picture.image;
      const made = canvas(height, width);
      made.getContext('2d').putImageData(this.picture.image, 0, 0);
      list.push({ name: 'picture', file: 'picture', scene: () => zoomed(made), array: () => ({ type: 'u8', shape: [height, width, 4], data }) });
    }
    for (const { name } of frame.header.stages) {
      const stage = frame.array(`stage.${name}`, true);
      const made = canvas(...stage.shape);
      paint(made, stage.data, ...stage.shape);
      list.push({ name: `step: ${name}`, file: `step-${name}`, scene: () => zoomed(made), array: () => stage });
    }
    const { type, shape, data } = frame.array('input', true);
    const array = () => ({ type, data, shape: [1, ...shape] });
    list.push({ name: 'input', file: this.network.input.name, scene: () => zoomed(this.small), array });
    return list;
  }
}

/** A picture of few pixels, enlarged by a whole number. */
function zoomed(image) {
  const zoom = Math.max(1, Math.floor(SHOWN / Math.max(image.width, image.height)));
  const [width, height] = [image.width * zoom, image.height * zoom];
  return { width, height, items: [{ image, x: 0, y: 0, w: width, h: height }] };
}

/** int8 `[C, H, W]`, grey or in colours, from black to white. */
export function paintInput(target, values, channels, height, width) {
  target.width = width;
  target.height = height;
  const pen = target.getContext('2d');
  const image = pen.createImageData(width, height);
  const plane = height * width;
  for (let at = 0; at < plane; at += 1) {
    for (let colour = 0; colour < 3; colour += 1) {
      image.data[4 * at + colour] = values[Math.min(colour, channels - 1) * plane + at] + 128;
    }
    image.data[4 * at + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}
