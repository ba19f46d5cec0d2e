//! From a board's camera to events.

use crate::board::Board;
use crate::engine::Refusal;
use crate::port::{Port, Stop};
use cortexscope_wire::message::PIXELS_MAX;
use cortexscope_wire::{BoardError, Event};
use embedded_io::{Read, ReadReady, Write};

/// Sends a picture of the board's camera, piece by piece as it is taken.
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
