//! Arrays of numbers from NumPy's files: `FILE.npy`, or `FILE.npz:NAME`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use npyz::{DType, NpyFile, Order, TypeChar};

use super::DataError;

/// An array in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberArray {
    /// What the user wrote.
    pub name: String,
    /// Sizes, slowest first.
    pub shape: Vec<usize>,
    /// As many values as the product of `shape`.
    pub values: Vec<f64>,
    /// Whether the file holds bytes without a sign: pixels.
    pub is_u8: bool,
    /// Whether the file holds floating-point numbers.
    pub is_float: bool,
}

/// Values that are read at once: 1 GiB as f64.
const MOST_VALUES: usize = 1 << 27;

impl NumberArray {
    /// Whether `name` is that of an array: it ends in `.npy` or `.npz`, or has `.npz:`.
    pub fn is_named(name: &str) -> bool {
        name.ends_with(".npy") || name.ends_with(".npz") || name.contains(".npz:")
    }

    /// Reads `FILE.npy` or `FILE.npz:NAME`; the name may be left out where there is one
    /// array only.
    ///
    /// # Errors
    /// [`DataError`]: which file, what is wrong with it.
    pub fn open(name: &str) -> Result<Self, DataError> {
        let (path, key) = match name.find(".npz:") {
            Some(at) => (&name[..at + 4], Some(&name[at + 5..])),
            None => (name, None),
        };
        let path = Path::new(path);
        let read_error = |source| DataError::Read {
            path: path.to_owned(),
            source,
        };
        let file = BufReader::new(File::open(path).map_err(read_error)?);
        if path.extension().is_some_and(|extension| extension == "npz") {
            let mut archive = zip::ZipArchive::new(file).map_err(archive_error(path))?;
            let mut keys: Vec<String> = archive
                .file_names()
                .filter_map(|file| file.strip_suffix(".npy").map(str::to_owned))
                .collect();
            keys.sort();
            let key = match (key, keys.as_slice()) {
                (Some(key), _) if keys.iter().any(|have| have == key) => key,
                (None, [only]) => only,
                _ => {
                    let path = path.to_owned();
                    return Err(DataError::Key { path, keys });
                }
            };
            let member = archive
                .by_name(&format!("{key}.npy"))
                .map_err(archive_error(path))?;
            Self::read(name, member).map_err(|error| error.or_read(path))
        } else {
            Self::read(name, file).map_err(|error| error.or_read(path))
        }
    }

    fn read(name: &str, reader: impl Read) -> Result<Self, ArrayError> {
        let file = NpyFile::new(reader)?;
        let sizes = file.shape().to_vec();
        let DType::Plain(element) = file.dtype() else {
            return Err(elements(name, file.dtype().descr()));
        };
        let count = sizes.iter().try_fold(1_u64, |a, &b| a.checked_mul(b));
        let count = count.and_then(|count| usize::try_from(count).ok());
        let Some(count) = count.filter(|&count| count <= MOST_VALUES) else {
            return Err(ArrayError::Data(DataError::Size {
                name: name.to_owned(),
                shape: sizes,
                limit: MOST_VALUES,
            }));
        };
        let order = file.order();
        let kind = (element.type_char(), element.size_field());
        let values = match kind {
            (TypeChar::Float, 4) => collect::<f32, _>(file, count, f64::from)?,
            (TypeChar::Float, 8) => collect::<f64, _>(file, count, |value| value)?,
            (TypeChar::Uint, 1) => collect::<u8, _>(file, count, f64::from)?,
            (TypeChar::Uint, 2) => collect::<u16, _>(file, count, f64::from)?,
            (TypeChar::Uint, 4) => collect::<u32, _>(file, count, f64::from)?,
            (TypeChar::Uint, 8) => collect::<u64, _>(file, count, |value| value as f64)?,
            (TypeChar::Int, 1) => collect::<i8, _>(file, count, f64::from)?,
            (TypeChar::Int, 2) => collect::<i16, _>(file, count, f64::from)?,
            (TypeChar::Int, 4) => collect::<i32, _>(file, count, f64::from)?,
            (TypeChar::Int, 8) => collect::<i64, _>(file, count, |value| value as f64)?,
            (TypeChar::Bool, 1) => collect::<bool, _>(file, count, f64::from)?,
            _ => return Err(elements(name, element.to_string())),
        };
        let shape: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
        let values = match order {
            Order::C => values,
            Order::Fortran => by_rows(&values, &shape),
        };
        Ok(Self {
            name: name.to_owned(),
            shape,
            values,
            is_u8: kind == (TypeChar::Uint, 1),
            is_float: kind.0 == TypeChar::Float,
        })
    }

