//! From a picture to an input, without a host.

use crate::board::Board;
use crate::engine::{Engine, PictureRoom, Refusal};
use crate::port::{Port, Stop};
use cortexscope_digit::{FormError, form as digit_form, scratch_bytes};
use cortexscope_wire::message::{Form, PIXELS_MAX, input_crc};
use cortexscope_wire::{BoardError, Event};
use embedded_io::{Read, ReadReady, Write};

/// The int8 of black, for a network whose input goes from 0 to 1; white is 127.
const BLACK: u8 = i8::MIN as u8;

/// Copies a part of a picture to its place; what lies outside of the room is dropped.
pub(crate) fn keep_picture<E: Engine>(engine: &mut E, offset: u32, levels: &[u8]) {
    if let Some(PictureRoom { room, .. }) = engine.picture_room() {
        put(room, offset as usize, levels);
    }
}

fn put(room: &mut [u8], at: usize, levels: &[u8]) {
    let place = room.get_mut(at..).unwrap_or_default();
    for (to, &from) in place.iter_mut().zip(levels) {
        *to = from;
    }
}

/// Makes the input and sends the digit that it is.
#[inline(never)]
pub(crate) fn form<B, L, E>(
    board: &mut B,
    port: &mut Port<'_, L>,
    engine: &mut E,
    ask: Form,
) -> Result<(), Refusal<Stop<L::Error>>>
where
    B: Board,
    L: Read + ReadReady + Write,
    E: Engine,
{
    engine.model()?;
    let room = engine.picture_room().ok_or(BoardError::Unsupported)?;
    let digit = make(board, room, ask)?;
    let mut first = 0;
    for levels in digit.chunks(PIXELS_MAX) {
        let sent = port.send(&Event::Pixels { first, levels });
        sent.map_err(Refusal::Stopped)?;
        first += levels.len() as u32;
    }
    port.send(&Event::CaptureDone).map_err(Refusal::Stopped)
}

/// Makes the input; gives the digit's grey levels.
#[inline(never)]
fn make<'a, B: Board>(
    board: &mut B,
    place: PictureRoom<'a>,
    ask: Form,
) -> Result<&'a [u8], BoardError> {
    let PictureRoom { room, input, size } = place;
    let picture_size = match ask {
        Form::Camera => board.camera().ok_or(BoardError::NoCamera)?.size(),
        Form::Sent { height, width, .. } => [height, width],
    };
    let picture_size = picture_size.map(usize::from);
    let scratch_bytes = scratch_bytes(picture_size, size).ok_or(BoardError::Unsupported)?;
    let [pixels, digit_pixels] = [picture_size, size].map(|[height, width]| height * width);
    let have_bytes = room.len();
    let too_small = BoardError::ArenaTooSmall {
        need_bytes: (pixels + digit_pixels + scratch_bytes + input.len()) as u32,
        have_bytes: (have_bytes + input.len()) as u32,
    };
    let (picture, rest) = room.split_at_mut_checked(pixels).ok_or(too_small)?;
    let (digit, scratch) = rest.split_at_mut_checked(digit_pixels).ok_or(too_small)?;
    if scratch.len() < scratch_bytes {
        return Err(too_small);
    }
    match ask {
        Form::Camera => {
            let camera = board.camera().ok_or(BoardError::NoCamera)?;
            let mut at = 0;
            camera.capture(&mut |levels| {
                put(picture, at, levels);
                at += levels.len();
            });
        }
        Form::Sent { crc, .. } => {
            let (found, expected) = (input_crc(picture), crc);
            if found != expected {
                return Err(BoardError::InputCrc { found, expected });
            }
        }
    }
    match digit_form(picture, picture_size, scratch, digit, size) {
        Ok(_) => {}
        Err(FormError::Scratch { .. }) => return Err(too_small),
        Err(FormError::Size | FormError::Length) => return Err(BoardError::Unsupported),
    }
    for (value, &level) in input.iter_mut().zip(digit.iter()) {
        *value = level.wrapping_add(BLACK);
    }
    Ok(digit)
}
