// The one thing that has to be said now, and what can be done about it.

/** A board that has not answered for so long is talked about. */
const SILENT_MS = 1500;

/** `[text, action, act]`, the last two where something can be done; nothing where all is well. */
function due({ view, replay, connection }) {
  const { state, page } = view;
  if (replay.isOn) return ['This is a recording: no board is asked.'];
  if (view.isLost) return ['The host is gone: is `cortexscope live` still running? Trying again every second.'];
  if (view.said) return [view.said];
  if (!state) return [];
  if (state.phase === 'opening') return ['Reaching the board and measuring its memory …'];
  if (state.phase === 'lost') return [`The board is lost; looking for it every second. ${state.message ?? ''}`];
  if (state.phase === 'failed') return [`The board cannot be had: ${state.message ?? ''}`];
  if (state.driver !== page) return ['Another page drives the board: this one watches.', 'Take over', () => connection.command('drive')];
  if (state.job === 'occlusion') return ['The board maps the occlusion; frames wait.', 'Stop', () => connection.command('cancel')];
  if (view.busy && view.busy.ms > SILENT_MS) return [`The board has been busy for ${Math.floor(view.busy.ms / 1000)} s.`];
  if (state.frozen) return ['Frozen: nothing runs until you go on or step.'];
  return [];
}

/** Says it in `line`, or hides that. */
export function notice(line, parts) {
  const [text, action, act] = due(parts);
  line.hidden = !text;
  if (!text) return;
  const [said, button] = line.children;
  if (said.textContent !== text) {
    said.textContent = text;
    said.title = text;
  }
  button.textContent = action ?? '';
  button.onclick = act ?? null;
}
