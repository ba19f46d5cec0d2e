// Light or dark colours: as the system says, or as the person chose.

const system = matchMedia('(prefers-color-scheme: dark)');

/** A function that changes to the other colours; `changed()` is called at each change. */
export function theme(changed) {
  system.addEventListener('change', changed);
  return () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : system.matches;
    root.dataset.theme = isDark ? 'light' : 'dark';
    changed();
  };
}
