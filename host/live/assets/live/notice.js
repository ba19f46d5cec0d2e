// The most important message now, and a button for what can be done about it.

/** A board that has not answered for this long is reported. */
const SILENT_MS = 1500;

/** `[text, action, act]`, the last two where something can be done; nothing where all is well. */
function due({ view, replay, connection }) {
  const { state, page } = view;
  if (replay.isOn) return ['This is a recording; the board is not used.'];
  if (view.isLost) return ['The connection to the program was lost. Is `cortexscope live` still running? Trying again every second.'];
  if (view.said) return [view.said];
  if (!state) return [];
  if (state.phase === 'opening') return ['Opening the board and measuring its memory …'];
  if (state.phase === 'lost') return [`The connection to the board was lost; trying again every second. ${state.message ?? ''}`];
  if (state.phase === 'failed') return [`Could not open the board: ${state.message ?? ''}`];
  if (state.driver !== page) return ['Another page controls the board; this page only watches.', 'Take over', () => connection.command('drive')];
  if (state.job === 'occlusion') return ['The board is making an occlusion map; frames wait.', 'Stop', () => connection.command('cancel')];
  if (view.busy && view.busy.ms > SILENT_MS) return [`The board has been busy for ${Math.floor(view.busy.ms / 1000)} s.`];
  if (state.frozen) return ['Frozen: press Resume to go on, or Step to run one frame.'];
  return [];
}

/** Shows the message in `line`, or hides the line. */
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
