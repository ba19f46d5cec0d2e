//! The parts that the rig is for, with their memories, whether there is firmware
//! for them yet or not.

use super::BOARDS;

/// A part and its memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The board's name.
    pub name: &'static str,
    /// Its processor core.
    pub core: &'static str,
    /// Flash in bytes; none for the host.
    pub flash_bytes: Option<u32>,
    /// RAM in bytes; none for the host.
    pub ram_bytes: Option<u32>,
}

const fn part(name: &'static str, core: &'static str, flash_kib: u32, ram_kib: u32) -> Part {
    Part {
        name,
        core,
        flash_bytes: Some(flash_kib * 1024),
        ram_bytes: Some(ram_kib * 1024),
    }
}

/// Those that have no entry among [`BOARDS`] until their firmware is there.
const PARTS: [Part; 2] = [
    part("rp2040", "Cortex-M0+", 2 * 1024, 264),
    part("microbit", "Cortex-M0", 256, 16),
];

/// Every part, those with firmware first.
pub fn parts() -> Vec<Part> {
    let boards = BOARDS.iter().map(|board| Part {
        name: board.name,
        core: board.core,
        flash_bytes: board.flash_bytes,
        ram_bytes: board.ram_bytes,
    });
    let others = PARTS
        .into_iter()
        .filter(|part| BOARDS.iter().all(|board| board.name != part.name));
    boards.chain(others).collect()
}
