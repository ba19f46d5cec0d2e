// Tabs, as the ARIA authoring practices describe them.

/** `changed(name)` is called with the id of the tab that was chosen. */
export function tabs(list, changed = () => {}) {
  const all = [...list.querySelectorAll('[role=tab]')];
  const choose = (tab) => {
    for (const one of all) {
      const isChosen = one === tab;
      one.setAttribute('aria-selected', isChosen);
      one.tabIndex = isChosen ? 0 : -1;
      document.getElementById(one.getAttribute('aria-controls')).hidden = !isChosen;
    }
    changed(tab.id);
  };
  for (const [at, tab] of all.entries()) {
    tab.addEventListener('click', () => choose(tab));
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = all[(at + step + all.length) % all.length];
      next.focus();
      choose(next);
    });
  }
  return { choose: (id) => choose(all.find((tab) => tab.id === id)) };
}
