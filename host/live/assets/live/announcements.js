// Messages to the person at the page.

import { notice } from './notice.js';

const $ = (id) => document.getElementById(id);
/** How long a message about an event stays. */
const SAID_MS = 6000;

export class Announcements {
  /** `parts` are the parts of the page. */
  constructor(parts) {
    this.parts = parts;
  }

  /** Shows the most important message now. */
  say() {
    notice($('notice'), this.parts);
  }

  /** Announces a message to screen readers, and shows it for a while. */
  speak(text) {
    const { view } = this.parts;
    $('spoken').textContent = text;
    view.said = text;
    clearTimeout(view.silence);
    view.silence = setTimeout(() => { view.said = null; }, SAID_MS);
    this.say();
  }
}
