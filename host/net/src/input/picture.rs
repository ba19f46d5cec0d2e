//! Pictures as they are stored: turned upright, in 8 bits, on a ground.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{
    DynamicImage, GrayImage, ImageBuffer, ImageDecoder, ImageError, ImageReader, Limits, Luma,
    LumaA, Rgb, RgbImage, Rgba,
};
use thiserror::Error;

use super::grey;
use crate::file::{self, FileFault};

/// Bytes that the file of a picture may have.
const MAX_FILE_BYTES: u64 = 1 << 29;
/// Bytes that the pixels of a picture may take: those of a photograph of 268 million
/// pixels.
const MAX_DECODED_BYTES: u64 = 3 << 28;
/// Levels that lie closer than this are the same to the eye.
const VISIBLE: u8 = 8;

/// A picture, upright, 8 bits for each colour, and what was done to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The pixels; transparent parts are still transparent.
    pixels: Pixels,
    /// Whether it was stored without colours.
    is_grey: bool,
    /// What was done, in words.
    pub(super) said: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Pixels {
    Opaque(RgbImage),
    Transparent(image::RgbaImage),
}

/// Why a picture cannot be used.
#[derive(Debug, Error)]
pub enum PictureError {
    /// The file cannot be read, or only stands for a picture.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says, or a [`FileFault`].
        source: std::io::Error,
    },
    /// The bytes are in no format that is known.
    #[error("{name} is not a picture in a format that is read (PNG, JPEG, BMP, GIF, PNM, WebP){}", instead(*by_name))]
    Format {
        /// The file, or what it is called.
        name: String,
        /// What its ending says.
        by_name: Option<&'static str>,
    },
    /// The picture ends early or is damaged.
    #[error("cannot decode {name}: it is cut off or damaged")]
    Decode {
        /// The file, or what it is called.
        name: String,
        /// What is wrong with it.
        source: ImageError,
    },
    /// More pixels than may be decoded.
    #[error(
        "{name} has {width}×{height} pixels, which take {} MiB; at most {} MiB are taken: reduce the picture first",
        bytes >> 20,
        MAX_DECODED_BYTES >> 20
    )]
    TooLarge {
        /// The file, or what it is called.
        name: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes of the decoded pixels.
        bytes: u64,
    },
}

fn instead(by_name: Option<&'static str>) -> String {
    by_name.map_or_else(String::new, |format| {
        format!(": it is named like {format}; convert it to PNG or JPEG first")
    })
}

/// Reads a picture file, turned upright as its EXIF data say.
///
/// # Errors
/// No such file, no picture, or one of more than 768 MiB of pixels.
pub fn open(path: &Path) -> Result<Picture, PictureError> {
    let bytes = file::read(path, MAX_FILE_BYTES).map_err(|source| PictureError::Read {
        path: path.to_owned(),
        source,
    })?;
    decode(&bytes, &path.display().to_string())
}

/// Reads the bytes of a picture file that is called `name`, as [`open`] does.
///
/// # Errors
/// As [`open`].
pub fn decode(bytes: &[u8], name: &str) -> Result<Picture, PictureError> {
    if let Some(fault) = FileFault::of(bytes) {
        return Err(PictureError::Read {
            path: name.into(),
            source: fault.into(),
        });
    }
    let refused = |source| PictureError::Decode {
        name: name.to_owned(),
        source,
    };
    let unknown = || PictureError::Format {
        name: name.to_owned(),
        by_name: known_by_name(name),
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(|error| refused(ImageError::IoError(error)))?;
    if reader.format().is_none() {
        return Err(unknown());
    }
    let mut decoder = match reader.into_decoder() {
        Ok(decoder) => decoder,
        Err(ImageError::Unsupported(_)) => return Err(unknown()),
        Err(error) => return Err(refused(error)),
    };
    let (width, height) = decoder.dimensions();
    // A bit or a byte for a pixel in the file becomes three bytes here.
    let as_colours = 3 * u64::from(width) * u64::from(height);
    let bytes = decoder.total_bytes().max(as_colours);
    let mut limits = Limits::no_limits();
    // What a decoder needs beside the picture is bounded as well.
    limits.max_alloc = Some(2 * MAX_DECODED_BYTES);
    if bytes > MAX_DECODED_BYTES || decoder.set_limits(limits).is_err() {
        let name = name.to_owned();
        return Err(PictureError::TooLarge {
            name,
            width,
            height,
            bytes,
        });
    }
    let orientation = decoder.orientation().map_err(refused)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let mut said = Vec::new();
    if orientation != Orientation::NoTransforms {
        picture.apply_orientation(orientation);
        said.push("turned upright by its EXIF data".to_owned());
    }
    Ok(Picture::of_any(picture, said))
}

/// The name of a format that is not read, by the ending of a file.
fn known_by_name(name: &str) -> Option<&'static str> {
    let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "heic" | "heif" => "a HEIC photograph",
        "avif" => "an AVIF picture",
        "tif" | "tiff" => "a TIFF picture",
        "svg" => "an SVG drawing",
        "pdf" => "a PDF document",
        "dng" | "cr2" | "cr3" | "nef" | "arw" => "a camera's raw file",
        _ => return None,
    })
}

