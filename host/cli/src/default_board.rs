//! The board where none is named.

use super::progress;
use cortexscope_rig::board::{NATIVE, Presence, find};

pub(super) use cortexscope_rig::board::DEFAULT as EMULATED;

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

#[cfg(test)]
mod tests {
    use super::EMULATED;
    use crate::Cli;
    use clap::CommandFactory;

    /// The help of `--board` says in words what is taken where it is left out.
    #[test]
    fn the_help_names_the_default_board() {
        let mut named = 0;
        for command in Cli::command().get_subcommands() {
            let mut arguments = command.get_arguments();
            let board = arguments.find(|argument| argument.get_id() == "board");
            let help = board
                .and_then(|board| board.get_help())
                .map(ToString::to_string);
            let help = help.unwrap_or_default();
            if let Some((_, default)) = help.split_once("[default: ") {
                assert!(default.starts_with(EMULATED), "{help}");
                named += 1;
            }
        }
        assert!(named >= 5, "{named}");
    }
}
