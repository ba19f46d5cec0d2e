// Keyboard shortcuts; the dialog lists the same table.

/**
 * Listens to keys from now on; `entries` are `[key, what it does, act]`, the last
 * null where a part of the page handles the key itself. `list` is where they are
 * described; while `isOff()`, keys are left alone.
 */
export function keys(entries, list, isOff) {
  list.replaceChildren(...entries.flatMap(([key, what]) => [
    Object.assign(document.createElement('dt'), { textContent: key }),
    Object.assign(document.createElement('dd'), { textContent: what }),
  ]));
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
    if (event.target.matches('input, select, textarea, [role=tab]')) return;
    if (event.key === ' ' && event.target.matches('button')) return;
    const name = event.key === ' ' ? 'Space' : event.key;
    const [, , act] = entries.find(([key]) => key === name) ?? [];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
