// One part of the page on the whole screen, and back again.

/** Enlarges a section, or makes it small again. */
export function enlarge(section) {
  const isLarge = section.classList.toggle('enlarged');
  section.querySelector('.enlarge').textContent = isLarge ? 'Back' : 'Enlarge';
}

/** Makes small whatever is enlarged. */
export function shrink() {
  const section = document.querySelector('.enlarged');
  if (section) enlarge(section);
}

/** Gives every section of the page a button for it. */
export function offerEnlarging() {
  for (const section of document.querySelectorAll('main > section')) {
    const button = document.createElement('button');
    button.className = 'enlarge';
    button.textContent = 'Enlarge';
    button.addEventListener('click', () => enlarge(section));
    section.append(button);
  }
}
