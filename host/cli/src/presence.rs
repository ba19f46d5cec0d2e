//! Whether a board can be used now.

use cortexscope_rig::board::{BoardKind, Engine, Transport, firmware_elf};
use std::process::{Command, Stdio};

/// Whether a board can be used now.
pub(super) struct Presence {
    pub is_there: bool,
    /// `there`, or what is missing and how to get it.
    pub text: String,
}

/// Looks whether what `board` needs is there.
pub(super) fn presence(board: &BoardKind) -> Presence {
    if board.transport == Transport::InProcess {
        return Presence {
            is_there: true,
            text: "there".to_owned(),
        };
    }
    let needs_emulator = board.transport != Transport::Serial;
    let emulator = Command::new("qemu-system-arm")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let missing = match (
        emulator || !needs_emulator,
        firmware_elf(board, Engine::Static).is_file(),
    ) {
        (true, true) => {
            return Presence {
                is_there: true,
                text: "there".to_owned(),
            };
        }
        (false, _) => {
            "no emulator: install qemu-system-arm, in a checkout by `cargo xtask setup`".to_owned()
        }
        (true, false) => format!("no firmware: `cargo xtask firmware --board {}`", board.name),
    };
    Presence {
        is_there: false,
        text: missing,
    }
}
