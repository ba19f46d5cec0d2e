// Everything on the screen that can be saved, as pictures, drawings and numbers.

import { layerScene, networkScene } from './overview_scene.js';

/** Arrays of a tensor have an axis for images, as `infer --dump` writes them. */
const four = ({ type, shape, data }) => ({ type, data, shape: [1, ...shape] });

/**
 * `{ name, file, scene(), array() }` of each, the last two where there are such;
 * `parts` are the parts of the page.
 */
export function things({ view, stimulus, overview, scores, lens, filters, occlusion, attributions, climb, corruption, attacks, evolution, chip }) {
  const { network, frame } = view;
  if (!network || !frame) return [];
  const array = (name) => frame.array(name, true);
  const { logits } = network;
  const list = stimulus.things();
  list.push({ name: 'network', file: 'network', scene: () => networkScene(overview) });
  for (const { index, name } of network.hidden) {
    list.push({ name, file: name, scene: () => layerScene(overview, index), array: () => four(array(`tensor.${index}`)) });
  }
  list.push({ name: `${logits.name}, logits`, file: logits.name, scene: () => scores.scene(), array: () => four(array('logits')) });
  if (frame.array('accumulators')) {
    list.push({ name: `${logits.name}, accumulators`, file: `${logits.name}.accumulators`, array: () => four(array('accumulators')) });
  }
  list.push({ name: 'probabilities', file: 'probabilities', array: () => array('probabilities') });
  if (lens.scene) list.push({ name: 'lens', file: 'lens', scene: () => lens.scene });
  if (filters.drawn) list.push({ name: 'filters', file: `filters-${filters.name}`, scene: () => filters.scene(), array: () => filters.weights });
  if (occlusion.packet) {
    list.push({ name: 'occlusion map', file: 'occlusion', scene: () => occlusion.scene(), array: () => occlusion.packet.arrays.get('probabilities') });
  }
  if (attributions.packet) {
    list.push({ name: 'attribution', file: 'attribution', scene: () => attributions.scene(), array: () => four(attributions.packet.arrays.get('attribution')) });
  }
  if (climb.packet) {
    list.push({ name: 'ascent', file: 'ascent', scene: () => climb.scene(), array: () => four(climb.packet.arrays.get('input')) });
  }
  if (corruption.frame) {
    list.push({ name: 'corruption', file: 'corruption', scene: () => corruption.scene(), array: () => four(corruption.frame.original) });
  }
  if (attacks.packet) {
    list.push({ name: 'attack', file: 'attack', scene: () => attacks.scene(), array: () => four(attacks.packet.arrays.get('changed')) });
  }
  if (evolution.packet?.arrays.has('image')) {
    list.push({ name: 'evolution', file: 'evolution', scene: () => evolution.scene(), array: () => four(evolution.packet.arrays.get('image')) });
  }
  list.push({ name: 'chip', file: 'chip', scene: () => chip.scene() });
  return list;
}
