//! Pictures from `/dev/video*`.

use super::square;
use crate::live::station::Station;
use crate::live::stimulus::Stimulus;
use image::{ImageFormat, RgbImage};
use linuxvideo::format::{PixFormat, PixelFormat};
use linuxvideo::{CapabilityFlags, Device};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// The first device that captures video: where it is, and its name.
pub(super) fn first() -> Option<(PathBuf, String)> {
    linuxvideo::list().ok()?.flatten().find_map(|device| {
        let capabilities = device.capabilities().ok()?;
        let captures = capabilities
            .device_capabilities()
            .contains(CapabilityFlags::VIDEO_CAPTURE);
        captures.then(|| Some((device.path().ok()?, capabilities.card().to_owned())))?
    })
}

/// Shows pictures until it is over or the camera fails.
pub(super) fn capture(station: &Station, is_over: &AtomicBool) -> io::Result<()> {
    let (path, _) = first().ok_or_else(|| io::Error::other("no device captures video any more"))?;
    let wanted = PixFormat::new(WIDTH, HEIGHT, PixelFormat::YUYV);
    let cannot = |what: &str, error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied => ": is your user in the group video?",
            io::ErrorKind::ResourceBusy => ": does another program use it?",
            _ => "",
        };
        let path = path.display();
        io::Error::new(
            error.kind(),
            format!("{path} cannot {what}: {error}{advice}"),
        )
    };
    let device = Device::open(&path).map_err(|error| cannot("be opened", error))?;
    let capture = device
        .video_capture(wanted)
        .map_err(|error| cannot("capture", error))?;
    let format = Layout::from(capture.format());
    let mut stream = capture
        .into_stream()
        .map_err(|error| cannot("stream", error))?;
    while !is_over.load(Ordering::Relaxed) {
        let picture = stream.dequeue(|buffer| {
            // A picture that is broken or late is passed over.
            Ok(if buffer.is_error() {
                None
            } else {
                decode(&buffer, &format)
            })
        })?;
        if let Some(picture) = picture {
            station.show(Stimulus::from_camera(
                "camera of the host",
                square(&picture),
            ));
        }
    }
    Ok(())
}

/// How the camera lays its pictures out.
struct Layout {
    kind: PixelFormat,
    width: u32,
    height: u32,
    line_bytes: usize,
}

impl From<&PixFormat> for Layout {
    fn from(format: &PixFormat) -> Self {
        Self {
            kind: format.pixel_format(),
            width: format.width(),
            height: format.height(),
            line_bytes: format.bytes_per_line() as usize,
        }
    }
}

/// A picture of one of the two formats that webcams have; none if the bytes are
/// no picture.
fn decode(bytes: &[u8], layout: &Layout) -> Option<RgbImage> {
    match layout.kind {
        PixelFormat::YUYV => yuyv(bytes, layout.width, layout.height, layout.line_bytes),
        PixelFormat::MJPG | PixelFormat::JPEG => {
            let picture = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg);
            Some(picture.ok()?.to_rgb8())
        }
        _ => None,
    }
}

/// Two pixels in four bytes: brightness, blue difference, brightness, red
/// difference, in the range and with the matrix of ITU-R BT.601.
fn yuyv(bytes: &[u8], width: u32, height: u32, line_bytes: usize) -> Option<RgbImage> {
    let line_bytes = line_bytes.max(2 * width as usize);
    let mut picture = RgbImage::new(width, height);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let pair = y as usize * line_bytes + (x as usize / 2) * 4;
        let four = bytes.get(pair..pair + 4)?;
        let luma = f32::from(four[(x as usize % 2) * 2]) - 16.0;
        let (blue, red) = (f32::from(four[1]) - 128.0, f32::from(four[3]) - 128.0);
        let level = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        pixel.0 = [
            level(1.164 * luma + 1.596 * red),
            level(1.164 * luma - 0.392 * blue - 0.813 * red),
            level(1.164 * luma + 2.017 * blue),
        ];
    }
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_colours_come_out() {
        let picture = yuyv(&[16, 128, 235, 128], 2, 1, 4).unwrap();
        assert_eq!(picture.as_raw()[..], [0, 0, 0, 255, 255, 255]);
        // Pure red in BT.601: Y 81, U 90, V 240.
        let red = yuyv(&[81, 90, 81, 240], 2, 1, 0).unwrap();
        let [r, g, b] = red.get_pixel(0, 0).0;
        assert!(r > 250 && g < 4 && b < 4, "{r} {g} {b}");
        assert_eq!(yuyv(&[16, 128, 235], 2, 1, 4), None);
    }
}