impl Picture {
    /// A picture of the `image` crate: 16 bits become 8, rounded.
    pub fn of(picture: DynamicImage) -> Self {
        Self::of_any(picture, Vec::new())
    }

    fn of_any(picture: DynamicImage, mut said: Vec<String>) -> Self {
        let is_grey = !picture.color().has_color();
        if let Some(greatest) = greatest_of_16_bits(&picture) {
            said.push(match greatest {
                0..4096 => format!(
                    "16 bits to 8, of which only levels up to {greatest} of 65535 are used: a dark picture"
                ),
                _ => "16 bits to 8".to_owned(),
            });
        }
        let pixels = if picture.color().has_alpha() {
            let pixels = picture.into_rgba8();
            if pixels.pixels().all(|pixel| pixel.0[3] == 255) {
                Pixels::Opaque(DynamicImage::ImageRgba8(pixels).into_rgb8())
            } else {
                Pixels::Transparent(pixels)
            }
        } else {
            Pixels::Opaque(picture.into_rgb8())
        };
        Self {
            pixels,
            is_grey,
            said,
        }
    }

    /// Whether it was stored without colours.
    pub fn is_grey(&self) -> bool {
        self.is_grey
    }

    /// Its pixels without transparent parts: over white, and over black where white would
    /// leave nothing to see.
    pub fn opaque(&self) -> RgbImage {
        self.over(None).picture.into_owned()
    }

    /// Its columns, its rows, and the bytes of its pixels, three or four for each.
    pub fn pixels(&self) -> (u32, u32, &[u8]) {
        match &self.pixels {
            Pixels::Opaque(pixels) => (pixels.width(), pixels.height(), pixels),
            Pixels::Transparent(pixels) => (pixels.width(), pixels.height(), pixels),
        }
    }

    /// The picture over `underlay`, a grey level, or where none is given over white,
    /// and over black where white would leave nothing to see.
    pub(super) fn over(&self, underlay: Option<u8>) -> Grounded<'_> {
        let transparent = match &self.pixels {
            Pixels::Opaque(picture) => {
                return Grounded {
                    picture: Cow::Borrowed(picture),
                    said: None,
                    hidden: None,
                };
            }
            Pixels::Transparent(picture) => picture,
        };
        if transparent.pixels().all(|pixel| pixel.0[3] == 0) {
            return Grounded {
                picture: Cow::Owned(over(transparent, underlay.unwrap_or(255))),
                said: None,
                hidden: Some("it is transparent everywhere".to_owned()),
            };
        }
        let name = |level: u8| match level {
            0 => "black".to_owned(),
            255 => "white".to_owned(),
            level => format!("grey {level}"),
        };
        let levels = underlay.map_or_else(|| vec![255, 0], |level| vec![level]);
        for &level in &levels {
            let picture = over(transparent, level);
            if is_visible(&picture) {
                let why = match (underlay, level) {
                    (None, 0) => ", because over white nothing of it is seen",
                    _ => "",
                };
                return Grounded {
                    picture: Cow::Owned(picture),
                    said: Some(format!("laid over {}{why}", name(level))),
                    hidden: None,
                };
            }
        }
        let grounds: Vec<String> = levels.iter().map(|&level| name(level)).collect();
        Grounded {
            picture: Cow::Owned(over(transparent, levels[0])),
            said: None,
            hidden: Some(format!(
                "its transparent parts were laid over {}, and nothing of it differs from that: choose another level with --underlay",
                grounds.join(" and over ")
            )),
        }
    }
}

