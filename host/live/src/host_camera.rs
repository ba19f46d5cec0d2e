//! A camera of the host, in a thread of its own.
//!
//! What an operating system calls a camera is behind [`Pictures`]: Video4Linux 2
//! on Linux; elsewhere there is none, and the page offers the browser's camera.

#[cfg(target_os = "linux")]
mod v4l2;
#[cfg(target_os = "linux")]
use v4l2 as device;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as device;

use image::{RgbImage, imageops};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The side of the square that the network is shown.
const SQUARE: u32 = 112;
/// The part of the picture's shorter side that the square takes, in per cent.
const PART: u32 = 80;
/// Broken pictures, one after the other, that a camera may deliver.
const BROKEN_MAX: u32 = 60;
/// The time between two looks for a picture.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// A camera that delivers nothing for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// What a camera has at the moment.
#[cfg_attr(
    not(any(target_os = "linux", test)),
    expect(dead_code, reason = "a device makes it, and there is none here")
)]
pub(super) enum Look {
    /// A picture.
    Picture(RgbImage),
    /// A picture that cannot be read.
    Broken,
    /// None yet. Cameras never block, so that they can be let go of at any time.
    Nothing,
}

/// A device that delivers pictures until it is dropped.
pub(super) trait Pictures {
    /// The next picture, if it is there.
    ///
    /// # Errors
    /// There will be no more pictures.
    fn next(&mut self) -> io::Result<Look>;
}

/// Opens a camera.
pub(super) type OpenCamera = Arc<dyn Fn() -> io::Result<Box<dyn Pictures>> + Send + Sync>;

/// The name of the host's first camera, if there is one.
///
/// # Errors
/// There is one, and it cannot be used.
pub(super) fn name() -> io::Result<Option<String>> {
    device::name()
}

/// Opens the host's first camera.
///
/// # Errors
/// There is none, or it cannot be used.
pub(super) fn open() -> io::Result<Box<dyn Pictures>> {
    device::open()
}

/// A camera that delivers pictures until it is dropped.
pub(super) struct HostCamera {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl HostCamera {
    /// Opens a camera with `open` and gives every picture's square to `show`.
    /// `fail` is called once if the camera ends by itself.
    pub(super) fn start(
        open: OpenCamera,
        mut show: impl FnMut(RgbImage) + Send + 'static,
        fail: impl FnOnce(io::Error) + Send + 'static,
    ) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let ran = open().and_then(|mut camera| run(camera.as_mut(), &ends, &mut show));
            if let Err(error) = ran {
                fail(error);
            }
        });
        Self {
            is_over,
            thread: Some(thread),
        }
    }
}

impl Drop for HostCamera {
    /// Waits until the device is closed, so that it can be opened again.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Shows every picture's square until it is over; broken ones are passed over.
///
/// # Errors
/// The camera fails, or delivers nothing that can be read.
fn run(
    camera: &mut dyn Pictures,
    is_over: &AtomicBool,
    show: &mut dyn FnMut(RgbImage),
) -> io::Result<()> {
    let mut broken = 0;
    let mut last = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        match camera.next()? {
            Look::Picture(picture) => {
                (broken, last) = (0, Instant::now());
                show(square(&picture));
            }
            Look::Broken => (broken, last) = (broken + 1, Instant::now()),
            Look::Nothing if last.elapsed() > SILENCE_MAX => {
                let text = format!("it sent no picture for {} s", SILENCE_MAX.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            Look::Nothing => std::thread::sleep(LOOK_AGAIN),
        }
        if broken == BROKEN_MAX {
            let text = format!("{BROKEN_MAX} pictures in a row could not be read");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
    }
    Ok(())
}

/// The square in the middle, small.
fn square(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let side = (width.min(height) * PART / 100).max(1);
    let part = imageops::crop_imm(picture, (width - side) / 2, (height - side) / 2, side, side);
    imageops::thumbnail(&part.to_image(), SQUARE, SQUARE)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A camera that delivers these, then says that it was unplugged.
    pub(crate) struct Scripted {
        looks: std::vec::IntoIter<Look>,
        is_open: Arc<Mutex<bool>>,
    }

    impl Scripted {
        /// Opens it; a camera that is open cannot be opened again.
        pub(crate) fn open(looks: Vec<Look>, is_open: &Arc<Mutex<bool>>) -> io::Result<Self> {
            let mut guard = is_open.lock().unwrap();
            if std::mem::replace(&mut *guard, true) {
                return Err(io::ErrorKind::ResourceBusy.into());
            }
            Ok(Self {
                looks: looks.into_iter(),
                is_open: Arc::clone(is_open),
            })
        }
    }

    impl Pictures for Scripted {
        fn next(&mut self) -> io::Result<Look> {
            let look = self.looks.next();
            look.ok_or_else(|| io::Error::other("unplugged"))
        }
    }

    impl Drop for Scripted {
        fn drop(&mut self) {
            // As slow as a driver.
            std::thread::sleep(Duration::from_millis(20));
            *self.is_open.lock().unwrap() = false;
        }
    }

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
    fn run_all(looks: Vec<Look>, wanted: usize) -> (usize, io::Result<()>) {
        let is_over = AtomicBool::new(false);
        let mut camera = Scripted::open(looks, &Arc::default()).unwrap();
        let mut shown = 0;
        let result = run(&mut camera, &is_over, &mut |picture| {
            assert_eq!(picture.dimensions(), (SQUARE, SQUARE));
            shown += 1;
            is_over.store(shown == wanted, Ordering::Relaxed);
        });
        (shown, result)
    }

    fn some() -> Look {
        Look::Picture(RgbImage::new(64, 48))
    }

    #[test]
    fn it_ends_when_it_is_over_or_unplugged() {
        let looks = vec![some(), Look::Nothing, Look::Broken, some(), some()];
        let (shown, result) = run_all(looks, 2);
        assert!(shown == 2 && result.is_ok());
        let (shown, result) = run_all(vec![some(), some(), some()], 9);
        assert_eq!(
            (shown, result.unwrap_err().to_string().as_str()),
            (3, "unplugged")
        );
    }

    #[test]
    fn a_camera_that_delivers_nothing_readable_is_given_up() {
        let broken = || (1..BROKEN_MAX).map(|_| Look::Broken);
        let looks: Vec<_> = broken()
            .chain([some()])
            .chain(broken())
            .chain([Look::Broken])
            .collect();
        let (shown, result) = run_all(looks, 9);
        assert_eq!(shown, 1);
        assert_eq!(
            result.unwrap_err().to_string(),
            "60 pictures in a row could not be read"
        );
    }

    #[test]
    fn a_dropped_camera_can_be_opened_again_at_once() {
        let is_open = Arc::new(Mutex::new(false));
        let open: OpenCamera = {
            let is_open = Arc::clone(&is_open);
            Arc::new(move || {
                let looks = (0..100_000).map(|_| Look::Nothing).collect();
                Ok(Box::new(Scripted::open(looks, &is_open)?))
            })
        };
        for _ in 0..3 {
            let errors = Arc::new(Mutex::new(Vec::new()));
            let failed = Arc::clone(&errors);
            let camera = HostCamera::start(Arc::clone(&open), drop, move |error| {
                failed.lock().unwrap().push(error.to_string());
            });
            while !*is_open.lock().unwrap() && errors.lock().unwrap().is_empty() {
                std::thread::yield_now();
            }
            drop(camera);
            assert!(errors.lock().unwrap().is_empty(), "{errors:?}");
            assert!(!*is_open.lock().unwrap());
        }
    }
}
