//! `.npy` files (NumPy's format, version 1): what a header says of the elements, and writing.
//!
//! ```text
//! byte  0        6     7     8                10
//!       \x93NUMPY  1     0     length, u16 LE   {'descr': '<f4', … } and spaces to 64 bytes, a line feed
//! ```

use std::fmt;
use std::io::{self, Write};

/// Bytes whose multiple the header's length is.
const ALIGNMENT: usize = 64;
/// Bytes before the header's text.
const BEFORE_TEXT: usize = 10;

/// Which index of an array moves fastest in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// The last one.
    C,
    /// The first one.
    Fortran,
}

/// The name of a type of elements, as in `<f4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    text: String,
    /// The letter of the kind: `b`, `i`, `u` and `f` for truth values, whole numbers,
    /// those from 0 and floating point; others for what is no number.
    pub(crate) kind: char,
    /// Bytes of an element; 0 where the name has no number.
    pub(crate) bytes: usize,
    /// Whether the most significant byte comes first.
    pub(crate) is_big_endian: bool,
}

impl TypeName {
    /// Reads a name; none where it has not the form of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut signs = text.chars();
        let order = signs.next().filter(|order| "<>|".contains(*order))?;
        let kind = signs.next().filter(char::is_ascii_alphabetic)?;
        // A unit of time follows in brackets.
        let digits = signs.as_str().split('[').next().unwrap_or_default();
        let bytes = if digits.is_empty() {
            0
        } else {
            digits.parse().ok()?
        };
        let has_order = bytes < 2 || !"iufcmMU".contains(kind) || order != '|';
        has_order.then(|| Self {
            text: text.to_owned(),
            kind,
            bytes,
            is_big_endian: order == '>',
        })
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A number that an array's file may be of.
pub trait ArrayValue: bytemuck::NoUninit {
    /// NumPy's letter for its kind.
    const KIND: char;
}

macro_rules! array_values {
    ($($kind:literal: $($number:ty),+;)+) => {
        $($(impl ArrayValue for $number {
            const KIND: char = $kind;
        })+)+
    };
}

array_values! {
    'b': bool;
    'f': f32, f64;
    'i': i8, i16, i32, i64;
    'u': u8, u16, u32, u64;
}

/// Writes the array `values`, stored as `storage` says, of sizes `shape`, slowest first in C order.
///
/// # Errors
/// `out` refuses, or `values` are not as many as `shape` says.
pub(crate) fn emit<T: ArrayValue>(
    out: &mut dyn Write,
    shape: &[u64],
    storage: Storage,
    values: &[T],
) -> io::Result<()> {
    if shape.iter().product::<u64>() != values.len() as u64 {
        let reason = format!("{} values do not fill an array of {shape:?}", values.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    emit_header(out, shape, storage, (T::KIND, size_of::<T>()))?;
    out.write_all(bytemuck::cast_slice(values))
}

/// Writes the header; it names this machine's order of bytes.
fn emit_header(
    out: &mut dyn Write,
    shape: &[u64],
    storage: Storage,
    (kind, bytes): (char, usize),
) -> io::Result<()> {
    let order = match bytes {
        1 => '|',
        _ if cfg!(target_endian = "big") => '>',
        _ => '<',
    };
    let is_fortran = match storage {
        Storage::C => "False",
        Storage::Fortran => "True",
    };
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let text = format!(
        "{{'descr': '{order}{kind}{bytes}', 'fortran_order': {is_fortran}, 'shape': ({sizes}), }}"
    );
    let whole = (BEFORE_TEXT + text.len() + 1).next_multiple_of(ALIGNMENT);
    let length = whole - BEFORE_TEXT;
    let announced = u16::try_from(length).map_err(|_| {
        let reason = format!("{} sizes are more than a header holds", shape.len());
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    })?;
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&announced.to_le_bytes())?;
    writeln!(out, "{text:<width$}", width = length - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NumPy 2.4 reads this as `array([[1., 2.]], dtype=float32)`.
    #[test]
    fn a_file_is_as_the_format_says() {
        let mut bytes = Vec::new();
        emit(&mut bytes, &[1, 2], Storage::C, &[1.0_f32, 2.0]).unwrap();
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, ), }";
        let expected = [
            &b"\x93NUMPY\x01\x00\x76\x00"[..],
            text.as_bytes(),
            &[b' '; 0x76 - 1 - 61],
            b"\n\0\0\x80\x3f\0\0\0\x40",
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn a_header_fills_whole_blocks() {
        for rank in 0..64 {
            let mut bytes = Vec::new();
            emit(&mut bytes, &vec![1; rank], Storage::Fortran, &[7_u8]).unwrap();
            let text = bytes.len() - 1 - BEFORE_TEXT;
            assert_eq!(bytes[8..10], (text as u16).to_le_bytes());
            assert_eq!((bytes.len() - 1) % ALIGNMENT, 0);
            assert_eq!(bytes[bytes.len() - 2..], [b'\n', 7]);
        }
    }

    #[test]
    fn too_few_values_are_refused() {
        let error = emit(&mut Vec::new(), &[3], Storage::C, &[1_i64]).unwrap_err();
        assert!(error.to_string().contains("[3]"), "{error}");
    }

    #[test]
    fn names_of_types_are_taken_apart() {
        let parts = |text| {
            let name = TypeName::parse(text)?;
            assert_eq!(name.to_string(), text);
            Some((name.kind, name.bytes, name.is_big_endian))
        };
        assert_eq!(parts("<f4"), Some(('f', 4, false)));
        assert_eq!(parts(">i8"), Some(('i', 8, true)));
        assert_eq!(parts("|u1"), Some(('u', 1, false)));
        assert_eq!(parts("|b1"), Some(('b', 1, false)));
        assert_eq!(parts("|V2"), Some(('V', 2, false)));
        assert_eq!(parts("|O"), Some(('O', 0, false)));
        assert_eq!(parts("<M8[ns]"), Some(('M', 8, false)));
        for text in ["", "<", "f4", "|f4", "<4f", "<f4x", "<f-4", "=f4"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