/// A picture without transparent parts.
pub(super) struct Grounded<'a> {
    pub(super) picture: Cow<'a, RgbImage>,
    /// What was laid under it.
    pub(super) said: Option<String>,
    /// Why nothing of it is seen.
    pub(super) hidden: Option<String>,
}

/// Whether any two pixels can be told apart.
pub(super) fn is_visible(picture: &RgbImage) -> bool {
    let ends = |colour: usize| {
        let levels = picture.pixels().map(|pixel| pixel.0[colour]);
        levels.fold((u8::MAX, u8::MIN), |(low, high), level| {
            (low.min(level), high.max(level))
        })
    };
    (0..3).any(|colour| {
        let (low, high) = ends(colour);
        high.saturating_sub(low) >= VISIBLE
    })
}

fn over(picture: &image::RgbaImage, level: u8) -> RgbImage {
    let blend = |colour: u8, alpha: u8| {
        let (colour, alpha, level) = (u32::from(colour), u32::from(alpha), u32::from(level));
        ((colour * alpha + level * (255 - alpha) + 127) / 255) as u8
    };
    ImageBuffer::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *picture.get_pixel(x, y);
        Rgb([red, green, blue].map(|colour| blend(colour, alpha)))
    })
}

/// The greatest level of a picture that has 16 bits.
fn greatest_of_16_bits(picture: &DynamicImage) -> Option<u16> {
    let greatest = match picture {
        DynamicImage::ImageLuma16(picture) => picture.pixels().map(|Luma([level])| *level).max(),
        DynamicImage::ImageLumaA16(picture) => {
            picture.pixels().map(|LumaA([level, _])| *level).max()
        }
        DynamicImage::ImageRgb16(picture) => picture.pixels().flat_map(|Rgb(levels)| *levels).max(),
        DynamicImage::ImageRgba16(picture) => picture
            .pixels()
            .flat_map(|Rgba([red, green, blue, _])| [*red, *green, *blue])
            .max(),
        _ => return None,
    };
    Some(greatest.unwrap_or_default())
}

impl From<RgbImage> for Picture {
    fn from(picture: RgbImage) -> Self {
        Self {
            is_grey: false,
            pixels: Pixels::Opaque(picture),
            said: Vec::new(),
        }
    }
}

impl From<GrayImage> for Picture {
    fn from(picture: GrayImage) -> Self {
        Self::of(DynamicImage::ImageLuma8(picture))
    }
}

impl Picture {
    /// Columns and rows.
    pub fn dimensions(&self) -> (u32, u32) {
        match &self.pixels {
            Pixels::Opaque(picture) => picture.dimensions(),
            Pixels::Transparent(picture) => picture.dimensions(),
        }
    }

    /// Grey by the one formula, transparent parts over white or black as where a model's
    /// input is made.
    pub fn into_grey(self) -> GrayImage {
        grey::of(&self.over(None).picture, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageEncoder, ImageFormat, RgbaImage};

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn rgb(picture: &Picture) -> RgbImage {
        picture.over(None).picture.into_owned()
    }

    /// A TIFF header with nothing but an orientation, as EXIF data begin.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        bytes.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn every_orientation_is_turned_upright() {
        // Light above, dark below, lighter to the left.
        let upright = RgbImage::from_fn(32, 16, |x, y| {
            Rgb([if y < 8 { 240 } else { 20 } - (x / 4) as u8; 3])
        });
        let upright = DynamicImage::ImageRgb8(upright);
        for number in 1..=8 {
            // What the camera stored, so that turning it gives the picture.
            let turned = match number {
                1 => upright.clone(),
                2 => upright.fliph(),
                3 => upright.rotate180(),
                4 => upright.flipv(),
                5 => upright.rotate90().fliph(),
                6 => upright.rotate270(),
                7 => upright.rotate270().fliph(),
                _ => upright.rotate90(),
            };
            let mut bytes = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
            encoder.set_exif_metadata(exif(number)).unwrap();
            encoder.encode_image(&turned).unwrap();
            let picture = decode(&bytes, "photo.jpg").unwrap();
            assert_eq!(picture.dimensions(), (32, 16), "orientation {number}");
            assert_eq!(picture.said.is_empty(), number == 1);
            for (x, y, pixel) in rgb(&picture).enumerate_pixels() {
                let expected = upright.as_rgb8().unwrap().get_pixel(x, y).0[0];
                assert!(pixel.0[0].abs_diff(expected) < 12, "{number}: {x} {y}");
            }
        }
    }

