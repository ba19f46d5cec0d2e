//! The board where none is named.

use super::progress;
use cortexscope_rig::board::{Presence, find};

/// The emulated board that commands take where none is named.
pub(super) const EMULATED: &str = "mps2-an386";
/// The board that runs on every machine.
const NATIVE: &str = "native";

/// The emulated board, or the native one where the emulated one cannot run on this
/// machine; says so. For commands that show what a network does: its bytes are the same
/// on every board. A command that measures a board takes [`EMULATED`] or fails.
pub(super) fn that_runs() -> &'static str {
    let missing = find(EMULATED)
        .map(Presence::of)
        .filter(|presence| !presence.is_there());
    let Some(missing) = missing else {
        return EMULATED;
    };
    progress::note(format!(
        "{EMULATED} cannot run here ({missing}): running the same board program in this process, \
         as the board {NATIVE}"
    ));
    NATIVE
}
