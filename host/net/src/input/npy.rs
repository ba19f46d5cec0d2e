//! Arrays in NumPy's `.npy` format, taken as they are.

use std::path::{Path, PathBuf};

use npyz::{DType, NpyFile, Order, TypeChar};
use thiserror::Error;

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
        let file = NpyFile::new(bytes.as_slice()).map_err(read_error)?;
        let header = file.shape().to_vec();
        let DType::Plain(element) = file.dtype() else {
            return Err(elements_error(path, file.dtype().descr()));
        };
        if file.order() != Order::C {
            return Err(elements_error(path, "in Fortran order".to_owned()));
        }
        let count = header.iter().try_fold(1_u64, |a, &b| a.checked_mul(b));
        let enough = count
            .and_then(|count| count.checked_mul(element.size_field()))
            .is_some_and(|need| need <= file_bytes);
        if !enough {
            return Err(NpyError::Size {
                path: path.to_owned(),
                shape: header,
                file_bytes,
            });
        }
        let values = match (element.type_char(), element.size_field()) {
            (TypeChar::Float, 4) => file.into_vec::<f32>(),
            (TypeChar::Float, 8) => into_f32s::<f64>(file, |value| value as f32),
            (TypeChar::Uint, 1) => into_f32s::<u8>(file, f32::from),
            (TypeChar::Int, 1) => into_f32s::<i8>(file, f32::from),
            _ => return Err(elements_error(path, element.to_string())),
        };
        let shape = header.iter().map(|&size| size as usize).collect();
        let values = values.map_err(read_error)?;
        let is_int8 = element.type_char() == TypeChar::Int;
        Ok(Self {
            shape,
            values,
            is_int8,
        })
    }

    /// The inputs `[C, H, W]` in an array that is one of them or a stack.
    ///
    /// Sizes of 1 may be there or not, and channels may come last, `[H, W, C]` or `[T, C]`.
    ///
    /// # Errors
    /// The array has another shape; `path` is named in the error.
    pub fn into_inputs(self, shape: [usize; 3], path: &Path) -> Result<Vec<Vec<f32>>, NpyError> {
        let [channels, height, width] = shape;
        let size = channels * height * width;
        let wide = |sizes: &[usize]| -> Vec<usize> {
            sizes.iter().copied().filter(|&size| size != 1).collect()
        };
        let (first, last) = (wide(&shape), wide(&[height, width, channels]));
        let fits = |found: &[usize]| {
            let found = wide(found);
            found == first || found == last
        };
        let stacked = self.shape.split_first().filter(|(_, rest)| fits(rest));
        let is_one = !self.shape.is_empty() && fits(&self.shape);
        let one = is_one.then_some(self.shape.as_slice());
        let Some(found) = one.or(stacked.map(|(_, rest)| rest)).filter(|_| size > 0) else {
            return Err(NpyError::Shape {
                path: path.to_owned(),
                found: self.shape,
                expected: shape,
            });
        };
        let is_last = wide(found) != first;
        let input = |values: &[f32]| -> Vec<f32> {
            if !is_last {
                return values.to_vec();
            }
            let plane = |channel: usize| values.iter().skip(channel).step_by(channels).copied();
            (0..channels).flat_map(plane).collect()
        };
        Ok(self.values.chunks_exact(size).map(input).collect())
    }
}

fn into_f32s<T: npyz::Deserialize>(
    file: NpyFile<&[u8]>,
    convert: impl Fn(T) -> f32,
) -> std::io::Result<Vec<f32>> {
    Ok(file.into_vec::<T>()?.into_iter().map(convert).collect())
}

fn elements_error(path: &Path, found: String) -> NpyError {
    NpyError::Elements {
        path: path.to_owned(),
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::WriterBuilder;

    fn written<T: npyz::AutoSerialize + Copy>(shape: &[u64], values: &[T]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(shape)
            .writer(&mut bytes)
            .begin_nd()
            .unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
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
        assert_eq!(inputs(&[40, 6], [1, 1, 6]).unwrap().len(), 40);
        assert_eq!(inputs(&[6], [1, 1, 6]).unwrap().len(), 1);
        assert!(inputs(&[2, 3], [3, 2, 3]).is_err());
        assert!(inputs(&[], [1, 1, 1]).is_err());
    }

    #[test]
    fn channels_may_come_last() {
        let window = Array {
            shape: vec![2, 3, 2],
            values: (0..12_u8).map(f32::from).collect(),
            is_int8: false,
        };
        let inputs = window.into_inputs([2, 1, 3], Path::new("a.npy")).unwrap();
        assert_eq!(inputs[0], [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(inputs[1], [6.0, 8.0, 10.0, 7.0, 9.0, 11.0]);
    }
}
