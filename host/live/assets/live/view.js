// What the page knows; it is drawn at the next display frame where it changed.

export const view = {
  state: null, network: null, networkPacket: null, frame: null, occlusion: null, attribution: null, attack: null, climb: null, evolution: null,
  isNew: false, selected: null, hovered: null, swept: null, busy: null, unshown: 0,
};