    /// The error that this array has another shape than `wanted`.
    pub fn refuse(&self, wanted: impl Into<String>) -> DataError {
        DataError::Shape {
            name: self.name.clone(),
            found: self.shape.clone(),
            wanted: wanted.into(),
        }
    }
}

/// An error of an archive as one of data.
pub(super) fn archive_error(path: &Path) -> impl FnOnce(zip::result::ZipError) -> DataError {
    let path = path.to_owned();
    |source| DataError::Archive { path, source }
}

/// An error in a file whose path is not known yet.
enum ArrayError {
    Read(std::io::Error),
    Data(DataError),
}

impl ArrayError {
    fn or_read(self, path: &Path) -> DataError {
        match self {
            Self::Read(source) => DataError::Read {
                path: PathBuf::from(path),
                source,
            },
            Self::Data(error) => error,
        }
    }
}

impl From<std::io::Error> for ArrayError {
    fn from(error: std::io::Error) -> Self {
        Self::Read(error)
    }
}

fn elements(name: &str, found: String) -> ArrayError {
    ArrayError::Data(DataError::Elements {
        name: name.to_owned(),
        found,
    })
}

/// The numbers of a file; memory grows with what is there, not with what is announced.
fn collect<T: npyz::Deserialize, R: Read>(
    file: NpyFile<R>,
    count: usize,
    convert: impl Fn(T) -> f64,
) -> std::io::Result<Vec<f64>> {
    let data = file
        .data::<T>()
        .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?;
    let values: Vec<f64> = data
        .map(|value| value.map(&convert))
        .collect::<Result<_, _>>()?;
    if values.len() == count {
        Ok(values)
    } else {
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

/// Numbers whose first index moves fastest, with the last index fastest.
fn by_rows(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1, |stride, &size| {
            let own = *stride;
            *stride *= size;
            Some(own)
        })
        .collect();
    let mut index = vec![0; shape.len()];
    let mut turned = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let at: usize = index
            .iter()
            .zip(&strides)
            .map(|(i, stride)| i * stride)
            .sum();
        turned.push(values[at]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::WriterBuilder;
    use std::io::Write;

    fn npy<T: npyz::AutoSerialize + Copy>(shape: &[u64], values: &[T], order: Order) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(shape)
            .order(order)
            .writer(&mut bytes)
            .begin_nd()
            .unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn saved(bytes: &[u8], name: &str) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (dir, path.display().to_string())
    }

    #[test]
    fn both_orders_give_the_same_array() {
        let (_dir, c) = saved(&npy(&[2, 3], &[1_i64, 2, 3, 4, 5, 6], Order::C), "a.npy");
        let fortran = npy(&[2, 3], &[1_i64, 4, 2, 5, 3, 6], Order::Fortran);
        let (_other, fortran) = saved(&fortran, "a.npy");
        let (c, fortran) = (NumberArray::open(&c), NumberArray::open(&fortran));
        assert_eq!(c.unwrap().values, fortran.unwrap().values);
    }

    #[test]
    fn an_array_of_an_archive_is_named() {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options =
            zip::write::FileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (key, value) in [("first", 1_u8), ("second", 2)] {
            archive.start_file(format!("{key}.npy"), options).unwrap();
            archive.write_all(&npy(&[1], &[value], Order::C)).unwrap();
        }
        let (_dir, path) = saved(&archive.finish().unwrap().into_inner(), "a.npz");
        let second = NumberArray::open(&format!("{path}:second")).unwrap();
        assert_eq!((second.values, second.is_u8), (vec![2.0], true));
        for name in [path.clone(), format!("{path}:third")] {
            let error = NumberArray::open(&name).unwrap_err().to_string();
            assert!(error.contains("first, second"), "{error}");
        }
    }

    #[test]
    fn a_file_that_ends_early_is_refused() {
        let whole = npy(&[4], &[1.0_f64, 2.0, 3.0, 4.0], Order::C);
        let huge = npy(&[1], &[1.0_f64], Order::C);
        let at = huge.windows(3).position(|w| w == b"(1,").unwrap();
        let mut huge = huge;
        // The header has spaces to its end: more digits fit in their place.
        huge.splice(at + 1..at + 2, *b"9999999999");
        huge.drain(huge.iter().rposition(|&b| b == b' ').unwrap() - 8..)
            .count();
        for bytes in [&whole[..whole.len() - 1], &huge] {
            let (_dir, path) = saved(bytes, "a.npy");
            assert!(NumberArray::open(&path).is_err());
        }
    }
}
