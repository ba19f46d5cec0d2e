//! A camera of the host, through Video4Linux 2.

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod pixels;
#[cfg(target_os = "linux")]
mod v4l2;

use super::station::Station;
use super::stimulus::Stimulus;
use image::{RgbImage, imageops};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The side of the square that the network is shown.
const SQUARE: u32 = 112;
/// Of the picture's shorter side, the part that the square takes, in per cent.
const PART: u32 = 80;
/// Broken pictures, one after the other, that a camera may deliver.
const BROKEN_MAX: u32 = 60;

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
///
/// # Errors
/// There is one, and it cannot be used.
#[cfg(target_os = "linux")]
pub(super) fn name() -> io::Result<Option<String>> {
    Ok(v4l2::first()?.map(|(_, name)| name))
}

/// What the first camera of the host calls itself, if there is one.
///
/// # Errors
/// There is one, and it cannot be used.
#[cfg(not(target_os = "linux"))]
pub(super) fn name() -> io::Result<Option<String>> {
    Ok(None)
}

impl HostCamera {
    /// Shows the pictures of the first camera to `station`'s board.
    pub(super) fn start(station: Station) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let camera = Self {
            is_over: Arc::clone(&is_over),
        };
        std::thread::spawn(move || {
            if let Err(error) = capture(&station, &is_over) {
                let sender = &station.shared.state;
                sender.send_modify(|state| {
                    state.camera_on = None;
                    state.say(format!("the host's camera: {error}"));
                });
            }
        });
        camera
    }
}

#[cfg(target_os = "linux")]
fn capture(station: &Station, is_over: &AtomicBool) -> io::Result<()> {
    let (path, _) = v4l2::first()?.ok_or_else(|| io::Error::other("it is gone"))?;
    let mut stream = v4l2::Stream::open(path)?;
    show(&mut || stream.next(), is_over, &mut |picture| {
        station.show(Stimulus::from_camera("camera of the host", picture));
    })
}

#[cfg(not(target_os = "linux"))]
fn capture(_: &Station, _: &AtomicBool) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Shows every picture's square until it is over; broken ones are passed over.
///
/// # Errors
/// The camera fails, or delivers nothing that can be read.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn show(
    next: &mut dyn FnMut() -> io::Result<Option<RgbImage>>,
    is_over: &AtomicBool,
    show: &mut dyn FnMut(RgbImage),
) -> io::Result<()> {
    let mut broken = 0;
    while !is_over.load(Ordering::Relaxed) {
        match next()? {
            Some(picture) => {
                broken = 0;
                show(square(&picture));
            }
            None => broken += 1,
        }
        if broken == BROKEN_MAX {
            let text = format!("{BROKEN_MAX} pictures in a row cannot be read");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
    }
    Ok(())
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

    /// What a camera that delivers these does.
    fn run(pictures: Vec<io::Result<Option<RgbImage>>>, wanted: usize) -> (usize, io::Result<()>) {
        let is_over = AtomicBool::new(false);
        let mut pictures = pictures.into_iter();
        let mut shown = 0;
        let mut next = || {
            pictures
                .next()
                .unwrap_or_else(|| Err(io::Error::other("unplugged")))
        };
        let result = show(&mut next, &is_over, &mut |picture| {
            assert_eq!(picture.dimensions(), (SQUARE, SQUARE));
            shown += 1;
            is_over.store(shown == wanted, Ordering::Relaxed);
        });
        (shown, result)
    }

    fn some() -> io::Result<Option<RgbImage>> {
        Ok(Some(RgbImage::new(64, 48)))
    }

    #[test]
    fn it_ends_when_it_is_over_or_unplugged() {
        let (shown, result) = run(vec![some(), Ok(None), some(), some()], 2);
        assert!(shown == 2 && result.is_ok());
        let (shown, result) = run(vec![some(), some(), some()], 9);
        assert_eq!(
            (shown, result.unwrap_err().to_string().as_str()),
            (3, "unplugged")
        );
    }

    #[test]
    fn a_camera_that_delivers_nothing_is_no_silent_one() {
        let broken = || (1..BROKEN_MAX).map(|_| Ok(None));
        let pictures: Vec<_> = broken()
            .chain([some()])
            .chain(broken())
            .chain([Ok(None)])
            .collect();
        let (shown, result) = run(pictures, 9);
        assert_eq!(shown, 1);
        assert_eq!(
            result.unwrap_err().to_string(),
            "60 pictures in a row cannot be read"
        );
    }
}
