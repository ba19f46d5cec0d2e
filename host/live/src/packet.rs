//! The binary messages of the page: a JSON header and the arrays it names.
//!
//! Little-endian. Every array begins on a multiple of eight bytes, counted from
//! the start of the packet, so that a browser can look at it in place.
//!
//! ```text
//!  0           4           8              8 + n         ⌈8 + n⌉₈
//!  +-----------+-----------+--------------+-------------+-----------+---
//!  | kind, u32 | n, u32    | JSON, n bytes| zeros       | array     | …
//!  +-----------+-----------+--------------+-------------+-----------+---
//! ```
//!
//! The header is an object; its `arrays` is a list of
//! `{"name", "type", "shape", "offset"}`, with `type` one of `i8`, `u8`, `i32`
//! and `f32`, and `offset` in bytes from the start of the packet. A recording is
//! a file of packets; see [`crate`].

use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Where arrays may begin.
const ALIGNMENT: usize = 8;
/// Bytes before the JSON.
const PREFIX_BYTES: usize = 8;

/// What a packet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// The network on the board, its integers and its memory.
    Network = 1,
    /// One frame: the input, every tapped layer, scores and costs.
    Frame = 2,
    /// An occlusion map, as far as it has come.
    Occlusion = 3,
    /// An attribution of a frame by the float network, or why it failed.
    Attribution = 5,
    /// An input that excites the float network, as far as it has come.
    Climb = 6,
    /// A frame that was changed so that the float network takes it for something else, and
    /// what the board takes it for.
    Attack = 8,
    /// A search for an image that drives a neuron on the board, as far as it has come.
    Evolution = 9,
    /// Pixels from the page.
    Pixels = 4,
    /// A picture file from the page, as it is stored.
    File = 7,
}

/// A packet that is being put together.
#[derive(Debug)]
pub struct Packet {
    kind: Kind,
    header: Map<String, Value>,
    arrays: Vec<(Value, Vec<u8>)>,
}

impl Packet {
    /// A packet without arrays. A header that is not an object is left empty.
    pub fn new(kind: Kind, header: Value) -> Self {
        let header = match header {
            Value::Object(header) => header,
            _ => Map::new(),
        };
        Self {
            kind,
            header,
            arrays: Vec::new(),
        }
    }

    /// Adds an array of `i8`.
    #[must_use]
    pub fn i8s(self, name: &str, shape: &[usize], values: &[i8]) -> Self {
        self.array(name, "i8", shape, bytemuck::cast_slice(values).to_vec())
    }

    /// Adds an array of `u8`.
    #[must_use]
    pub fn u8s(self, name: &str, shape: &[usize], values: &[u8]) -> Self {
        self.array(name, "u8", shape, values.to_vec())
    }

    /// Adds an array of `i32`.
    #[must_use]
    pub fn i32s(self, name: &str, shape: &[usize], values: &[i32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.array(name, "i32", shape, bytes.collect())
    }

    /// Adds an array of `f32`.
    #[must_use]
    pub fn f32s(self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.array(name, "f32", shape, bytes.collect())
    }

    fn array(mut self, name: &str, kind: &str, shape: &[usize], bytes: Vec<u8>) -> Self {
        let entry = json!({ "name": name, "type": kind, "shape": shape });
        self.arrays.push((entry, bytes));
        self
    }

    /// The packet as it goes over the wire.
    pub fn emit(mut self) -> Bytes {
        // Offsets are numbers in the text whose length they depend on: they are
        // counted from the arrays' begin first, and the text is given room for
        // the largest.
        let arrays_bytes: usize = self.arrays.iter().map(|(_, b)| padded(b.len())).sum();
        let mut entries: Vec<Value> = Vec::new();
        for (entry, _) in &self.arrays {
            let mut entry = entry.clone();
            entry["offset"] = Value::from(u32::MAX);
            entries.push(entry);
        }
        self.header.insert("arrays".to_owned(), entries.into());
        let room = padded(PREFIX_BYTES + text(&self.header).len());
        let mut offset = room;
        if let Some(Value::Array(entries)) = self.header.get_mut("arrays") {
            for (entry, (_, bytes)) in entries.iter_mut().zip(&self.arrays) {
                entry["offset"] = Value::from(offset);
                offset += padded(bytes.len());
            }
        }
        let header = text(&self.header);
        let mut packet = Vec::with_capacity(room + arrays_bytes);
        packet.extend((self.kind as u32).to_le_bytes());
        packet.extend((header.len() as u32).to_le_bytes());
        packet.extend(header.as_bytes());
        packet.resize(room, 0);
        for (_, bytes) in &self.arrays {
            packet.extend(bytes);
            packet.resize(padded(packet.len()), 0);
        }
        packet.into()
    }
}

fn text(header: &Map<String, Value>) -> String {
    // A map of JSON values always has a text.
    serde_json::to_string(header).unwrap_or_default()
}

fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(ALIGNMENT)
}

