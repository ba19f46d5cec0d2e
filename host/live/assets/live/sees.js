// The neuron that is looked at, in words.

import { integer } from './number.js';

/** Says which neuron is looked at, what it sees, and what it says of the newest frame. */
export function sees(line, { network, frame }, neuron) {
  const tensor = network.tensors[neuron.tensor];
  const { height, width } = network.input;
  const [field] = network.receptive(neuron);
  const [h, w] = [field.bottom - field.top, field.right - field.left];
  const alone = tensor.is_logits ? `class ${network.labels[neuron.channel]}` : `neuron ${neuron.channel}`;
  const place = tensor.height * tensor.width === 1 ? alone : `map ${neuron.channel} · (${neuron.y}, ${neuron.x})`;
  const sight = h === height && w === width ? 'sees the whole input' : `sees ${h}×${w} of these pixels`;
  const [what, says] = line.children;
  const text = `${tensor.name} · ${place} ${sight}`;
  // Only a change is read out; what it says changes with every frame.
  if (what.textContent !== text) what.textContent = text;
  const at = (neuron.channel * tensor.height + neuron.y) * tensor.width + neuron.x;
  const values = tensor.is_logits ? frame?.array('accumulators') : frame?.values(neuron.tensor);
  says.textContent = values ? `and says ${integer(values[at])}` : '';
}
