//! The parts that a network may be meant for.

use cortexscope_boards::{BOARDS, Footprint};

/// A part, its memories, and what its firmware takes of them.
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
    /// What its firmware takes without a model; none for the host.
    pub firmware: Option<Footprint>,
    /// The arena that its firmware is built with; none for the host.
    pub arena_bytes: Option<u32>,
    /// The region of flash for the board image of a model; none for the host.
    pub model_region_bytes: Option<u32>,
}

/// Every part.
pub fn parts() -> Vec<Part> {
    let boards = BOARDS.iter().map(|board| Part {
        name: board.name,
        core: board.core,
        flash_bytes: board.flash_bytes,
        ram_bytes: board.ram_bytes,
        firmware: board.firmware,
        arena_bytes: board.build.map(|build| build.arena_bytes),
        model_region_bytes: board.build.map(|build| build.regions.model.bytes),
    });
    boards.collect()
}
