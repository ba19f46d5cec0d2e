//! The IDX format of the MNIST files: big-endian, gzip around it.
//!
//! ```text
//! byte  0  1     2        3       4..             4 + 4·rank..
//!       0  0  type=0x08  rank   rank × u32 sizes   product(sizes) bytes
//! ```

use std::io::{Read, Write};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use thiserror::Error;

/// Bytes of unsigned pixels or labels and the sizes of their dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxArray {
    /// Slowest dimension first: `[count, height, width]` or `[count]`.
    pub sizes: Vec<usize>,
    /// Row-major values, as many as the product of `sizes`.
    pub values: Vec<u8>,
}

/// Why bytes are not an IDX file of unsigned bytes.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The gzip layer is damaged or not there.
    #[error("not a readable gzip file")]
    Gzip(#[source] std::io::Error),
    /// The first four bytes name another type or rank.
    #[error("magic number {found:#010x}, expected {expected:#010x}")]
    Magic {
        /// What the file says.
        found: u32,
        /// Unsigned bytes of the rank that was asked for.
        expected: u32,
    },
    /// Fewer or more bytes than the header announces.
    #[error("{have_bytes} bytes after decompression, the header announces {need_bytes}")]
    Length {
        /// Bytes there are, header included.
        have_bytes: usize,
        /// Bytes there should be, header included.
        need_bytes: usize,
    },
}

/// Reads a gzipped IDX file of unsigned bytes with `rank` dimensions.
///
/// # Errors
///
/// Damaged gzip, another magic number, or a length that the header contradicts.
pub fn parse_gz(gz: &[u8], rank: usize) -> Result<IdxArray, IdxError> {
    let mut bytes = Vec::new();
    GzDecoder::new(gz)
        .read_to_end(&mut bytes)
        .map_err(IdxError::Gzip)?;
    parse(&bytes, rank)
}

fn parse(bytes: &[u8], rank: usize) -> Result<IdxArray, IdxError> {
    let header_bytes = 4 + 4 * rank;
    let Some((header, values)) = bytes.split_at_checked(header_bytes) else {
        return Err(IdxError::Length {
            have_bytes: bytes.len(),
            need_bytes: header_bytes,
        });
    };
    let mut words = header
        .chunks_exact(4)
        .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]));
    let found = words.next().unwrap_or_default();
    let expected = magic(rank);
    if found != expected {
        return Err(IdxError::Magic { found, expected });
    }
    let sizes: Vec<usize> = words.map(|size| size as usize).collect();
    let count = sizes.iter().fold(1_usize, |a, &b| a.saturating_mul(b));
    if values.len() != count {
        return Err(IdxError::Length {
            have_bytes: bytes.len(),
            need_bytes: header_bytes.saturating_add(count),
        });
    }
    Ok(IdxArray {
        sizes,
        values: values.to_vec(),
    })
}

/// Writes a gzipped IDX file; the same array always gives the same bytes.
///
/// # Errors
///
/// Only those of writing to memory.
pub fn emit_gz(array: &IdxArray) -> std::io::Result<Vec<u8>> {
    // No file name and no time in the gzip header, so that the bytes repeat.
    let mut gz = GzBuilder::new().write(Vec::new(), Compression::best());
    gz.write_all(&magic(array.sizes.len()).to_be_bytes())?;
    for &size in &array.sizes {
        gz.write_all(&(size as u32).to_be_bytes())?;
    }
    gz.write_all(&array.values)?;
    gz.finish()
}

/// Type 0x08 (unsigned byte) and the rank, as the file's first word.
fn magic(rank: usize) -> u32 {
    0x0800 | rank as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> IdxArray {
        IdxArray {
            sizes: vec![2, 1, 3],
            values: vec![1, 2, 3, 4, 5, 6],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let gz = emit_gz(&sample()).unwrap();
        assert_eq!(parse_gz(&gz, 3).unwrap(), sample());
        assert_eq!(emit_gz(&sample()).unwrap(), gz);
    }

    #[test]
    fn another_rank_is_named() {
        let gz = emit_gz(&sample()).unwrap();
        let error = parse_gz(&gz, 1).unwrap_err().to_string();
        assert_eq!(error, "magic number 0x00000803, expected 0x00000801");
    }

    #[test]
    fn a_missing_byte_is_counted() {
        let mut array = sample();
        array.values.pop();
        let error = parse_gz(&emit_gz(&array).unwrap(), 3).unwrap_err();
        assert!(matches!(
            error,
            IdxError::Length {
                have_bytes: 21,
                need_bytes: 22
            }
        ));
    }

    #[test]
    fn plain_bytes_are_not_gzip() {
        assert!(matches!(parse_gz(b"plain", 1), Err(IdxError::Gzip(_))));
    }
}
