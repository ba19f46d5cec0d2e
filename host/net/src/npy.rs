//! NumPy's `.npy` format, versions 1 to 3: a header in text, then the numbers.
//!
//! ```text
//! 93 'N' 'U' 'M' 'P' 'Y'  major minor  length of the text: u16, from version 2 on u32
//! {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   spaces  newline
//! numbers, as they lie in memory
//! ```
//!
//! Source: `numpy.lib.format` in NumPy's documentation. The crates for it bring a
//! grammar compiler, for a header of three keys.

mod header;

use std::io::{self, Write};

pub use header::Header;

/// Where the numbers of a file start, as NumPy aligns them.
const ALIGNMENT: usize = 64;

/// What every file starts with.
const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// A number that is written as one element.
pub trait Element: Copy {
    /// What the header calls it.
    const DESCR: &'static str;

    /// Appends it as it lies in a file.
    fn emit(self, into: &mut Vec<u8>);
}

macro_rules! element {
    ($number:ty, $descr:literal) => {
        impl Element for $number {
            const DESCR: &'static str = $descr;

            fn emit(self, into: &mut Vec<u8>) {
                into.extend(self.to_le_bytes());
            }
        }
    };
}
element!(f32, "<f4");
element!(f64, "<f8");
element!(i32, "<i4");
element!(i64, "<i8");
element!(u8, "|u1");
element!(i8, "|i1");

/// Takes a file apart: what its header says, and the bytes of its numbers.
///
/// # Errors
/// It is no `.npy` file, or its header is cut short or says something else than a type,
/// an order and a shape.
pub fn parse(file: &[u8]) -> io::Result<(Header, &[u8])> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let rest = file
        .strip_prefix(MAGIC)
        .ok_or_else(|| invalid("it does not start as a .npy file does"))?;
    let (length, rest) = match rest {
        [1, _, low, high, rest @ ..] => (u32::from(u16::from_le_bytes([*low, *high])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), rest),
        _ => return Err(invalid("its version is not 1, 2 or 3, or it is cut short")),
    };
    let (text, numbers) = rest
        .split_at_checked(length as usize)
        .ok_or_else(|| invalid("its header is cut short"))?;
    let header = std::str::from_utf8(text).ok().and_then(Header::parse);
    let header = header.ok_or_else(|| invalid("its header has no type, order and shape"))?;
    Ok((header, numbers))
}

/// Writes an array in C order.
///
/// # Errors
/// What `into` says.
///
/// # Panics
/// There are not as many values as the product of `shape`.
pub fn emit<T: Element>(mut into: impl Write, shape: &[u64], values: &[T]) -> io::Result<()> {
    assert_eq!(shape.iter().product::<u64>(), values.len() as u64);
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut text = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
        T::DESCR,
        // Python reads (2) as a number and (2,) as a shape.
        if shape.len() == 1 {
            sizes.trim_end()
        } else {
            sizes.trim_end_matches(", ")
        }
    );
    let before = MAGIC.len() + 4;
    let end = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', end - 1 - before - text.len()));
    text.push('\n');
    let length = u16::try_from(text.len())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a shape of too many sizes"))?;
    into.write_all(MAGIC)?;
    into.write_all(&[1, 0])?;
    into.write_all(&length.to_le_bytes())?;
    into.write_all(text.as_bytes())?;
    let mut bytes = Vec::with_capacity(size_of_val(values));
    for &value in values {
        value.emit(&mut bytes);
    }
    into.write_all(&bytes)?;
    into.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.save` of `numpy.array([[1.5], [-2]], dtype='f4')`, NumPy 2.
    const BY_NUMPY: &[u8] = b"\x93NUMPY\x01\0\x76\0{'descr': '<f4', 'fortran_order': False, \
        'shape': (2, 1), }                                                          \n\
        \0\0\xc0\x3f\0\0\0\xc0";

    #[test]
    fn files_are_written_as_numpy_writes_them() {
        let mut file = Vec::new();
        emit(&mut file, &[2, 1], &[1.5_f32, -2.0]).unwrap();
        assert_eq!(file, BY_NUMPY);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for shape in [&[][..], &[1], &[1, 1, 1]] {
            let mut file = Vec::new();
            emit(&mut file, shape, &[7_i32]).unwrap();
            let (header, numbers) = parse(&file).unwrap();
            assert_eq!(header.descr, "<i4");
            assert_eq!(header.shape, shape);
            assert!(!header.is_fortran_order);
            assert_eq!(numbers, 7_i32.to_le_bytes());
            assert_eq!((file.len() - numbers.len()) % ALIGNMENT, 0);
        }
    }

    #[test]
    fn the_later_versions_have_a_longer_length() {
        let mut file = b"\x93NUMPY\x02\0\x76\0\0\0".to_vec();
        file.extend(&BY_NUMPY[10..]);
        let (header, numbers) = parse(&file).unwrap();
        assert_eq!(header.shape, [2, 1]);
        assert_eq!(numbers, &BY_NUMPY[128..]);
        file[6] = 4;
        assert!(parse(&file).is_err());
    }

    #[test]
    fn a_file_that_is_cut_short_is_refused() {
        for length in 0..128 {
            assert!(parse(&BY_NUMPY[..length]).is_err(), "{length} bytes");
        }
    }
}