/// Why a packet from outside is refused.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// It ends before its header does, or has another kind.
    #[error("This is not a packet of pixels or of a picture file.")]
    Shape,
    /// Its header is not the one that pixels have.
    #[error("Could not read the header of a packet: {0}")]
    Header(#[from] serde_json::Error),
    /// The picture is larger than the page may send, or empty.
    #[error("A picture must have from 1×1 to {max}×{max} pixels; this one has {width}×{height}.")]
    Size {
        /// As announced.
        width: usize,
        /// As announced.
        height: usize,
        /// The longest side.
        max: usize,
    },
    /// There are fewer or more bytes than the size says.
    #[error("The picture needs {need_bytes} bytes of pixels; the packet has {have_bytes}.")]
    Length {
        /// Four for each pixel.
        need_bytes: usize,
        /// What is there.
        have_bytes: usize,
    },
}

/// Bytes of a picture file that the page may send.
pub const FILE_BYTES_MAX: usize = 48 << 20;

/// Rows or columns of a picture that the page may send.
pub const SIDE_MAX: usize = 512;

/// A picture from the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// The page's own number for it.
    pub number: u64,
    /// Where the page has it from, for people.
    pub source: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue, opacity.
    pub rgba: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PixelsHeader {
    number: u64,
    source: String,
    width: usize,
    height: usize,
}

/// Letters that the name of a source may have.
const SOURCE_CHARS_MAX: usize = 80;

/// What the page may send beside commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromPage {
    /// Pixels that the browser has.
    Pixels(Pixels),
    /// A file that the host decodes.
    File(PictureFile),
}

/// A picture file from the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    /// The page's own number for it.
    pub number: u64,
    /// The file's name, for people.
    pub source: String,
    /// The file.
    pub bytes: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHeader {
    number: u64,
    source: String,
}

impl FromPage {
    /// Reads a packet from a page.
    ///
    /// # Errors
    /// [`PacketError`]: nothing that comes from outside is trusted.
    pub fn parse(packet: &Bytes) -> Result<Self, PacketError> {
        if word(packet, 0) == Some(Kind::File as u32) {
            let (header, end) = header(packet)?;
            let header: FileHeader = serde_json::from_slice(header)?;
            let bytes = packet.slice(padded(end).min(packet.len())..);
            if bytes.len() > FILE_BYTES_MAX {
                return Err(PacketError::Length {
                    need_bytes: FILE_BYTES_MAX,
                    have_bytes: bytes.len(),
                });
            }
            return Ok(Self::File(PictureFile {
                number: header.number,
                source: shortened(&header.source),
                bytes,
            }));
        }
        Pixels::parse(packet).map(Self::Pixels)
    }
}

