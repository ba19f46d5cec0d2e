//! Pictures from `/dev/video*`, through Video4Linux 2.

mod pixels;

use super::{Look, Pictures};
use linuxvideo::format::{PixFormat, PixelFormat};
use linuxvideo::stream::ReadStream;
use linuxvideo::{BufType, CapabilityFlags, Device};
use pixels::{FORMATS, Format, Layout};
use std::io;
use std::path::{Path, PathBuf};

/// Pixels that are asked for; a camera may give others.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
const FOLDER: &str = "/dev";

/// The name of the first device that captures video, if there is one.
///
/// # Errors
/// There is one, and it cannot be used.
pub(super) fn name() -> io::Result<Option<String>> {
    Ok(first()?.map(|(_, name)| name))
}

/// Opens the first device that captures video.
///
/// # Errors
/// There is none, or it cannot be used.
pub(super) fn open() -> io::Result<Box<dyn Pictures>> {
    let first = first()?;
    let (path, _) = first.ok_or_else(|| io::Error::other("no camera is connected any more"))?;
    Ok(Box::new(Stream::open(path)?))
}

/// The first device that captures video: where it is, and its name.
///
/// # Errors
/// There is a device, and none can be used: why the first one cannot.
fn first() -> io::Result<Option<(PathBuf, String)>> {
    let mut refusal = None;
    for path in devices(Path::new(FOLDER)) {
        match name_of(&path) {
            Ok(Some(name)) => return Ok(Some((path, name))),
            Ok(None) => {}
            Err(error) => {
                refusal.get_or_insert(cannot(&path, "be opened", &error));
            }
        }
    }
    refusal.map_or(Ok(None), Err)
}

/// The files called `video` and a number, by number.
fn devices(folder: &Path) -> Vec<PathBuf> {
    let number = |path: &PathBuf| -> Option<u32> {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("video")?.parse().ok()
    };
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = files
        .map(|file| file.path())
        .filter_map(|path| Some((number(&path)?, path)))
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// What a device calls itself; none if it captures no video.
fn name_of(path: &Path) -> io::Result<Option<String>> {
    let capabilities = Device::open(path)?.capabilities()?;
    let captures = capabilities
        .device_capabilities()
        .contains(CapabilityFlags::VIDEO_CAPTURE);
    Ok(captures.then(|| capabilities.card().to_owned()))
}

/// A device that delivers pictures.
struct Stream {
    path: PathBuf,
    stream: ReadStream,
    layout: Layout,
}

impl Stream {
    /// Opens the device at `path`, in a format that can be read.
    ///
    /// # Errors
    /// What the device cannot do, and what may help.
    fn open(path: PathBuf) -> io::Result<Self> {
        let failed = |what: &'static str| {
            let path = path.clone();
            move |error: io::Error| cannot(&path, what, &error)
        };
        let device = Device::open(&path).map_err(failed("be opened"))?;
        let offered = device.formats(BufType::VIDEO_CAPTURE);
        let offered: Vec<PixelFormat> = offered
            .filter_map(|format| Some(format.ok()?.pixel_format()))
            .collect();
        let (code, _) = choose(&offered).map_err(failed("be read"))?;
        let wanted = PixFormat::new(WIDTH, HEIGHT, code);
        let capture = device.video_capture(wanted).map_err(failed("capture"))?;
        // The driver may have chosen another one all the same.
        let got = capture.format();
        let (_, format) = choose(&[got.pixel_format()]).map_err(failed("be read"))?;
        let layout = Layout {
            format,
            width: got.width() as usize,
            height: got.height() as usize,
            line_bytes: got.bytes_per_line() as usize,
        };
        let stream = capture.into_stream().map_err(failed("stream"))?;
        Ok(Self {
            path,
            stream,
            layout,
        })
    }
}

impl Pictures for Stream {
    fn next(&mut self) -> io::Result<Look> {
        let failed = |error| cannot(&self.path, "deliver pictures any more", &error);
        if self.stream.will_block().map_err(failed)? {
            return Ok(Look::Nothing);
        }
        let layout = self.layout;
        let picture = self.stream.dequeue(|buffer| {
            let bytes = (!buffer.is_error()).then_some(&*buffer);
            Ok(bytes.and_then(|bytes| layout.decode(bytes)))
        });
        Ok(picture.map_err(failed)?.map_or(Look::Broken, Look::Picture))
    }
}

/// Of the formats that a device offers the best that can be read.
fn choose(offered: &[PixelFormat]) -> io::Result<(PixelFormat, Format)> {
    let known = FORMATS.map(|(code, format)| (PixelFormat::from_fourcc(code), format));
    let best = known.into_iter().find(|(code, _)| offered.contains(code));
    best.ok_or_else(|| {
        let names: Vec<String> = offered.iter().map(ToString::to_string).collect();
        io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "it offers the formats [{}]; this program reads none of them",
                names.join(", ")
            ),
        )
    })
}

/// What the device at `path` cannot do, why, and what may help.
fn cannot(path: &Path, what: &str, error: &io::Error) -> io::Error {
    /// The device is not there any more, as Linux says it.
    const ENODEV: i32 = 19;
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => ": is your user in the group video?",
        io::ErrorKind::ResourceBusy => ": does another program use it?",
        _ if error.raw_os_error() == Some(ENODEV) => ": was it unplugged?",
        _ => "",
    };
    let path = path.display();
    io::Error::new(
        error.kind(),
        format!("{path} cannot {what}: {error}{advice}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_come_by_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["video10", "video2", "videos", "video", "vbi0", "null"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names = ["video2", "video10"].map(|name| folder.path().join(name));
        assert_eq!(devices(folder.path()), names);
        assert_eq!(devices(&folder.path().join("nothing")), [] as [PathBuf; 0]);
    }

    #[test]
    fn what_is_no_camera_is_refused() {
        for path in ["/dev/null", "/dev/video-that-there-is-not"] {
            let error = Stream::open(path.into()).err().unwrap().to_string();
            assert!(
                error.starts_with(&format!("{path} cannot be opened: ")),
                "{error}"
            );
        }
    }

    #[test]
    fn the_best_known_format_is_taken() {
        let codes = |codes: &[&[u8; 4]]| -> Vec<PixelFormat> {
            codes
                .iter()
                .map(|code| PixelFormat::from_fourcc(**code))
                .collect()
        };
        let chosen = |offered| choose(&codes(offered)).unwrap().1;
        assert_eq!(chosen(&[b"MJPG", b"H264", b"YUYV"]), Format::Yuyv);
        assert_eq!(chosen(&[b"H264", b"MJPG"]), Format::Jpeg);
        let error = choose(&codes(&[b"H264", b"HEVC"])).unwrap_err().to_string();
        assert_eq!(
            error,
            "it offers the formats [H264, HEVC]; this program reads none of them"
        );
    }

    #[test]
    fn a_failure_says_what_may_help() {
        let said = |code| {
            let error = io::Error::from_raw_os_error(code);
            cannot(Path::new("/dev/video0"), "stream", &error).to_string()
        };
        for (code, advice) in [
            (13, ": is your user in the group video?"),
            (16, ": does another program use it?"),
            (19, ": was it unplugged?"),
            (5, ")"),
        ] {
            let said = said(code);
            assert!(said.starts_with("/dev/video0 cannot stream: "), "{said}");
            assert!(said.ends_with(advice), "{said}");
        }
    }
}