    #[test]
    fn sixteen_bits_are_rounded_to_eight() {
        let levels = [0_u16, 128, 129, 385, 386, 65535];
        let picture = ImageBuffer::from_fn(6, 1, |x, _| Luma([levels[x as usize]]));
        let picture = decode(&png(&DynamicImage::ImageLuma16(picture)), "a.png").unwrap();
        let read: Vec<u8> = rgb(&picture).pixels().map(|pixel| pixel.0[1]).collect();
        assert_eq!(read, [0, 0, 1, 1, 2, 255]);
        assert_eq!(picture.said, ["16 bits to 8"]);
        let dark = ImageBuffer::from_pixel(2, 2, Luma([4000_u16]));
        let dark = Picture::of(DynamicImage::ImageLuma16(dark));
        assert!(dark.said[0].contains("up to 4000"), "{:?}", dark.said);
    }

    #[test]
    fn transparent_parts_lie_on_white_unless_that_hides_everything() {
        let ink = |level: u8| {
            let picture = RgbaImage::from_fn(4, 4, |x, _| {
                Rgba([level, level, level, if x == 1 { 255 } else { 0 }])
            });
            Picture::of(DynamicImage::ImageRgba8(picture))
        };
        let (black, white) = (ink(0), ink(255));
        let dark = black.over(None);
        assert_eq!(dark.picture.get_pixel(0, 0).0, [255; 3]);
        assert_eq!(dark.said.as_deref(), Some("laid over white"));
        let light = white.over(None);
        assert_eq!(light.picture.get_pixel(0, 0).0, [0; 3]);
        assert_eq!(light.picture.get_pixel(1, 0).0, [255; 3]);
        assert!(light.said.unwrap().contains("over black, because"));
        let stated = black.over(Some(100));
        assert_eq!(stated.picture.get_pixel(0, 0).0, [100; 3]);
        let hidden = white.over(Some(255));
        assert!(hidden.hidden.unwrap().contains("--underlay"));
        let nothing = Picture::of(DynamicImage::ImageRgba8(RgbaImage::new(3, 3)));
        let why = nothing.over(None).hidden.unwrap();
        assert!(why.contains("transparent everywhere"), "{why}");
    }

    #[test]
    fn half_transparent_is_a_mixture() {
        let picture = RgbaImage::from_fn(2, 1, |x, _| Rgba([0, 100, 200, [128, 255][x as usize]]));
        let picture = Picture::of(DynamicImage::ImageRgba8(picture));
        let mixed = picture.over(Some(255));
        assert_eq!(mixed.picture.get_pixel(0, 0).0, [127, 177, 227]);
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not.png");
        assert!(matches!(open(&path), Err(PictureError::Read { .. })));
        std::fs::write(&path, b"not a picture").unwrap();
        assert!(matches!(open(&path), Err(PictureError::Format { .. })));
        std::fs::write(&path, b"").unwrap();
        assert!(matches!(open(&path), Err(PictureError::Read { .. })));
        let error = decode(b"\0\0\0\x18ftypheic", "IMG_1.HEIC").unwrap_err();
        assert!(error.to_string().contains("HEIC"), "{error}");
        let whole = png(&DynamicImage::ImageRgb8(RgbImage::from_fn(
            40,
            40,
            |x, y| Rgb([(x * y) as u8, x as u8, y as u8]),
        )));
        for length in [20, whole.len() / 2] {
            let error = decode(&whole[..length], "cut.png").unwrap_err();
            assert!(matches!(error, PictureError::Decode { .. }), "{error:?}");
        }
    }

    /// Three bytes for each pixel are counted, however few the file has for one.
    #[test]
    fn more_pixels_than_the_bound_are_refused_before_they_are_decoded() {
        for (side, mebibytes) in [(65_535_u32, "12287 MiB"), (20_000, "1144 MiB")] {
            let mut bytes = png(&DynamicImage::ImageLuma8(GrayImage::new(1, 1)));
            // The header's width and height, and its checksum.
            bytes[16..20].copy_from_slice(&side.to_be_bytes());
            bytes[20..24].copy_from_slice(&side.to_be_bytes());
            let mut sum = flate2::Crc::new();
            sum.update(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
            let error = decode(&bytes, "bomb.png").unwrap_err();
            assert!(matches!(error, PictureError::TooLarge { .. }), "{error:?}");
            assert!(error.to_string().contains(mebibytes), "{error}");
        }
    }
}
