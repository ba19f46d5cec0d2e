// The tour of the page, at the first visit: from the stimulus to what explains it.

const $ = (id) => document.getElementById(id);
/** Where it is kept that the tour was seen. */
const SEEN = 'cortexscope-tour';
const SEEN_DAYS = 400;
/** Pixels between the tour and the section that it is about. */
const GAP_PX = 10;

/** Section, panel and what to try there; what the panel shows says the glossary. */
const STOPS = [
  ['stimulus', 'Stimulus', 'Try it: press n for the next digit, or d to draw one.'],
  ['net', 'Network', 'One map of the first layer is selected, at its brightest pixel. Try it: click another map.'],
  ['lens', 'Lens', 'The kernel slides over the map that you selected. Try it: press k to stop it, and again to start it.'],
  ['chip', 'Memory', 'Try it: choose “tapped” at the top of the page, and see how the arena grows.'],
  ['aside', 'Occlusion', 'Try it: press o to ask the board for the map. The other tabs explain in other ways.'],
];

/** Whether somebody has seen the tour in this browser. */
function isSeen() {
  try {
    // The next page may be at another port: cookies are kept for all of them.
    return localStorage.getItem(SEEN) !== null || document.cookie.includes(`${SEEN}=`);
  } catch {
    return false;
  }
}

function keepSeen() {
  try {
    localStorage.setItem(SEEN, 'done');
    document.cookie = `${SEEN}=done; max-age=${SEEN_DAYS * 86400}; samesite=strict`;
  } catch {
    // A browser that keeps nothing shows the tour again.
  }
}

export class Tour {
  /** `texts` are what the panels show; `isPossible()` says whether there is something on
   * the screen; `arrive(section)` prepares a stop. */
  constructor(texts, isPossible, arrive) {
    this.texts = texts;
    this.isPossible = isPossible;
    this.arrive = arrive;
    this.box = $('tour');
    this.at = null;
    $('tour-next').addEventListener('click', () => this.go(1));
    $('tour-back').addEventListener('click', () => this.go(-1));
    $('tour-skip').addEventListener('click', () => this.end());
    this.box.addEventListener('keydown', (event) => {
      const act = {
        Escape: () => this.end(), ArrowRight: () => this.go(1), ArrowLeft: () => this.go(-1),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    addEventListener('resize', () => this.place());
  }

  /** Starts where nobody has seen it yet. */
  offer() {
    if (this.at === null && !isSeen()) this.start();
  }

  start() {
    if (this.at !== null || !this.isPossible()) return;
    this.back = document.activeElement;
    this.at = 0;
    this.box.showPopover();
    this.show();
  }

  go(step) {
    const next = this.at + step;
    if (next < 0) return;
    if (next >= STOPS.length) this.end();
    else {
      this.leave();
      this.at = next;
      this.show();
    }
  }

  end() {
    this.leave();
    this.at = null;
    this.box.hidePopover();
    this.back?.focus();
    keepSeen();
  }

  show() {
    const [id, panel, attempt] = STOPS[this.at];
    const section = $(id);
    section.classList.add('toured');
    section.scrollIntoView({ block: 'nearest' });
    this.arrive(id);
    $('tour-title').textContent = `${this.at + 1} of ${STOPS.length} · ${panel}`;
    $('tour-text').textContent = this.texts[panel];
    $('tour-try').textContent = attempt;
    $('tour-back').disabled = this.at === 0;
    const isLast = this.at === STOPS.length - 1;
    $('tour-next').textContent = isLast ? 'Done' : 'Next';
    $('tour-skip').hidden = isLast;
    this.place();
    $('tour-next').focus();
  }

  leave() {
    $(STOPS[this.at][0]).classList.remove('toured');
  }

  /** Puts the tour beside its section: right, left, below or above, where there is room. */
  place() {
    if (this.at === null) return;
    const about = $(STOPS[this.at][0]).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const most = { left: innerWidth - width - GAP_PX, top: innerHeight - height - GAP_PX };
    const middle = about.left + (about.width - width) / 2;
    const places = [
      { left: about.right + GAP_PX, top: about.top + GAP_PX },
      { left: about.left - width - GAP_PX, top: about.top + GAP_PX },
      { left: middle, top: about.bottom + GAP_PX },
      { left: middle, top: about.top - height - GAP_PX },
    ];
    const fits = ({ left, top }) => left >= GAP_PX && left <= most.left && top >= GAP_PX && top <= most.top;
    const { left, top } = places.find(fits) ?? most;
    Object.assign(this.box.style, { left: `${left}px`, top: `${top}px` });
  }
}
