//! Pictures, made into what a model wants to see.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits};
use thiserror::Error;

use super::spec::{Channels, InputSpec, Polarity};

/// Rows or columns that a picture file may have.
const MAX_SIDE: u32 = 16_384;
/// Bytes that decoding a picture may take.
const MAX_DECODED_BYTES: u64 = 1 << 29;

/// An input and what was done to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// `[C, H, W]`.
    pub values: Vec<f32>,
    /// What was done to the picture, for the user to read; empty if nothing.
    pub notes: Vec<String>,
}

/// Why a picture cannot be used.
#[derive(Debug, Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no picture, or one that is too large.
    #[error("cannot decode {}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: image::ImageError,
    },
}

/// Reads a picture file of any format that the `image` crate was built with.
///
/// # Errors
/// No such file, no picture, or one of more than 16,384 rows or columns.
pub fn open(path: &Path) -> Result<DynamicImage, PictureError> {
    let bytes = std::fs::read(path).map_err(|source| PictureError::Read {
        path: path.to_owned(),
        source,
    })?;
    decode(bytes, path)
}

/// Decodes a picture file whose bytes were read from `path`, or from an archive.
///
/// # Errors
/// As [`open`]; `path` is named in the error.
pub fn decode(bytes: Vec<u8>, path: &Path) -> Result<DynamicImage, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(bytes));
    // A name tells what the bytes do not: some formats have no signature.
    if let Ok(format) = ImageFormat::from_path(path) {
        reader.set_format(format);
    }
    let mut reader = reader
        .with_guessed_format()
        .map_err(|source| PictureError::Read {
            path: path.to_owned(),
            source,
        })?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|source| PictureError::Decode {
        path: path.to_owned(),
        source,
    })
}

impl InputSpec {
    /// Makes the model's input from a picture of unknown polarity.
    ///
    /// Transparent parts lie on white. Where the sides' ratio differs the
    /// middle is taken. Where the model cares about polarity, the ground is
    /// what the picture's edge shows.
    pub fn prepare(&self, picture: &DynamicImage) -> Prepared {
        let mut notes = Vec::new();
        let picture = self.resized(&on_white(picture), &mut notes);
        let found = self.polarity.map(|_| polarity(&picture.to_luma8()));
        let inverted = self.polarity != found;
        if inverted {
            notes.push("inverted: the edge of the picture is not the model's ground".to_owned());
        }
        Prepared {
            values: self.values(&picture, inverted),
            notes,
        }
    }

    /// Makes the model's input from grey pixels `[H, W]` of `size`; a known
    /// `polarity` is turned into the model's.
    ///
    /// Missing pixels are dark.
    pub fn grey_input(
        &self,
        pixels: &[u8],
        [height, width]: [usize; 2],
        polarity: Option<Polarity>,
    ) -> Vec<f32> {
        let picture = GrayImage::from_fn(width as u32, height as u32, |x, y| {
            let at = y as usize * width + x as usize;
            image::Luma([pixels.get(at).copied().unwrap_or_default()])
        });
        let picture = self.resized(&DynamicImage::ImageLuma8(picture), &mut Vec::new());
        let inverted = polarity
            .zip(self.polarity)
            .is_some_and(|(is, wanted)| is != wanted);
        self.values(&picture, inverted)
    }

    fn resized(&self, picture: &DynamicImage, notes: &mut Vec<String>) -> DynamicImage {
        let [height, width] = self.size.map(|side| side as u32);
        let (from_width, from_height) = (picture.width(), picture.height());
        if (from_width, from_height) == (width, height) || from_width == 0 || from_height == 0 {
            return picture.clone();
        }
        notes.push(format!(
            "resized from {from_width}×{from_height} to {width}×{height} (width × height)"
        ));
        // The largest part in the middle with the model's ratio of sides.
        let scale = f64::min(
            f64::from(from_width) / f64::from(width),
            f64::from(from_height) / f64::from(height),
        );
        let part = |side: u32, of: u32| ((f64::from(side) * scale).round() as u32).clamp(1, of);
        let (part_width, part_height) = (part(width, from_width), part(height, from_height));
        if (part_width, part_height) != (from_width, from_height) {
            notes.push(format!(
                "the middle {part_width}×{part_height} of it was taken"
            ));
        }
        picture
            .crop_imm(
                (from_width - part_width) / 2,
                (from_height - part_height) / 2,
                part_width,
                part_height,
            )
            .resize_exact(width, height, FilterType::Triangle)
    }

