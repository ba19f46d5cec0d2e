//! The boards that there is firmware for.

use clap::ValueEnum;

use crate::toolchain::Target;

/// A board: a package under `firmware/boards`, and what it is compiled for.
#[derive(Debug, PartialEq, Eq)]
pub struct Board {
    /// The board's name: its package, its folder, its memory map.
    pub name: &'static str,
    /// The Rust target of its core.
    target: &'static str,
    /// The engines that its firmware can be built with; the first is the default.
    pub engines: &'static [Engine],
    /// How `cargo run` reaches it.
    pub reach: Reach,
}

/// How `cargo run` reaches a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A part behind a debug probe.
    Part {
        /// What probe-rs calls it.
        chip: &'static str,
    },
    /// A machine of QEMU's.
    Emulated {
        /// QEMU's name of it.
        machine: &'static str,
    },
}

/// What runs the network on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The planned int8 engine.
    Static,
    /// tract itself, with a std made for the chip.
    Tract,
}

impl Engine {
    /// The Cargo feature that chooses it, which its ELF file is named after; none
    /// for the default.
    pub fn feature(self) -> Option<&'static str> {
        match self {
            Self::Static => None,
            Self::Tract => Some("tract"),
        }
    }

    /// What follows the board's name in the name of its firmware.
    pub fn suffix(self) -> String {
        self.feature()
            .map_or_else(String::new, |feature| format!("-{feature}"))
    }
}

/// The board that commands take where none is named.
pub const DEFAULT: &str = "mps2-an386";

/// Every board.
pub const BOARDS: &[Board] = &[
    Board {
        name: "mps2-an386",
        target: "thumbv7em-none-eabihf",
        engines: &[Engine::Static],
        reach: Reach::Emulated {
            machine: "mps2-an386",
        },
    },
    Board {
        name: "mps2-an500",
        target: "thumbv7em-none-eabihf",
        engines: &[Engine::Static, Engine::Tract],
        reach: Reach::Emulated {
            machine: "mps2-an500",
        },
    },
    Board {
        name: "stm32f405",
        target: "thumbv7em-none-eabihf",
        engines: &[Engine::Static],
        reach: Reach::Part {
            chip: "STM32F405RG",
        },
    },
];

impl Board {
    /// What its firmware with `engine` is compiled for.
    pub fn target(&self, engine: Engine) -> Target {
        match engine {
            Engine::Static => Target::Core(self.target),
            Engine::Tract => Target::Std,
        }
    }

    /// Finds a board by name; the error names those that there are.
    pub fn find(name: &str) -> Result<&'static Board, String> {
        BOARDS
            .iter()
            .find(|board| board.name == name)
            .ok_or_else(|| {
                let names: Vec<_> = BOARDS.iter().map(|board| board.name).collect();
                format!(
                    "there is no firmware for it; there is for {}",
                    names.join(", ")
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ffi::OsString;
    use std::fs;

    use super::{BOARDS, Board, DEFAULT};
    use crate::workspace;

    #[test]
    fn every_folder_is_a_board_with_a_memory_map() {
        let folders: BTreeSet<OsString> = fs::read_dir(workspace::root().join("firmware/boards"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_dir())
            .map(|entry| entry.file_name())
            .collect();
        let boards: BTreeSet<OsString> = BOARDS.iter().map(|board| board.name.into()).collect();
        assert_eq!(folders, boards);
        for board in BOARDS {
            let map = workspace::root().join(format!("memory-x/{}.x", board.name));
            assert!(map.is_file(), "{} is missing", map.display());
        }
    }

    #[test]
    fn boards_are_found_by_name() {
        assert_eq!(Board::find(DEFAULT).unwrap().name, DEFAULT);
        assert!(Board::find("pdp-11").unwrap_err().contains(DEFAULT));
    }
}
