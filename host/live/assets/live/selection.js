// The neuron that the page shows: of the sliding kernel, under the pointer, or selected.

import { describe } from './neuron_description.js';

const $ = (id) => document.getElementById(id);

/** Whether nothing is to move by itself. */
export const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export class Selection {
  /** `parts` are the parts of the page, which show the neuron. */
  constructor(parts) {
    this.parts = parts;
    /** What maps and scores do with the pointer. */
    this.pointing = {
      hover: (neuron) => this.look({ hovered: neuron }),
      pick: (neuron) => {
        parts.sweep.stop();
        this.look({ selected: neuron, hovered: null });
      },
      press: (neuron) => this.press(neuron),
    };
    /** What the sliding kernel does. */
    this.sliding = {
      show: (neuron, done) => this.look({ swept: { neuron, done } }),
      end: (neuron) => this.look({ selected: neuron, hovered: null, swept: null }),
    };
  }

  get watched() {
    const { swept, hovered, selected } = this.parts.view;
    return swept?.neuron ?? hovered ?? selected;
  }

  /** Shows another neuron. */
  look(change) {
    const { view, sweep, overview, stimulus, scores, lens, filters, climb, evolution } = this.parts;
    Object.assign(view, change);
    const neuron = this.watched;
    if (!neuron || !view.network) return;
    if (change.selected) sweep.offer(change.selected);
    const field = view.network.receptiveFields(neuron)[0];
    overview.setSelection(neuron);
    stimulus.drawInput(field);
    scores.setSelection(neuron);
    lens.setNeuron(neuron, view.swept?.done ?? null);
    filters.setNeuron(neuron);
    if (change.selected) {
      const tensor = view.network.tensors[neuron.tensor];
      climb.setNeuron(tensor, neuron.channel);
      evolution.setNeuron(tensor, neuron);
    }
    this.describe(neuron);
  }

  /** The first layer's strongest neuron. */
  first() {
    const { view, overview } = this.parts;
    const { hidden, logits } = view.network;
    return overview.strongest(hidden[0]?.index ?? logits.index);
  }

  /** A neuron is always selected: at first the first layer's strongest. */
  ensure() {
    if (!this.parts.view.selected) this.look({ selected: this.first() });
  }

  /** A map was clicked: its kernel slides over it until the next click. */
  press(neuron) {
    const { sweep } = this.parts;
    const { neuron: now } = sweep;
    const isSame = now?.tensor === neuron.tensor && now.channel === neuron.channel;
    sweep.stop();
    this.look({ selected: neuron, hovered: null });
    if (!isSame && !isStill()) sweep.start(neuron);
  }

  /** Says in words what the neuron does. */
  describe(neuron = this.watched) {
    describe($('neuron-description'), this.parts.view, neuron);
  }
}
