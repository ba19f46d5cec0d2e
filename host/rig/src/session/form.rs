//! An input that the board makes of a picture.

use super::error::{SessionError, unexpected};
use super::open::Session;
use super::parts::append;
use cortexscope_wire::message::{Form, INPUT_BYTES_MAX, input_crc};
use cortexscope_wire::{Event, Request};
use image::GrayImage;

impl Session {
    /// Has the board make its input, of `[height, width]` pixels, of `picture`, or of one that
    /// its own camera takes; gives the digit that the input is, in MNIST's form. These are the
    /// bytes of `cortexscope_digit::form`.
    ///
    /// # Errors
    /// [`SessionError::PictureSize`], what the board refuses, and what the link cannot repair.
    /// Firmware that makes no inputs refuses the request as one that it does not know.
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
        })?;
        // The int8 of a level, for an input that goes from 0 to 1.
        let input = digit.iter().map(|level| (level ^ 0x80) as i8);
        self.held_input = Some(input.collect());
        let digit = GrayImage::from_raw(width as u32, height as u32, digit);
        digit.ok_or(SessionError::Protocol("its digit is not complete"))
    }
}

/// The request for a digit of `picture`.
fn sent(picture: &GrayImage) -> Result<Form, SessionError> {
    let (width, height) = picture.dimensions();
    let too_large = |_| SessionError::PictureSize { height, width };
    Ok(Form::Sent {
        height: u16::try_from(height).map_err(too_large)?,
        width: u16::try_from(width).map_err(too_large)?,
        crc: input_crc(picture.as_raw()),
    })
}
