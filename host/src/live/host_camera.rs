//! A camera of the host, through Video4Linux 2.

#[cfg(target_os = "linux")]
mod v4l2;

use super::station::Station;
use image::{RgbImage, imageops};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The side of the square that the network is shown.
const SQUARE: u32 = 112;
/// Of the picture's shorter side, the part that the square takes, in per cent.
const PART: u32 = 80;

/// A camera that delivers pictures until it is dropped.
pub(super) struct HostCamera {
    is_over: Arc<AtomicBool>,
}

impl Drop for HostCamera {
    fn drop(&mut self) {
        // The thread sees it after its next picture.
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// What the first camera of the host calls itself, if there is one.
#[cfg(target_os = "linux")]
pub(super) fn name() -> Option<String> {
    v4l2::first().map(|(_, name)| name)
}

/// What the first camera of the host calls itself, if there is one.
#[cfg(not(target_os = "linux"))]
pub(super) fn name() -> Option<String> {
    None
}

impl HostCamera {
    /// Shows the pictures of the first camera to `station`'s board.
    pub(super) fn start(station: Station) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let camera = Self {
            is_over: Arc::clone(&is_over),
        };
        #[cfg(target_os = "linux")]
        std::thread::spawn(move || {
            if let Err(error) = v4l2::capture(&station, &is_over) {
                let sender = &station.shared.state;
                sender.send_modify(|state| {
                    state.camera_on = None;
                    state.say(format!("the host's camera: {error}"));
                });
            }
        });
        #[cfg(not(target_os = "linux"))]
        let _ = station;
        camera
    }
}

/// The square in the middle, small.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn square(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let side = (width.min(height) * PART / 100).max(1);
    let part = imageops::crop_imm(picture, (width - side) / 2, (height - side) / 2, side, side);
    imageops::thumbnail(&part.to_image(), SQUARE, SQUARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_taken() {
        let picture = RgbImage::from_fn(640, 480, |x, _| {
            image::Rgb([if (128..512).contains(&x) { 200 } else { 0 }; 3])
        });
        let square = square(&picture);
        assert_eq!(square.dimensions(), (SQUARE, SQUARE));
        assert!(square.pixels().all(|pixel| pixel.0 == [200; 3]));
    }
}
