// The head of the page: board, model, engine and plan, and whether frames run.

import { fill } from './controls.js';

const $ = (id) => document.getElementById(id);

export class Menu {
  constructor(connection) {
    const choose = () => connection.command('open', { board: $('board').value, model: $('model').value, engine: $('engine').value });
    for (const id of ['board', 'model', 'engine']) $(id).addEventListener('change', choose);
    $('mode').addEventListener('change', () => connection.command('mode', { mode: $('mode').value }));
    $('freeze').addEventListener('click', () => connection.command('freeze', { frozen: !this.isFrozen }));
    $('step').addEventListener('click', () => connection.command('step'));
  }

  /** What can be chosen, and what was. */
  setState(state) {
    const boards = state.menu.boards.map(({ name, core, is_there: isThere, state: why }) => ({
      value: name,
      text: isThere ? `${name} · ${core}` : `${name} (${why})`,
      off: !isThere,
    }));
    fill($('board'), boards, state.choice.board);
    fill($('model'), state.menu.models.map((name) => ({ value: name, text: name })), state.choice.model);
    fill($('engine'), state.menu.engines.map((name) => ({ value: name, text: `${name} engine` })), state.choice.engine);
    $('mode').value = state.mode;
    $('dot').className = `dot ${state.phase}`;
    $('dot').title = state.phase;
    this.isFrozen = state.frozen;
    $('freeze').setAttribute('aria-pressed', state.frozen);
    $('freeze').textContent = state.frozen ? 'Go on' : 'Freeze';
    $('step').hidden = !state.frozen;
  }
}
