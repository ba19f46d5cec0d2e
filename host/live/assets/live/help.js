// The "?" of each panel: what it shows, in two sentences of the book's glossary.

/** The panels by their sections; the explanations' is the one of the tab that is open. */
const PANELS = { stimulus: 'Stimulus', net: 'Network', lens: 'Lens', chip: 'Memory' };
/** Pixels between a "?" and its text. */
const GAP_PX = 6;

/** What each panel shows, by its name. */
export async function panels() {
  const answer = await fetch('panels.json');
  return answer.json();
}

/** The name of the panel that a section shows now. */
function panel(section) {
  return PANELS[section.id] ?? section.querySelector('[role=tab][aria-selected=true]').textContent;
}

/** Gives every section of the page a "?"; `texts` are those of `panels()`. */
export function offerHelp(texts) {
  for (const section of document.querySelectorAll('main > section')) {
    const text = document.createElement('p');
    text.id = `help-${section.id}`;
    text.className = 'note';
    text.popover = 'auto';
    // The focus goes to the text, so that a screen reader reads it, and comes back.
    text.tabIndex = -1;
    text.autofocus = true;
    const button = document.createElement('button');
    button.className = 'help';
    button.textContent = '?';
    button.popoverTargetElement = text;
    button.setAttribute('aria-label', `What does this panel show? ${section.getAttribute('aria-label') ?? section.querySelector('h2').firstChild.textContent}`);
    text.addEventListener('beforetoggle', ({ newState }) => {
      if (newState === 'open') text.textContent = texts[panel(section)];
    });
    text.addEventListener('toggle', ({ newState }) => {
      if (newState === 'open') below(text, button);
    });
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      // The page's own Escape would make the section small.
      event.stopPropagation();
      text.hidePopover();
    });
    section.append(button, text);
  }
}

/** Puts the text below its button, inside the window. */
function below(text, button) {
  const at = button.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - text.offsetWidth - GAP_PX);
  const top = Math.min(at.bottom + GAP_PX, innerHeight - text.offsetHeight - GAP_PX);
  Object.assign(text.style, { left: `${Math.max(GAP_PX, left)}px`, top: `${Math.max(GAP_PX, top)}px` });
}
