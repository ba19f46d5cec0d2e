//! An input that the board makes of a picture.

use super::error::{SessionError, unexpected};
use super::open::Session;
use super::parts::append;
use cortexscope_digit::SIDE_MAX;
use cortexscope_wire::message::{BoardError, Form, INPUT_BYTES_MAX, input_crc};
use cortexscope_wire::{Event, Request};
use image::GrayImage;

impl Session {
    /// Has the board make its input, of `[height, width]` pixels, of `picture`, or of one that
    /// its own camera takes; gives the digit that the input is, in MNIST's form. These are the
    /// bytes of `cortexscope_digit::form`.
    ///
    /// # Errors
    /// [`SessionError::PictureSize`], [`SessionError::NoDigits`], [`SessionError::NotForDigits`],
    /// what else the board refuses, and what the link cannot repair.
    pub fn form(
        &mut self,
        picture: Option<&GrayImage>,
        [height, width]: [usize; 2],
    ) -> Result<GrayImage, SessionError> {
        let ask = picture.map_or(Ok(Form::Camera), sent)?;
        let pixels = height * width;
        let digit = self.request(|session| {
            session.held_input = None;
            let levels = picture.map_or(&[][..], |picture| picture.as_raw());
            let parts = levels.chunks(INPUT_BYTES_MAX);
            for (levels, offset) in parts.zip((0..).step_by(INPUT_BYTES_MAX)) {
                session
                    .host_end
                    .tell(&Request::Picture { offset, levels })?;
            }
            let mut digit = Vec::new();
            let host_end = &mut session.host_end;
            host_end.ask(&Request::Form(ask), &mut |event| match *event {
                Event::Pixels { first, levels } => {
                    append(&mut digit, first, levels, "pixels", pixels).map(drop)
                }
                Event::CaptureDone if digit.len() == pixels => Ok(()),
                Event::CaptureDone => Err(SessionError::Protocol("its digit is not complete")),
                ref other => Err(unexpected(other)),
            })?;
            Ok(digit)
        });
        let digit = digit.map_err(refused)?;
        // The int8 of a level, for an input that goes from 0 to 1.
        let input = digit.iter().map(|level| (level ^ 0x80) as i8);
        self.held_input = Some(input.collect());
        let digit = GrayImage::from_raw(width as u32, height as u32, digit);
        digit.ok_or(SessionError::Protocol("its digit is not complete"))
    }
}

/// What a board's refusal means of one that was asked for an input.
fn refused(error: SessionError) -> SessionError {
    match error {
        SessionError::Board(BoardError::UnknownRequest) => SessionError::NoDigits,
        SessionError::Board(BoardError::Unsupported) => SessionError::NotForDigits,
        other => other,
    }
}

/// The request for a digit of `picture`.
fn sent(picture: &GrayImage) -> Result<Form, SessionError> {
    let (width, height) = picture.dimensions();
    let side = |side: u32| {
        let taken = u16::try_from(side).ok();
        let taken = taken.filter(|&side| usize::from(side) <= SIDE_MAX);
        taken.ok_or(SessionError::PictureSize { height, width })
    };
    Ok(Form::Sent {
        height: side(height)?,
        width: side(width)?,
        crc: input_crc(picture.as_raw()),
    })
}

#[cfg(test)]
mod tests {
    use super::{SIDE_MAX, SessionError, sent};
    use image::GrayImage;

    #[test]
    fn a_picture_that_no_board_takes_is_not_sent() {
        let side = SIDE_MAX as u32;
        sent(&GrayImage::new(side, 1)).unwrap();
        for (width, height) in [(side + 1, 1), (1, side + 1), (1 << 16, 1)] {
            let error = sent(&GrayImage::new(width, height)).unwrap_err();
            let is_size = matches!(
                error,
                SessionError::PictureSize { height: h, width: w } if (w, h) == (width, height)
            );
            assert!(is_size, "{error}");
        }
    }
}
