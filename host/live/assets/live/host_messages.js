// Text from the host: the state of the board, and what happened.

/** A function that takes each message; `parts` are the parts of the page. */
export function hostMessages(parts, announcements) {
  const { view, menu, stimulus, occlusion, attributions, climb, corruption, attacks, evolution, chip } = parts;

  function setState(state) {
    const before = view.state;
    view.state = state;
    for (const part of [menu, stimulus, occlusion, attributions, climb, corruption, attacks, evolution]) part.setState(state);
    if (before?.mode !== state.mode) chip.setMode(state.mode);
    const newest = state.events.at(-1);
    if (newest && newest.number !== view.event) {
      view.event = newest.number;
      if (before) announcements.speak(newest.text);
    }
  }

  return (message) => {
    view.isLost = false;
    if (message.type === 'welcome') view.page = message.page;
    if (message.type === 'refused') announcements.speak(message.text);
    if (message.type === 'busy') {
      view.busy = message.ms === null ? null : message;
      chip.setBusy(message.tensor);
    }
    if (message.type === 'state') setState(message.state);
    announcements.say();
  };
}
