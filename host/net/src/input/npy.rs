//! Arrays in NumPy's `.npy` format, taken as they are.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::npy::{self, Header};

/// Bytes that an array file may have.
pub const MAX_BYTES: u64 = 1 << 30;

/// An array of numbers in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes, slowest first.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub values: Vec<f32>,
    /// Whether the file holds int8: a network's own input.
    pub is_int8: bool,
}

/// Why an array cannot be used.
#[derive(Debug, Error)]
pub enum NpyError {
    /// The file cannot be read or is no `.npy` file.
    #[error("cannot read the array {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The file is larger than [`MAX_BYTES`], or announces more than it has.
    #[error("{}: the header announces {shape:?}, the file has {file_bytes} bytes", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        shape: Vec<u64>,
        /// Bytes of the file.
        file_bytes: u64,
    },
    /// The elements are neither `f4`, `f8`, `u1` nor `i1`, or in Fortran order.
    #[error(
        "{}: elements are {found}; float32, float64, uint8 and int8 in C order are read",
        path.display()
    )]
    Elements {
        /// The file.
        path: PathBuf,
        /// What they are.
        found: String,
    },
    /// The array has another shape than the model's input.
    #[error("{}: the array is {found:?}, the model wants {expected:?}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The array's shape.
        found: Vec<usize>,
        /// The model's `[C, H, W]`.
        expected: [usize; 3],
    },
}

impl Array {
    /// Reads a `.npy` file of `f32`, `f64`, `u8` or `i8`.
    ///
    /// # Errors
    /// No such file, another element type, or a header that promises more than
    /// the file has.
    pub fn open(path: &Path) -> Result<Self, NpyError> {
        let read_error = |source| NpyError::Read {
            path: path.to_owned(),
            source,
        };
        let file_bytes = std::fs::metadata(path).map_err(read_error)?.len();
        if file_bytes > MAX_BYTES {
            return Err(NpyError::Size {
                path: path.to_owned(),
                shape: Vec::new(),
                file_bytes,
            });
        }
        let bytes = std::fs::read(path).map_err(read_error)?;
        let (header, numbers) = npy::parse(&bytes).map_err(read_error)?;
        let elements_error = |found| NpyError::Elements {
            path: path.to_owned(),
            found,
        };
        let Some(element) = Element::of(&header) else {
            return Err(elements_error(header.descr));
        };
        if header.is_fortran_order {
            return Err(elements_error("in Fortran order".to_owned()));
        }
        let count = header
            .shape
            .iter()
            .try_fold(1_usize, |all, &size| {
                all.checked_mul(usize::try_from(size).ok()?)
            })
            .and_then(|count| count.checked_mul(element.bytes()));
        let Some(numbers) = count.and_then(|bytes| numbers.get(..bytes)) else {
            return Err(NpyError::Size {
                path: path.to_owned(),
                shape: header.shape,
                file_bytes,
            });
        };
        Ok(Self {
            shape: header.shape.iter().map(|&size| size as usize).collect(),
            values: element.values(numbers),
            is_int8: element == Element::I8,
        })
    }

    /// The inputs `[C, H, W]` in an array that is one of them or a stack.
    ///
    /// Leading sizes of 1 and a missing channel axis of 1 are accepted.
    ///
    /// # Errors
    /// The array has another shape; `path` is named in the error.
    pub fn into_inputs(self, shape: [usize; 3], path: &Path) -> Result<Vec<Vec<f32>>, NpyError> {
        let [channels, height, width] = shape;
        let size = channels * height * width;
        let fits = |found: &[usize]| {
            found == [channels, height, width] || (channels == 1 && found == [height, width])
        };
        let stacked = self.shape.split_first().is_some_and(|(_, rest)| fits(rest));
        if size == 0 || !(fits(&self.shape) || stacked) {
            return Err(NpyError::Shape {
                path: path.to_owned(),
                found: self.shape,
                expected: shape,
            });
        }
        Ok(self
            .values
            .chunks_exact(size)
            .map(<[f32]>::to_vec)
            .collect())
    }
}

/// What an array may hold, little-endian or big-endian.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    F32 { is_big_endian: bool },
    F64 { is_big_endian: bool },
    U8,
    I8,
}

