//! The program of every board: the probe, with an engine.

use cortexscope_probe::wire::Slot;
use cortexscope_probe::{Engine, StaticEngine, serve};
use embedded_io::{Read, ReadReady, Write};

use crate::board::CortexM;
use crate::counter::Counter;
use crate::memory_map;

/// The send window of a board that has room for it.
const SEND_WINDOW_FRAMES: usize = 8;

/// Answers requests from `link` with the static engine, for ever. `SEND_WINDOW` is how many
/// frames the board keeps until the host has acknowledged them: no more are under way.
/// Its model and its arena
/// are those of the memory map; if the arena was taken before, the engine has none, and
/// every answer says so.
pub fn run_with_send_window<const SEND_WINDOW: usize, C: Counter, L: Read + ReadReady + Write>(
    board: CortexM<C>,
    link: L,
) -> ! {
    let arena = memory_map::take_arena().unwrap_or_default();
    let engine = StaticEngine::new(memory_map::model_region(), arena);
    serve_forever::<SEND_WINDOW, _, _, _>(board, link, engine)
}

/// Answers requests from `link` with the static engine, for ever, as
/// [`run_with_send_window`] with a send window of eight frames.
pub fn run<C: Counter, L: Read + ReadReady + Write>(board: CortexM<C>, link: L) -> ! {
    run_with_send_window::<SEND_WINDOW_FRAMES, _, _>(board, link)
}

/// Answers requests from `link` with `engine`, for ever.
pub fn run_engine<C, L, E>(board: CortexM<C>, link: L, engine: E) -> !
where
    C: Counter,
    L: Read + ReadReady + Write,
    E: Engine,
{
    serve_forever::<SEND_WINDOW_FRAMES, _, _, _>(board, link, engine)
}

fn serve_forever<const SEND_WINDOW: usize, C, L, E>(
    mut board: CortexM<C>,
    mut link: L,
    mut engine: E,
) -> !
where
    C: Counter,
    L: Read + ReadReady + Write,
    E: Engine,
{
    let mut send_slots = [Slot::EMPTY; SEND_WINDOW];
    loop {
        // A board's link never closes, and what it calls an error the protocol repairs.
        serve(&mut board, &mut link, &mut engine, &mut send_slots);
    }
}
