// The selected neuron as a sentence.

import { integer } from './number.js';

/** Describes a neuron: what it is, its receptive field, and its value for the newest frame. */
export function describe(line, { network, frame }, neuron) {
  const tensor = network.tensors[neuron.tensor];
  const { height, width } = network.input;
  const [field] = network.receptiveFields(neuron);
  const [h, w] = [field.bottom - field.top, field.right - field.left];
  const alone = tensor.is_logits ? `class ${network.labels[neuron.channel]}` : `neuron ${neuron.channel}`;
  const place = tensor.height * tensor.width === 1
    ? alone
    : `map ${neuron.channel} · row ${neuron.y}, column ${neuron.x}`;
  const sees = h === height && w === width ? 'sees the whole input' : `sees ${h}×${w} input pixels`;
  const [what, valueLine] = line.children;
  const text = `${tensor.name} · ${place} ${sees};`;
  // A screen reader reads the first part only: the value changes with every frame.
  if (what.textContent !== text) what.textContent = text;
  const at = (neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x;
  const values = tensor.is_logits ? frame?.array('accumulators') : frame?.values(neuron.tensor);
  const type = tensor.is_logits ? 'int32 sum' : 'int8 value';
  valueLine.textContent = values ? `its ${type} is ${integer(values[at])}` : '';
}
