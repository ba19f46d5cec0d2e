//! The program of every board: the probe, with the static engine.

use cortexscope_probe::wire::Slot;
use cortexscope_probe::{StaticEngine, serve};
use embedded_io::{Read, ReadReady, Write};

use crate::board::CortexM;
use crate::counter::Counter;
use crate::linked;

/// Frames that the board keeps until the host has acknowledged them.
const WINDOW_FRAMES: usize = 8;

/// Answers what comes over `link`, with the model and the arena of the memory map, for ever.
///
/// # Panics
/// If the arena has been taken before.
pub fn run<C: Counter, L: Read + ReadReady + Write>(mut board: CortexM<C>, mut link: L) -> ! {
    let arena = linked::take_arena().expect("the arena is taken once, here");
    let mut engine = StaticEngine::new(linked::model_region(), arena);
    let mut window = [Slot::EMPTY; WINDOW_FRAMES];
    loop {
        // A board's link never closes, and what it calls an error the protocol repairs.
        serve(&mut board, &mut link, &mut engine, &mut window);
    }
}
