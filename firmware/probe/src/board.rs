//! What a board must offer.

use crate::camera::Camera;
use cortexscope_wire::message::{CounterKind, Sections};

/// A board, as the probe sees it. The byte link is apart from it, so that a
/// board with two links can serve either.
///
/// The link implements `embedded_io`'s `Read`, `ReadReady` and `Write`:
/// - `read_ready` must not wait; the probe asks it between two layers;
/// - `read` may wait for the first byte (sleep, if the part can): the probe calls
///   it only when it has nothing else to do. `Ok(0)` says that the link is closed;
/// - `write` may wait for room; the probe hands over whole frames.
///
/// Bytes that arrive while the probe computes or writes must not be lost for
/// ordinary traffic to be quick: 64 bytes of buffer, filled by an interrupt, hold
/// what a host sends unasked. A loss is repaired, at the cost of a time-out.
pub trait Board {
    /// The board's name, at most 32 bytes.
    fn name(&self) -> &str;

    /// The GNU build id of the ELF file that runs, at most 32 bytes; empty if
    /// it has none.
    fn elf_build_id(&self) -> &[u8];

    /// What [`Board::counter`] counts.
    fn counter_kind(&self) -> CounterKind;

    /// The counter, from any origin; never goes back. 0 if there is none.
    fn counter(&mut self) -> u64;

    /// What the linker placed and what the part has.
    fn sections(&self) -> Sections;

    /// Moves waiting bytes of the defmt stream into `buffer`; gives how many.
    fn take_logs(&mut self, buffer: &mut [u8]) -> usize;

    /// The board's own camera, if it has one.
    fn camera(&mut self) -> Option<&mut dyn Camera> {
        None
    }

    /// The host knows that an emulator with semihosting runs this board: the link
    /// may write through it.
    fn semihost(&mut self) {}

    /// Fills the stack below the caller's frame with `paint`, as far as it is
    /// free; on a part with much RAM the nearest 16 KB will do.
    fn paint_stack(&mut self, paint: u8) {
        let _ = paint;
    }

    /// Bytes of stack from its top, where `main` began, down to the deepest byte
    /// that is not `paint`; none if the board cannot paint.
    fn stack_high_water_bytes(&mut self, paint: u8) -> Option<u32> {
        let _ = paint;
        None
    }
}
