//! Firmware without the digit form: what asks for it is refused.

use crate::board::Board;
use crate::engine::{Engine, Refusal};
use crate::port::{Port, Stop};
use cortexscope_wire::BoardError;
use cortexscope_wire::message::Form;

/// Drops a part of a picture.
pub(crate) fn keep_picture<E: Engine>(_engine: &mut E, _offset: u32, _levels: &[u8]) {}

/// Refuses to make an input.
pub(crate) fn form<B: Board, L: embedded_io::ErrorType, E: Engine>(
    _board: &mut B,
    _port: &mut Port<'_, L>,
    _engine: &mut E,
    _ask: Form,
) -> Result<(), Refusal<Stop<L::Error>>> {
    Err(BoardError::UnknownRequest.into())
}
