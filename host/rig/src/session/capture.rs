//! A picture of the board's own camera.

use super::error::{SessionError, unexpected};
use super::open::Session;
use super::parts::append;
use cortexscope_wire::message::BoardError;
use cortexscope_wire::{Event, Request};
use image::GrayImage;

impl Session {
    /// Takes a picture with the board's own camera.
    ///
    /// # Errors
    /// [`BoardError::NoCamera`], and what the link cannot repair.
    pub fn capture(&mut self) -> Result<GrayImage, SessionError> {
        let none = SessionError::Board(BoardError::NoCamera);
        let camera = self.board().camera.ok_or(none)?;
        let [height, width] = [camera.height, camera.width].map(u32::from);
        let pixels = height as usize * width as usize;
        self.request(|session| {
            let mut picture = Vec::new();
            let host_end = &mut session.host_end;
            host_end.ask(&Request::Capture, &mut |event| match *event {
                Event::Pixels { first, levels } => {
                    append(&mut picture, first, levels, "pixels", pixels).map(drop)
                }
                Event::CaptureDone if picture.len() == pixels => Ok(()),
                Event::CaptureDone => Err(SessionError::Protocol("its picture is not complete")),
                ref other => Err(unexpected(other)),
            })?;
            let picture = GrayImage::from_raw(width, height, picture);
            Ok(picture.ok_or(SessionError::Protocol("its picture is not complete"))?)
        })
    }
}
