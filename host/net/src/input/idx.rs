//! The IDX format of the MNIST files: big-endian, with or without gzip.
//!
//! ```text
//! byte  0  1     2        3       4..             4 + 4·rank..
//!       0  0  type=0x08  rank   rank × u32 sizes   product(sizes) bytes
//! ```

use std::io::{self, Read, Write};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use thiserror::Error;

/// Bytes that an IDX array may have.
pub const MAX_BYTES: usize = 1 << 30;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Bytes of unsigned pixels or labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdxArray<const RANK: usize> {
    /// Slowest dimension first: `[count, height, width]` or `[count]`.
    pub sizes: [usize; RANK],
    /// Row-major values, as many as the product of `sizes`.
    pub values: Vec<u8>,
}

/// Why bytes are not an IDX file of unsigned bytes.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file ends early, or its gzip layer is damaged.
    #[error("cannot be read to its end: {0}")]
    Read(#[from] io::Error),
    /// The first four bytes name another type or rank.
    #[error("magic number {found:#010x}, expected {expected:#010x}")]
    Magic {
        /// What the file says.
        found: u32,
        /// Unsigned bytes of the rank that was asked for.
        expected: u32,
    },
    /// The header announces more than [`MAX_BYTES`].
    #[error("the header announces {sizes:?}, more than {MAX_BYTES} bytes")]
    TooLarge {
        /// The sizes in the header.
        sizes: Vec<usize>,
    },
    /// Bytes are left over, or missing.
    #[error("{have_bytes} bytes of data, the header announces {need_bytes}")]
    Length {
        /// Bytes there are; at most one more than announced is read.
        have_bytes: usize,
        /// Bytes there should be.
        need_bytes: usize,
    },
}

/// Reads an IDX file of unsigned bytes with `RANK` dimensions, gzipped or not.
///
/// # Errors
/// Damaged gzip, another magic number, a size beyond [`MAX_BYTES`], or a length
/// that the header contradicts.
pub fn parse<const RANK: usize>(bytes: &[u8]) -> Result<IdxArray<RANK>, IdxError> {
    if bytes.starts_with(&GZIP_MAGIC) {
        parse_stream(GzDecoder::new(bytes))
    } else {
        parse_stream(bytes)
    }
}

fn parse_stream<const RANK: usize>(mut stream: impl Read) -> Result<IdxArray<RANK>, IdxError> {
    let expected = magic(RANK);
    let found = read_u32(&mut stream)?;
    if found != expected {
        return Err(IdxError::Magic { found, expected });
    }
    let mut sizes = [0; RANK];
    for size in &mut sizes {
        *size = read_u32(&mut stream)? as usize;
    }
    let need_bytes = sizes
        .iter()
        .try_fold(1_usize, |a, &b| a.checked_mul(b))
        .filter(|&bytes| bytes <= MAX_BYTES)
        .ok_or_else(|| IdxError::TooLarge {
            sizes: sizes.to_vec(),
        })?;
    // Grows with what is really there, never with what the header promises.
    let mut values = Vec::new();
    stream
        .take(need_bytes as u64 + 1)
        .read_to_end(&mut values)?;
    let have_bytes = values.len();
    if have_bytes == need_bytes {
        Ok(IdxArray { sizes, values })
    } else {
        Err(IdxError::Length {
            have_bytes,
            need_bytes,
        })
    }
}

/// Writes a gzipped IDX file; the same array always gives the same bytes.
///
/// # Errors
/// A size that does not fit the header's four bytes.
pub fn emit_gz<const RANK: usize>(array: &IdxArray<RANK>) -> io::Result<Vec<u8>> {
    // No file name and no time in the gzip header, so that the bytes repeat.
    let mut gz = GzBuilder::new().write(Vec::new(), Compression::best());
    gz.write_all(&magic(RANK).to_be_bytes())?;
    for &size in &array.sizes {
        let size = u32::try_from(size).map_err(io::Error::other)?;
        gz.write_all(&size.to_be_bytes())?;
    }
    gz.write_all(&array.values)?;
    gz.finish()
}

/// Type 0x08, an unsigned byte, and the rank: the first word of a file.
fn magic(rank: usize) -> u32 {
    0x0800 | rank as u32
}

fn read_u32(stream: &mut impl Read) -> io::Result<u32> {
    let mut word = [0; 4];
    stream.read_exact(&mut word)?;
    Ok(u32::from_be_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;

    const PLAIN: [u8; 22] = [
        0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6,
    ];

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzipped_are_the_same() {
        let array = parse::<3>(&PLAIN).unwrap();
        assert_eq!(array.sizes, [2, 1, 3]);
        assert_eq!(array.values, [1, 2, 3, 4, 5, 6]);
        assert_eq!(parse::<3>(&gzipped(&PLAIN)).unwrap(), array);
    }

    #[test]
    fn what_is_written_is_read_back_and_repeats() {
        let array = parse::<3>(&PLAIN).unwrap();
        let file = emit_gz(&array).unwrap();
        assert_eq!(parse::<3>(&file).unwrap(), array);
        assert_eq!(emit_gz(&array).unwrap(), file);
    }

    #[test]
    fn another_rank_is_named() {
        let error = parse::<1>(&PLAIN).unwrap_err().to_string();
        assert_eq!(error, "magic number 0x00000803, expected 0x00000801");
    }

    #[test]
    fn every_truncation_is_an_error() {
        for length in 0..PLAIN.len() {
            assert!(parse::<3>(&PLAIN[..length]).is_err(), "{length} bytes");
        }
        let whole = gzipped(&PLAIN);
        for length in 0..whole.len() {
            // The last eight bytes are gzip's checksum and length.
            assert!(parse::<3>(&whole[..length]).is_err() || length + 8 >= whole.len());
        }
    }

    #[test]
    fn a_byte_too_many_is_an_error() {
        let longer = [&PLAIN[..], &[7]].concat();
        assert!(matches!(
            parse::<3>(&longer),
            Err(IdxError::Length {
                have_bytes: 7,
                need_bytes: 6
            })
        ));
    }

    #[test]
    fn a_hostile_header_allocates_nothing() {
        let mut hostile = PLAIN;
        hostile[4..16].fill(0xff);
        assert!(matches!(
            parse::<3>(&hostile),
            Err(IdxError::TooLarge { .. })
        ));
    }
}
