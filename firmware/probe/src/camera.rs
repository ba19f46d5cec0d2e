//! A board's own camera.

use crate::board::Board;
use crate::engine::Refusal;
use crate::port::{Port, Stop};
use cortexscope_wire::message::PIXELS_MAX;
use cortexscope_wire::{BoardError, Event};
use embedded_io::{Read, ReadReady, Write};

/// A camera that a board has: what a board crate with a sensor implements, and
/// hands to the probe through [`Board::camera`].
pub trait Camera {
    /// Rows and columns of its pictures.
    fn size(&self) -> [u16; 2];

    /// Takes a picture and hands it to `sink`: grey levels, 0 black, row by row
    /// from the top, in pieces of any length.
    fn capture(&mut self, sink: &mut dyn FnMut(&[u8]));
}

/// Sends a picture, as it comes.
pub(crate) fn capture<B, L>(
    board: &mut B,
    port: &mut Port<'_, L>,
) -> Result<(), Refusal<Stop<L::Error>>>
where
    B: Board,
    L: Read + ReadReady + Write,
{
    let camera = board.camera().ok_or(BoardError::NoCamera)?;
    let mut first = 0;
    let mut sent = Ok(());
    camera.capture(&mut |levels| {
        for levels in levels.chunks(PIXELS_MAX) {
            if sent.is_ok() {
                sent = port.send(&Event::Pixels { first, levels });
                first += levels.len() as u32;
            }
        }
    });
    sent.and_then(|()| port.send(&Event::CaptureDone))
        .map_err(Refusal::Stopped)
}
