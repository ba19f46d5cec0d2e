// The kernel at work in slow motion: it slides over its map from output to output,
// or a dense layer's products are added one after the other.

/** The shortest and the longest time for all of a map. */
const MS = [3000, 12000];
/** The time for an output, where that fits. */
const OUTPUT_MS = 60;
/** The same for a product of a dense layer. */
const PRODUCT_MS = 8;

export class Sweep {
  /**
   * `on.show(neuron, done)` is called with the neuron that is computed and how
   * many outputs or products are done; `on.end(neuron)` with the first one again.
   */
  constructor(button, on) {
    this.button = button;
    this.on = on;
    this.neuron = null;
    button.addEventListener('click', () => this.turn());
  }

  get isOn() {
    return this.neuron !== null;
  }

  /** What a click on the button would show. */
  offer(neuron) {
    this.offered = neuron;
  }

  setNetwork(network) {
    this.network = network;
    // The neuron belonged to the network before.
    this.neuron = null;
    this.offered = null;
    this.say();
  }

  /** Begins where it is off, and ends where it is on. */
  turn() {
    if (this.isOn) this.stop();
    else if (this.offered) this.start(this.offered);
  }

  start(neuron) {
    const tensor = this.network.tensors[neuron.tensor];
    const { layer } = tensor;
    this.isDense = layer.op === 'dense';
    const from = this.network.tensors[layer.inputs[0]];
    this.count = this.isDense ? from.channels * from.height * from.width : tensor.height * tensor.width;
    this.width = tensor.width;
    const each = this.isDense ? PRODUCT_MS : OUTPUT_MS;
    this.ms = Math.min(MS[1], Math.max(MS[0], each * this.count));
    this.begun = performance.now();
    this.neuron = neuron;
    this.say();
    this.tick();
  }

  stop() {
    const { neuron } = this;
    this.neuron = null;
    this.say();
    if (neuron) this.on.end(neuron);
  }

  say() {
    this.button.textContent = this.isOn ? 'Stop' : 'Slide the kernel';
    this.button.setAttribute('aria-pressed', this.isOn);
  }

  /** Called once a display frame. */
  tick() {
    if (!this.isOn) return;
    const at = Math.floor(((performance.now() - this.begun) / this.ms) * this.count);
    if (at >= this.count) {
      this.stop();
      return;
    }
    const { neuron } = this;
    if (this.isDense) this.on.show(neuron, at + 1);
    else this.on.show({ ...neuron, y: Math.floor(at / this.width), x: at % this.width }, at + 1);
  }
}