    /// `[C, H, W]` from a picture that has the model's size.
    fn values(&self, picture: &DynamicImage, inverted: bool) -> Vec<f32> {
        let plane = |channel: usize, pixels: &mut dyn Iterator<Item = u8>| -> Vec<f32> {
            let turned = pixels.map(|pixel| if inverted { 255 - pixel } else { pixel });
            turned.map(|pixel| self.value(channel, pixel)).collect()
        };
        let order: &[usize] = match self.channels {
            Channels::Grey => {
                let grey = picture.to_luma8();
                return plane(0, &mut grey.pixels().map(|pixel| pixel.0[0]));
            }
            Channels::Rgb => &[0, 1, 2],
            Channels::Bgr => &[2, 1, 0],
            // A picture has no such channels: each gets what is grey.
            Channels::Count(count) => {
                let grey = picture.to_luma8();
                let channel = |channel| plane(channel, &mut grey.pixels().map(|pixel| pixel.0[0]));
                return (0..count).flat_map(channel).collect();
            }
        };
        let rgb = picture.to_rgb8();
        let planes = order.iter().enumerate();
        planes
            .flat_map(|(channel, &colour)| {
                plane(channel, &mut rgb.pixels().map(|pixel| pixel.0[colour]))
            })
            .collect()
    }
}

fn on_white(picture: &DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.clone();
    }
    let mut ground =
        image::RgbaImage::from_pixel(picture.width(), picture.height(), image::Rgba([255; 4]));
    imageops::overlay(&mut ground, &picture.to_rgba8(), 0, 0);
    DynamicImage::ImageRgba8(ground)
}

/// The polarity that the mean of the picture's outermost pixels tells.
pub(super) fn polarity(picture: &GrayImage) -> Polarity {
    let (right, bottom) = (picture.width().max(1) - 1, picture.height().max(1) - 1);
    let edge = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| *x == 0 || *y == 0 || *x == right || *y == bottom);
    let (sum, count) = edge.fold((0_u64, 0_u64), |(sum, count), (_, _, pixel)| {
        (sum + u64::from(pixel.0[0]), count + 1)
    });
    if sum * 2 > count * 255 {
        Polarity::DarkOnLight
    } else {
        Polarity::LightOnDark
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;

    fn grey(side: usize) -> InputSpec {
        ModelSpec::assumed([1, side, side]).input
    }

    /// One dark dot on paper.
    fn dot(side: u32) -> DynamicImage {
        let pixel = |x, y| {
            image::Luma([if (x, y) == (side / 2, side / 2) {
                10
            } else {
                250
            }])
        };
        DynamicImage::ImageLuma8(GrayImage::from_fn(side, side, pixel))
    }

    #[test]
    fn paper_is_turned_for_a_model_that_wants_light_ink() {
        let prepared = grey(4).prepare(&dot(4));
        assert_eq!(prepared.values[0], 5.0 / 255.0);
        assert_eq!(prepared.values[10], 245.0 / 255.0);
        assert_eq!(prepared.notes.len(), 1);
        let mut careless = grey(4);
        careless.polarity = None;
        let as_is = careless.prepare(&dot(4));
        assert_eq!(as_is.values[0], 250.0 / 255.0);
        assert!(as_is.notes.is_empty());
    }

    #[test]
    fn channels_follow_the_models_order() {
        let picture = image::RgbImage::from_pixel(2, 1, image::Rgb([0, 51, 255]));
        let mut spec = ModelSpec::assumed([3, 1, 2]).input;
        let picture = DynamicImage::ImageRgb8(picture);
        assert_eq!(
            spec.prepare(&picture).values,
            [0.0, 0.0, 0.2, 0.2, 1.0, 1.0]
        );
        spec.channels = Channels::Bgr;
        assert_eq!(
            spec.prepare(&picture).values,
            [1.0, 1.0, 0.2, 0.2, 0.0, 0.0]
        );
    }

    #[test]
    fn the_middle_is_taken_and_said() {
        let prepared = grey(4).prepare(&dot(8).resize_exact(16, 8, FilterType::Nearest));
        assert_eq!(prepared.values.len(), 16);
        assert!(prepared.notes[0].contains("16×8 to 4×4"));
        assert!(prepared.notes[1].contains("middle 8×8"));
    }

    #[test]
    fn digits_of_known_polarity_follow_the_model() {
        let mut spec = grey(2);
        let digit = [0, 255, 51, 0];
        let same = spec.grey_input(&digit, [2, 2], Some(Polarity::LightOnDark));
        assert_eq!(same, [0.0, 1.0, 0.2, 0.0]);
        spec.polarity = Some(Polarity::DarkOnLight);
        let turned = spec.grey_input(&digit, [2, 2], Some(Polarity::LightOnDark));
        assert_eq!(turned, [1.0, 0.0, 0.8, 1.0]);
    }

    #[test]
    fn transparency_lies_on_white() {
        let clear = image::RgbaImage::from_pixel(1, 1, image::Rgba([0, 0, 0, 0]));
        let mut spec = grey(1);
        spec.polarity = None;
        assert_eq!(spec.prepare(&DynamicImage::ImageRgba8(clear)).values, [1.0]);
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("not.png");
        assert!(matches!(open(&path), Err(PictureError::Read { .. })));
        std::fs::write(&path, b"not a picture").unwrap();
        assert!(matches!(open(&path), Err(PictureError::Decode { .. })));
    }
}
