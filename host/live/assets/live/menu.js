// The head of the page: board, model, engine, plan, and the Freeze button.

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
    const phase = { opening: 'opening', ready: 'ready', lost: 'connection lost', failed: 'could not be opened' }[state.phase];
    $('dot').title = `Board: ${phase}`;
    $('dot').setAttribute('aria-label', `Board: ${phase}`);
    this.isFrozen = state.frozen;
    $('freeze').setAttribute('aria-pressed', state.frozen);
    $('freeze').textContent = state.frozen ? 'Resume' : 'Freeze';
    $('step').hidden = !state.frozen;
  }
}
