//! The program of every board: the probe, with an engine.

use cortexscope_probe::wire::Slot;
use cortexscope_probe::{Engine, StaticEngine, serve};
use embedded_io::{Read, ReadReady, Write};

use crate::board::CortexM;
use crate::counter::Counter;
use crate::memory_map;

/// Frames that the board keeps until the host has acknowledged them. No more are under way,
/// and fewer where the host's credit is smaller.
const SEND_WINDOW_FRAMES: usize = 8;

/// Answers requests from `link` with the static engine, for ever. Its model and its arena
/// are those of the memory map; if the arena was taken before, the engine has none, and
/// every answer says so.
pub fn run<C: Counter, L: Read + ReadReady + Write>(board: CortexM<C>, link: L) -> ! {
    let arena = memory_map::take_arena().unwrap_or_default();
    run_engine(
        board,
        link,
        StaticEngine::new(memory_map::model_region(), arena),
    )
}

/// Answers requests from `link` with `engine`, for ever.
pub fn run_engine<C, L, E>(mut board: CortexM<C>, mut link: L, mut engine: E) -> !
where
    C: Counter,
    L: Read + ReadReady + Write,
    E: Engine,
{
    let mut send_slots = [Slot::EMPTY; SEND_WINDOW_FRAMES];
    loop {
        // A board's link never closes, and what it calls an error the protocol repairs.
        serve(&mut board, &mut link, &mut engine, &mut send_slots);
    }
}
