//! A picture of the board's own camera.

use super::error::SessionError;
use super::infer::append;
use super::open::{Session, unexpected};
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
            session
                .connection
                .ask(&Request::Capture, &mut |event| match *event {
                    Event::Pixels { first, levels } if picture.len() + levels.len() <= pixels => {
                        append(&mut picture, first, levels).map(drop)
                    }
                    Event::CaptureDone if picture.len() == pixels => Ok(()),
                    Event::Pixels { .. } | Event::CaptureDone => {
                        Err(SessionError::Protocol("a picture of another size"))
                    }
                    ref other => Err(unexpected(other)),
                })?;
            let picture = GrayImage::from_raw(width, height, picture);
            Ok(picture.ok_or(SessionError::Protocol("no picture"))?)
        })
    }
}
