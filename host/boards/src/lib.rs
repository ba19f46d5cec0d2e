//! The facts of every board: its core, its memories, and how it is reached.
//!
//! They stand once, in `firmware/boards/<board>/board.toml`. The files are embedded when
//! this crate is built, so that a program with it needs no file at run time.
//!
//! | who reads | what |
//! |---|---|
//! | `firmware/build.rs` | [`Regions`], for the linker's memory map |
//! | `cargo xtask` | target, engines, emulator or debug probe |
//! | the host program | everything that it says of boards, and how to reach them |
//!
//! ```
//! use cortexscope_boards::{Transport, find};
//!
//! let board = find("mps2-an386").expect("a board that there is firmware for");
//! assert_eq!(board.core, "Cortex-M4F");
//! assert!(matches!(board.transport, Transport::Qemu { machine: "mps2-an386", .. }));
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `board` | what a board is |
//! | `facts` | from the text of a `board.toml` to a board, checked |
//!
//! Architecture invariant: it depends on no other package of the workspace, and its build
//! script on none at all. `xtask` uses it, and builds in seconds.
#![forbid(unsafe_code)]

mod board;
mod facts;

use std::sync::LazyLock;

pub use board::{BoardKind, Build, Drive, Engine, Footprint, Region, Regions, Transport};

use facts::BoardFile;

// `FILES`: the name of every folder of `firmware/boards`, and its `board.toml`.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The board that commands take where none is named: an emulated one.
pub const DEFAULT: &str = "mps2-an386";

/// The board that is this process: it runs on every machine.
pub const NATIVE: &str = "native";

/// The board that is flashed where none is named.
pub const FLASHED: &str = "stm32f405";

/// Speed of a board's serial port in bits per second, where none is named.
pub const BAUD: u32 = 921_600;

/// The board that is this process.
const THIS_PROCESS: BoardKind = BoardKind {
    name: NATIVE,
    core: "host processor",
    flash_bytes: None,
    ram_bytes: None,
    chip: None,
    drive: None,
    engines: &[Engine::Static],
    transport: Transport::InProcess,
    build: None,
    firmware: None,
};

/// Every board that can be named: the native one, then those with firmware, by name.
///
/// # Panics
/// If a `board.toml` has a mistake: the message says in which file, and what.
pub static BOARDS: LazyLock<Vec<BoardKind>> = LazyLock::new(|| {
    let boards = FILES
        .iter()
        .map(|&(name, text)| match BoardFile::parse(text) {
            Ok(facts) => facts.board(name),
            Err(error) => panic!("firmware/boards/{name}/board.toml: {error}"),
        });
    [THIS_PROCESS].into_iter().chain(boards).collect()
});

/// The board of this name.
pub fn find(name: &str) -> Option<&'static BoardKind> {
    BOARDS.iter().find(|board| board.name == name)
}

#[cfg(test)]
mod tests {
    use super::{BOARDS, Engine, Transport, find};

    #[test]
    fn every_board_has_a_name_of_its_own() {
        for (index, board) in BOARDS.iter().enumerate() {
            assert_eq!(find(board.name), Some(&BOARDS[index]));
        }
        assert_eq!(find("pdp-11"), None);
    }

    #[test]
    fn the_native_board_comes_first_and_has_no_firmware() {
        let (native, others) = BOARDS.split_first().expect("boards");
        assert_eq!(native.transport, Transport::InProcess);
        assert!(native.build.is_none());
        assert!(others.iter().all(|board| board.build.is_some()));
        assert!(
            others
                .iter()
                .all(|board| board.engines[0] == Engine::Static)
        );
    }

    #[test]
    fn regions_read_as_a_linker_wants_them() {
        let board = find("stm32f405").expect("a board").build.expect("firmware");
        assert_eq!(
            board.linker_regions(),
            "MEMORY\n{\n  \
               FLASH : ORIGIN = 0x08000000, LENGTH = 0x20000\n  \
               MODEL : ORIGIN = 0x08020000, LENGTH = 0xe0000\n  \
               STACK : ORIGIN = 0x20000000, LENGTH = 0x4000\n  \
               RAM : ORIGIN = 0x20004000, LENGTH = 0x1c000\n\
             }\n\n__arena_bytes = 0x1a000;\n"
        );
    }
}