impl Element {
    fn of(header: &Header) -> Option<Self> {
        let order = header.descr.chars().next()?;
        let is_big_endian = order == '>' || (order == '=' && cfg!(target_endian = "big"));
        let kind = header.descr.strip_prefix(['<', '>', '=', '|'])?;
        match kind {
            "f4" => Some(Self::F32 { is_big_endian }),
            "f8" => Some(Self::F64 { is_big_endian }),
            "u1" => Some(Self::U8),
            "i1" => Some(Self::I8),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::F32 { .. } => 4,
            Self::F64 { .. } => 8,
            Self::U8 | Self::I8 => 1,
        }
    }

    fn values(self, numbers: &[u8]) -> Vec<f32> {
        match self {
            Self::F32 { is_big_endian } => {
                let read = if is_big_endian {
                    f32::from_be_bytes
                } else {
                    f32::from_le_bytes
                };
                numbers
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&four| read(four))
                    .collect()
            }
            Self::F64 { is_big_endian } => {
                let read = if is_big_endian {
                    f64::from_be_bytes
                } else {
                    f64::from_le_bytes
                };
                let eights = numbers.as_chunks().0.iter();
                eights.map(|&eight| read(eight) as f32).collect()
            }
            Self::U8 => numbers.iter().map(|&value| f32::from(value)).collect(),
            Self::I8 => {
                let signed = numbers.iter().map(|value| value.cast_signed());
                signed.map(f32::from).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<T: npy::Element>(shape: &[u64], values: &[T]) -> Vec<u8> {
        let mut bytes = Vec::new();
        npy::emit(&mut bytes, shape, values).unwrap();
        bytes
    }

    fn opened(bytes: &[u8]) -> Result<Array, NpyError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("array.npy");
        std::fs::write(&path, bytes).unwrap();
        Array::open(&path)
    }

    #[test]
    fn four_element_types_are_read() {
        for (bytes, is_int8) in [
            (written(&[2, 1], &[3.0_f32, 5.0]), false),
            (written(&[2, 1], &[3.0_f64, 5.0]), false),
            (written(&[2, 1], &[3_u8, 5]), false),
            (written(&[2, 1], &[3_i8, 5]), true),
        ] {
            let expected = Array {
                shape: vec![2, 1],
                values: vec![3.0, 5.0],
                is_int8,
            };
            assert_eq!(opened(&bytes).unwrap(), expected);
        }
        let error = opened(&written(&[1], &[1_i64])).unwrap_err();
        assert!(matches!(error, NpyError::Elements { .. }), "{error}");
    }

    #[test]
    fn both_byte_orders_are_read_and_fortran_order_is_not() {
        let changed = |from: &str, to: &str, values: &[u8]| {
            let mut bytes = written(&[1, 1], &[0.0_f32]);
            let text = String::from_utf8_lossy(&bytes[10..128]).replace(from, to);
            bytes[10..].copy_from_slice(&[&text.as_bytes()[..118], values].concat());
            opened(&bytes)
        };
        let five = 5.0_f32.to_be_bytes();
        assert_eq!(changed("<f4", ">f4", &five).unwrap().values, [5.0]);
        let native = 5.0_f32.to_ne_bytes();
        assert_eq!(changed("<f4", "=f4", &native).unwrap().values, [5.0]);
        let error = changed("False", "True ", &five).unwrap_err();
        assert!(error.to_string().contains("Fortran"), "{error}");
    }

    #[test]
    fn a_header_cannot_promise_more_than_the_file() {
        let mut bytes = written(&[2, 1], &[3.0_f32, 5.0]);
        let at = bytes.windows(3).position(|w| w == b"(2,").unwrap();
        bytes[at + 1] = b'9';
        assert!(opened(&bytes).is_err());
        for length in 0..bytes.len() {
            assert!(opened(&bytes[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn stacks_and_single_inputs_are_told_apart() {
        let array = |shape: &[usize]| Array {
            shape: shape.to_vec(),
            values: vec![0.5; shape.iter().product()],
            is_int8: false,
        };
        let path = Path::new("a.npy");
        let inputs = |shape: &[usize], wanted| array(shape).into_inputs(wanted, path);
        assert_eq!(inputs(&[2, 3], [1, 2, 3]).unwrap().len(), 1);
        assert_eq!(inputs(&[4, 2, 3], [1, 2, 3]).unwrap().len(), 4);
        assert_eq!(inputs(&[4, 1, 2, 3], [1, 2, 3]).unwrap().len(), 4);
        assert_eq!(inputs(&[3, 2, 3], [3, 2, 3]).unwrap().len(), 1);
        assert!(inputs(&[2, 3], [3, 2, 3]).is_err());
        assert!(inputs(&[], [1, 1, 1]).is_err());
    }
}