fn word(packet: &[u8], at: usize) -> Option<u32> {
    let bytes = packet.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The JSON of a packet, and where it ends.
fn header(packet: &[u8]) -> Result<(&[u8], usize), PacketError> {
    let length = word(packet, 4).ok_or(PacketError::Shape)? as usize;
    let end = PREFIX_BYTES.checked_add(length).ok_or(PacketError::Shape)?;
    let header = packet.get(PREFIX_BYTES..end).ok_or(PacketError::Shape)?;
    Ok((header, end))
}

fn shortened(source: &str) -> String {
    source.chars().take(SOURCE_CHARS_MAX).collect()
}

impl Pixels {
    /// Reads a packet of pixels: the header is followed by the padding and by
    /// four bytes for each pixel, and nothing else.
    ///
    /// # Errors
    /// [`PacketError`]: nothing that comes from outside is trusted.
    pub fn parse(packet: &[u8]) -> Result<Self, PacketError> {
        if word(packet, 0) != Some(Kind::Pixels as u32) {
            return Err(PacketError::Shape);
        }
        let (header, end) = header(packet)?;
        let header: PixelsHeader = serde_json::from_slice(header)?;
        let (width, height) = (header.width, header.height);
        if !(1..=SIDE_MAX).contains(&width) || !(1..=SIDE_MAX).contains(&height) {
            let max = SIDE_MAX;
            return Err(PacketError::Size { width, height, max });
        }
        let rgba = packet.get(padded(end)..).unwrap_or_default();
        let (need_bytes, have_bytes) = (4 * width * height, rgba.len());
        if need_bytes != have_bytes {
            return Err(PacketError::Length {
                need_bytes,
                have_bytes,
            });
        }
        Ok(Self {
            number: header.number,
            source: shortened(&header.source),
            width,
            height,
            rgba: rgba.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(packet: &[u8]) -> Value {
        let length = u32::from_le_bytes(packet[4..8].try_into().unwrap()) as usize;
        serde_json::from_slice(&packet[8..8 + length]).unwrap()
    }

    #[test]
    fn arrays_lie_where_the_header_says() {
        let packet = Packet::new(Kind::Frame, json!({ "number": 7 }))
            .i8s("a", &[3], &[-1, 0, 1])
            .f32s("b", &[1, 2], &[0.5, -2.0])
            .emit();
        assert_eq!(packet[..4], 2_u32.to_le_bytes());
        let header = header(&packet);
        assert_eq!(header["number"], 7);
        let at = |index: usize| {
            let offset = header["arrays"][index]["offset"].as_u64().unwrap() as usize;
            assert_eq!(offset % ALIGNMENT, 0);
            &packet[offset..]
        };
        assert_eq!(at(0)[..3], [255, 0, 1]);
        assert_eq!(at(1)[..4], 0.5_f32.to_le_bytes());
        assert_eq!(at(1)[4..8], (-2.0_f32).to_le_bytes());
        assert_eq!(header["arrays"][1]["shape"], json!([1, 2]));
    }

    fn pixels(header: &str, bytes: usize) -> Vec<u8> {
        let mut packet = (Kind::Pixels as u32).to_le_bytes().to_vec();
        packet.extend((header.len() as u32).to_le_bytes());
        packet.extend(header.as_bytes());
        packet.resize(padded(packet.len()) + bytes, 9);
        packet
    }

    #[test]
    fn pixels_are_taken_whole_or_refused() {
        let good = r#"{"number":1,"source":"pad","width":2,"height":3}"#;
        let parsed = Pixels::parse(&pixels(good, 24)).unwrap();
        assert_eq!((parsed.width, parsed.height), (2, 3));
        assert_eq!(parsed.rgba, [9; 24]);
        for bytes in [0, 23, 25, 4096] {
            assert!(matches!(
                Pixels::parse(&pixels(good, bytes)),
                Err(PacketError::Length { need_bytes: 24, .. })
            ));
        }
        let huge = r#"{"number":1,"source":"","width":1000000,"height":1000000}"#;
        assert!(matches!(
            Pixels::parse(&pixels(huge, 4)),
            Err(PacketError::Size { .. })
        ));
        let empty = r#"{"number":1,"source":"","width":0,"height":3}"#;
        assert!(matches!(
            Pixels::parse(&pixels(empty, 0)),
            Err(PacketError::Size { .. })
        ));
        assert!(matches!(
            Pixels::parse(&pixels(r#"{"number":1}"#, 4)),
            Err(PacketError::Header(_))
        ));
    }

    #[test]
    fn every_cut_of_a_packet_is_refused() {
        let good = pixels(r#"{"number":1,"source":"pad","width":2,"height":1}"#, 8);
        assert!(Pixels::parse(&good).is_ok());
        for length in 0..good.len() {
            assert!(Pixels::parse(&good[..length]).is_err(), "{length}");
        }
        let mut long = good;
        long[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Pixels::parse(&long).is_err());
    }

    #[test]
    fn a_file_is_taken_as_it_is() {
        let header = r#"{"number":3,"source":"a.png"}"#;
        let mut packet = pixels(header, 5);
        packet[0] = Kind::File as u8;
        let FromPage::File(file) = FromPage::parse(&packet.clone().into()).unwrap() else {
            panic!("it is a file");
        };
        assert_eq!((file.number, file.source.as_str()), (3, "a.png"));
        assert_eq!(file.bytes, [9; 5][..]);
        for length in 0..8 + header.len() {
            let cut = Bytes::copy_from_slice(&packet[..length]);
            assert!(FromPage::parse(&cut).is_err(), "{length}");
        }
        packet.resize(packet.len() + FILE_BYTES_MAX, 0);
        assert!(FromPage::parse(&packet.into()).is_err());
    }
}
