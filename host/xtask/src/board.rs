//! The boards that there is firmware for.

/// A board: a package under `firmware/boards`, and what it is compiled for.
#[derive(Debug, PartialEq, Eq)]
pub struct Board {
    /// The board's name: its package, its folder, its memory map.
    pub name: &'static str,
    /// The Rust target of its core.
    pub target: &'static str,
}

/// The board that commands take where none is named.
pub const DEFAULT: &str = "mps2-an386";

/// Every board.
pub const BOARDS: &[Board] = &[Board {
    name: "mps2-an386",
    target: "thumbv7em-none-eabihf",
}];

impl Board {
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
