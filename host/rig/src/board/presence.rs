//! Whether a board can be used now.

use super::{BoardKind, Engine, Transport, firmware_elf};
use crate::link::emulator;
use std::fmt;
use std::process::{Command, Stdio};

/// Whether what a board needs is on this machine. Its words are `there`, or what is
/// missing and how to get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It can be used.
    There,
    /// QEMU is not installed.
    NoEmulator,
    /// Its firmware is not built.
    NoFirmware {
        /// The board.
        board: &'static str,
    },
}

impl Presence {
    /// Looks for what `board` needs.
    pub fn of(board: &BoardKind) -> Self {
        if board.transport == Transport::InProcess {
            return Self::There;
        }
        if board.transport != Transport::Serial && !is_emulator_there() {
            return Self::NoEmulator;
        }
        if firmware_elf(board, Engine::Static).is_file() {
            Self::There
        } else {
            Self::NoFirmware { board: board.name }
        }
    }

    /// Whether the board can be used.
    pub fn is_there(self) -> bool {
        self == Self::There
    }
}

fn is_emulator_there() -> bool {
    Command::new(emulator::program())
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::There => f.write_str("there"),
            Self::NoEmulator => f.write_str(
                "no emulator: install qemu-system-arm, or run `cargo xtask setup` in a clone",
            ),
            Self::NoFirmware { board } => {
                write!(f, "no firmware: `cargo xtask firmware --board {board}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::BOARDS;

    #[test]
    fn the_native_board_is_always_there() {
        let native = BOARDS.iter().find(|board| board.name == "native").unwrap();
        assert!(Presence::of(native).is_there());
        assert_eq!(Presence::of(native).to_string(), "there");
    }

    #[test]
    fn what_is_missing_comes_with_the_command_that_gets_it() {
        let missing = Presence::NoFirmware { board: "microbit" };
        assert!(!missing.is_there());
        assert!(missing.to_string().contains("firmware --board microbit"));
    }
}
