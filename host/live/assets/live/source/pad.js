// The drawing pad: light ink on a dark background, with the pointer or the keys.

export class Pad {
  constructor(canvas, width, clear, changed) {
    this.canvas = canvas;
    this.pen = canvas.getContext('2d', { willReadFrequently: true });
    this.changed = changed;
    this.cursor = { x: 140, y: 140, isDown: false };
    width.addEventListener('input', () => { this.width = Number(width.value); });
    this.width = Number(width.value);
    clear.addEventListener('click', () => this.clear());
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = this.at(event);
      this.line(this.last, this.last);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.last) return;
      // Every point that the pen went through, not only the newest.
      for (const one of event.getCoalescedEvents?.() ?? [event]) {
        const next = this.at(one);
        this.line(this.last, next);
        this.last = next;
      }
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, () => { this.last = null; });
    }
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('keyup', ({ key }) => { if (key === ' ') this.cursor.isDown = false; });
    this.clear();
  }

  at({ offsetX, offsetY }) {
    const scale = this.canvas.width / this.canvas.clientWidth;
    return { x: offsetX * scale, y: offsetY * scale };
  }

  key(event) {
    const steps = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };
    if (event.key === 'Delete' || event.key === 'Backspace') this.clear();
    else if (event.key === ' ') {
      this.cursor.isDown = true;
      this.line(this.cursor, this.cursor);
    } else if (steps[event.key]) {
      const { x, y, isDown } = this.cursor;
      const next = { x: x + steps[event.key][0], y: y + steps[event.key][1], isDown };
      if (isDown) this.line(this.cursor, next);
      this.cursor = next;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  line(from, to) {
    const { pen } = this;
    pen.strokeStyle = '#fff';
    pen.lineWidth = this.width;
    pen.lineCap = 'round';
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y + 0.01);
    pen.stroke();
    this.changed();
  }

  clear() {
    this.pen.fillStyle = '#000';
    this.pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.changed();
  }
}
