//! Pictures in the formats that cameras have.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

/// How a camera writes a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Brightness, blue difference, brightness, red difference for two pixels.
    Yuyv,
    /// The same with each pair the other way round.
    Uyvy,
    /// A plane of brightness, and one of both differences for 2×2 pixels each.
    Nv12,
    /// Brightness.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// A JPEG file, with Huffman tables or without.
    Jpeg,
}

/// All of them by their codes of four letters, those that take the least work first.
pub(super) const FORMATS: [([u8; 4], Format); 8] = [
    (*b"GREY", Format::Grey),
    (*b"YUYV", Format::Yuyv),
    (*b"UYVY", Format::Uyvy),
    (*b"NV12", Format::Nv12),
    (*b"RGB3", Format::Rgb),
    (*b"BGR3", Format::Bgr),
    (*b"MJPG", Format::Jpeg),
    (*b"JPEG", Format::Jpeg),
];

/// How a camera lays its pictures out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) format: Format,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Bytes from a row to the next; fewer than a row has stand for just a row.
    pub(super) line_bytes: usize,
}

impl Layout {
    /// The picture in these bytes; `None` if they are too few, or not a JPEG file.
    pub(super) fn decode(&self, bytes: &[u8]) -> Option<RgbImage> {
        let Self { width, height, .. } = *self;
        match self.format {
            Format::Jpeg => jpeg(bytes),
            Format::Grey => self.picture(|x, y| Some([*bytes.get(y * self.line(1) + x)?; 3])),
            Format::Rgb => self.picture(|x, y| triple(bytes, y * self.line(3) + 3 * x)),
            Format::Bgr => self.picture(|x, y| {
                let [blue, green, red] = triple(bytes, y * self.line(3) + 3 * x)?;
                Some([red, green, blue])
            }),
            Format::Yuyv => self.picture(|x, y| {
                let pair = bytes.get(y * self.line(2) + x / 2 * 4..)?.get(..4)?;
                Some(rgb([pair[x % 2 * 2], pair[1], pair[3]]))
            }),
            Format::Uyvy => self.picture(|x, y| {
                let pair = bytes.get(y * self.line(2) + x / 2 * 4..)?.get(..4)?;
                Some(rgb([pair[x % 2 * 2 + 1], pair[0], pair[2]]))
            }),
            Format::Nv12 => {
                let line = self.line(1);
                let (brightness, differences) = bytes.split_at_checked(line * height)?;
                let even = |x: usize| x / 2 * 2;
                debug_assert!(width <= line);
                self.picture(|x, y| {
                    let at = y / 2 * line + even(x);
                    let luma = *brightness.get(y * line + x)?;
                    Some(rgb([
                        luma,
                        *differences.get(at)?,
                        *differences.get(at + 1)?,
                    ]))
                })
            }
        }
    }

    /// Bytes from a row to the next, where a pixel has `pixel_bytes`.
    fn line(&self, pixel_bytes: usize) -> usize {
        // Two pixels share four bytes, also the last one of an odd row.
        let pixels = if pixel_bytes == 2 {
            self.width.next_multiple_of(2)
        } else {
            self.width
        };
        self.line_bytes.max(pixels * pixel_bytes)
    }

    fn picture(&self, pixel: impl Fn(usize, usize) -> Option<[u8; 3]>) -> Option<RgbImage> {
        let mut levels = Vec::with_capacity(self.width * self.height * 3);
        for y in 0..self.height {
            for x in 0..self.width {
                levels.extend(pixel(x, y)?);
            }
        }
        let side = |pixels| u32::try_from(pixels).ok();
        RgbImage::from_raw(side(self.width)?, side(self.height)?, levels)
    }
}

/// A JPEG file. Cameras leave out the Huffman tables where they are the standard's
/// (ITU-T T.81, annex K.3), as motion JPEG does; decoders want them.
fn jpeg(bytes: &[u8]) -> Option<RgbImage> {
    let mut whole = Vec::new();
    let mut has_tables = false;
    for (marker, segment) in Segments::of(bytes) {
        has_tables |= marker == HUFFMAN_TABLES;
        if marker == SCAN && !has_tables {
            whole.extend(standard_tables());
        }
        whole.extend(segment);
    }
    let picture = image::load_from_memory_with_format(&whole, ImageFormat::Jpeg);
    Some(picture.ok()?.to_rgb8())
}

const HUFFMAN_TABLES: u8 = 0xc4;
const SCAN: u8 = 0xda;
const START: u8 = 0xd8;

/// A JPEG file's segments with their markers; the last is the scan with all that
/// follows it.
struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    fn of(file: &'a [u8]) -> Self {
        Self { rest: file }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let &[_, marker, ..] = self.rest else {
            return None;
        };
        let length = match (marker, self.rest) {
            (START, _) => 2,
            (SCAN, rest) => rest.len(),
            (_, &[_, _, high, low, ..]) => 2 + usize::from(u16::from_be_bytes([high, low])),
            _ => return None,
        };
        let (segment, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some((marker, segment))
    }
}

/// The standard's Huffman tables, which an encoder that does not fit them to its
/// picture writes into every file.
fn standard_tables() -> Vec<u8> {
    let mut file = Vec::new();
    // Nothing is written anywhere but to memory.
    let _ = RgbImage::new(1, 1).write_with_encoder(JpegEncoder::new(&mut file));
    let tables = Segments::of(&file).filter(|&(marker, _)| marker == HUFFMAN_TABLES);
    tables.flat_map(|(_, segment)| segment).copied().collect()
}

