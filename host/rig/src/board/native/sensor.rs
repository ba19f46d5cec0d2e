//! The native board's camera: pictures of the user's, in the place of a sensor.

use cortexscope_probe::Camera;
use image::GrayImage;
use image::imageops::{FilterType, resize};
use std::sync::Arc;

/// A camera that takes the same pictures again and again.
pub(super) struct Sensor {
    pictures: Arc<[GrayImage]>,
    next: usize,
}

impl Sensor {
    /// A camera that takes `pictures`, which are all of one size; none without
    /// any, or where the wire cannot say their size.
    pub(super) fn new(pictures: Arc<[GrayImage]>) -> Option<Self> {
        let (width, height) = pictures.first()?.dimensions();
        let fits = u16::try_from(width).is_ok() && u16::try_from(height).is_ok();
        fits.then_some(Self { pictures, next: 0 })
    }
}

impl Camera for Sensor {
    fn size(&self) -> [u16; 2] {
        let first = self.pictures.first();
        let (width, height) = first.map_or((0, 0), GrayImage::dimensions);
        [height, width].map(|side| side as u16)
    }

    fn capture(&mut self, sink: &mut dyn FnMut(&[u8])) {
        let picture = self.pictures.get(self.next % self.pictures.len().max(1));
        self.next += 1;
        if let Some(picture) = picture {
            sink(picture.as_raw());
        }
    }
}

/// All in the size of the first.
pub(super) fn same_size(pictures: Vec<GrayImage>) -> Vec<GrayImage> {
    let Some((width, height)) = pictures.first().map(GrayImage::dimensions) else {
        return pictures;
    };
    let sized = pictures.into_iter().map(|picture| {
        if picture.dimensions() == (width, height) {
            picture
        } else {
            resize(&picture, width, height, FilterType::Triangle)
        }
    });
    sized.collect()
}

#[cfg(test)]
mod tests {
    use super::super::NativeBoard;
    use super::*;
    use crate::session::{BoardError, Options, Session, SessionError};
    use image::Luma;

    fn session(pictures: Vec<GrayImage>) -> Session {
        let board = NativeBoard::with_camera(&[], 1024, pictures);
        Session::open(Box::new(board), Options::default()).unwrap()
    }

    #[test]
    fn pictures_come_over_the_wire_as_they_are() {
        let picture =
            |seed: u32| GrayImage::from_fn(61, 47, |x, y| Luma([(seed * x + 3 * y) as u8]));
        let mut session = session(vec![picture(5), picture(7)]);
        let camera = session.board().camera.unwrap();
        assert_eq!([camera.height, camera.width], [47, 61]);
        for seed in [5, 7, 5] {
            assert_eq!(session.capture().unwrap(), picture(seed));
        }
    }

    #[test]
    fn others_get_the_size_of_the_first() {
        let mut session = session(vec![GrayImage::new(8, 4), GrayImage::new(30, 30)]);
        for _ in 0..2 {
            assert_eq!(session.capture().unwrap().dimensions(), (8, 4));
        }
    }

    #[test]
    fn a_board_without_a_camera_says_so() {
        let mut session = session(Vec::new());
        assert_eq!(session.board().camera, None);
        assert!(matches!(
            session.capture(),
            Err(SessionError::Board(BoardError::NoCamera))
        ));
    }
}
