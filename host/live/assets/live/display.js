// What happens once for every frame of the display.

const $ = (id) => document.getElementById(id);

/** A function that draws what is new; `parts` are the parts of the page. */
export function display(parts, selection) {
  const { view, connection, flow, stimulus, overview, scores, lens, occlusion, attributions, climb, corruption, attacks, evolution, chip, replay, sweep, tour } = parts;

  /** Gives a part the newest packet of its kind, once. */
  function give(name, part) {
    const packet = view[name];
    view[name] = null;
    if (packet) part.setPacket(packet);
  }

  function draw() {
    view.isNew = false;
    const begun = performance.now();
    const { frame: newest } = view;
    const { header } = newest;
    stimulus.setFrame(newest);
    overview.setFrame(newest.values);
    scores.setFrame(newest);
    corruption.setFrame(newest);
    chip.setFrame(newest);
    selection.ensure();
    if (!replay.isOn) tour.offer();
    lens.setFrame(newest);
    selection.describe();
    const isOwn = header.page === view.page && !replay.isOn;
    flow.count(header, isOwn ? stimulus.takenAt(header.page_number) : undefined, begun);
  }

  return () => {
    for (const part of [stimulus, replay, sweep, chip]) part.tick();
    give('occlusion', occlusion);
    give('attribution', attributions);
    give('attack', attacks);
    give('climb', climb);
    give('evolution', evolution);
    // What the dialog saves stays as it was when the dialog was opened.
    if (view.isNew && !$('dialog').open) draw();
    // The host waits after two frames that were neither drawn nor skipped.
    for (; view.unshown > 0; view.unshown -= 1) connection.command('shown');
  };
}