fn triple(bytes: &[u8], at: usize) -> Option<[u8; 3]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Brightness, blue and red difference as colours, in the range and with the
/// matrix of ITU-R BT.601.
fn rgb(levels: [u8; 3]) -> [u8; 3] {
    let [luma, blue, red] = levels.map(f32::from);
    let (luma, blue, red) = (luma - 16.0, blue - 128.0, red - 128.0);
    [
        1.164 * luma + 1.596 * red,
        1.164 * luma - 0.392 * blue - 0.813 * red,
        1.164 * luma + 2.017 * blue,
    ]
    .map(|value| value.round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 3×2 pixels whose rows have a byte more than they need.
    fn decode(format: Format, line_bytes: usize, bytes: &[u8]) -> Option<Vec<u8>> {
        let layout = Layout {
            format,
            width: 3,
            height: 2,
            line_bytes,
        };
        let picture = layout.decode(bytes)?;
        assert_eq!(picture.dimensions(), (3, 2));
        Some(picture.into_raw())
    }

    #[test]
    fn every_format_gives_its_picture() {
        let grey = [10, 20, 30, 99, 40, 50, 60, 99];
        let triples = |levels: [u8; 6]| levels.iter().flat_map(|&v| [v; 3]).collect::<Vec<_>>();
        let expected = triples([10, 20, 30, 40, 50, 60]);
        assert_eq!(decode(Format::Grey, 4, &grey).unwrap(), expected);
        let colours: Vec<u8> = (1..=18).collect();
        let mut padded = colours.clone();
        padded.insert(9, 99);
        assert_eq!(decode(Format::Rgb, 10, &padded).unwrap(), colours);
        let swapped = colours.chunks(3).flat_map(|c| [c[2], c[1], c[0]]);
        assert_eq!(
            decode(Format::Bgr, 0, &colours).unwrap(),
            swapped.collect::<Vec<_>>()
        );
        // Black, white and black; the fourth pixel of each row is not shown.
        let yuyv = [16, 128, 235, 128, 16, 128, 99, 128].repeat(2);
        let uyvy = [128, 16, 128, 235, 128, 16, 128, 99].repeat(2);
        let expected = triples([0, 255, 0, 0, 255, 0]);
        assert_eq!(decode(Format::Yuyv, 8, &yuyv).unwrap(), expected);
        assert_eq!(decode(Format::Uyvy, 0, &uyvy).unwrap(), expected);
        let nv12 = [16, 235, 16, 99, 16, 235, 16, 99, 128, 128, 128, 128];
        assert_eq!(decode(Format::Nv12, 4, &nv12).unwrap(), expected);
    }

    #[test]
    fn colours_come_out() {
        // Pure red in BT.601: brightness 81, differences 90 and 240.
        let [r, g, b] = rgb([81, 90, 240]);
        assert!(r > 250 && g < 4 && b < 4, "{r} {g} {b}");
        let pixels = decode(
            Format::Nv12,
            4,
            &[81, 81, 81, 0, 81, 81, 81, 0, 90, 240, 90, 240],
        );
        assert_eq!(pixels.unwrap(), [[r, g, b]; 6].concat());
    }

    #[test]
    fn bytes_that_are_no_picture_give_none() {
        for (_, format) in FORMATS {
            assert_eq!(decode(format, 0, &[]), None, "{format:?}");
            assert_eq!(decode(format, 0, &[7; 5]), None, "{format:?}");
        }
        // Rows further apart than the bytes reach.
        assert_eq!(decode(Format::Grey, 1000, &[7; 900]), None);
    }

    #[test]
    fn motion_jpeg_needs_no_tables() {
        let picture = RgbImage::from_fn(16, 16, |x, y| image::Rgb([(8 * (x + y)) as u8; 3]));
        let mut whole = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut whole, 90);
        picture.write_with_encoder(encoder).unwrap();
        let bare: Vec<u8> = Segments::of(&whole)
            .filter(|&(marker, _)| marker != HUFFMAN_TABLES)
            .flat_map(|(_, segment)| segment)
            .copied()
            .collect();
        assert_eq!(whole.len() - bare.len(), standard_tables().len());
        let layout = Layout {
            format: Format::Jpeg,
            width: 16,
            height: 16,
            line_bytes: 0,
        };
        let picture = layout.decode(&whole).unwrap();
        assert_eq!(layout.decode(&bare).unwrap(), picture);
        assert!(picture.get_pixel(15, 15).0[0] > 200);
        // Cut off in its header it is none.
        assert_eq!(layout.decode(&whole[..60]), None);
    }

    #[test]
    fn the_tables_are_the_standard_s() {
        // Table K.3, differences of the brightness's means: how many codes have
        // 1, 2, … 16 bits, and the twelve categories in order.
        let counts = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        let table: Vec<u8> = counts.into_iter().chain(0..12).collect();
        let tables = standard_tables();
        assert!(tables.windows(table.len()).any(|window| window == table));
        // Two of twelve categories and two of 162 symbols.
        let symbols = 2 * (17 + 12) + 2 * (17 + 162);
        assert!((symbols + 4..=symbols + 4 * 4).contains(&tables.len()));
    }
}
