// Packets, from the host or from a recording, go to the parts of the page.

import { Network } from './network.js';
import { integer } from './number.js';
import { ATTACK, ATTRIBUTION, CLIMB, EVOLUTION, FRAME, NETWORK, OCCLUSION } from './packet.js';

const $ = (id) => document.getElementById(id);

/** A function that takes each packet; `parts` are the parts of the page. */
export function arrivals(parts) {
  const { view, flow, stimulus, overview, scores, sweep, lens, filters, occlusion, attributions, climb, corruption, attacks, evolution, chip } = parts;

  function setNetwork(packet) {
    const network = new Network(packet);
    // What has come and is not drawn yet belongs to the network before.
    Object.assign(view, {
      networkPacket: packet, network, frame: null, isNew: false, occlusion: null, attribution: null, attack: null, climb: null, evolution: null,
      selected: null, hovered: null, swept: null,
    });
    flow.reset();
    for (const part of [stimulus, overview, scores, sweep, lens, filters, occlusion, attributions, climb, corruption, attacks, evolution]) {
      part.setNetwork(network);
    }
    chip.setNetwork(network, view.state?.mode ?? 'fused');
    $('parameters').textContent = `int8 · ${integer(network.parameters)} parameters`;
    document.title = `${network.model} on ${network.board} · Cortexscope live`;
  }

  return (packet) => {
    if (packet.kind === NETWORK) {
      setNetwork(packet);
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
    if (packet.kind === ATTACK) view.attack = packet;
    if (packet.kind === EVOLUTION) view.evolution = packet;
    if (packet.kind === CLIMB) view.climb = packet;
  };
}

/** A frame's arrays by tensor. */
function frame({ header, arrays }) {
  const array = (name, whole = false) => (whole ? arrays.get(name) : arrays.get(name)?.data);
  return { header, arrays, array, values: (tensor) => array(tensor === 0 ? 'input' : `tensor.${tensor}`) };
}
