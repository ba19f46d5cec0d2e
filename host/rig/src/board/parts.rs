//! The parts that a network may be meant for, whether there is firmware for them yet or
//! not.

use cortexscope_boards::{BOARDS, Footprint, PLANNED_PARTS};

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
    /// The arena that its firmware is built with, where there is firmware for it.
    pub arena_bytes: Option<u32>,
}

/// Every part, those with firmware first.
pub fn parts() -> Vec<Part> {
    let boards = BOARDS.iter().map(|board| Part {
        name: board.name,
        core: board.core,
        flash_bytes: board.flash_bytes,
        ram_bytes: board.ram_bytes,
        firmware: board.firmware,
        arena_bytes: board.build.map(|build| build.arena_bytes),
    });
    let planned = PLANNED_PARTS.iter().map(|part| Part {
        name: part.name,
        core: part.core,
        flash_bytes: Some(part.flash_bytes),
        ram_bytes: Some(part.ram_bytes),
        firmware: Some(part.firmware),
        arena_bytes: None,
    });
    boards.chain(planned).collect()
}
