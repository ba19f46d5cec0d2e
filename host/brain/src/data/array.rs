//! Arrays of numbers from NumPy's files: `FILE.npy`, or `FILE.npz:NAME`.

use cortexscope_net::input::array::{ArrayFile, Number};

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

impl NumberArray {
    /// Reads `FILE.npy` or `FILE.npz:NAME`; the name may be left out where there is one
    /// array only.
    ///
    /// # Errors
    /// [`DataError`]: which file, what is wrong with it.
    pub fn open(name: &str) -> Result<Self, DataError> {
        if !ArrayFile::is_named(name) {
            let name = name.to_owned();
            return Err(DataError::NotAnArray { name });
        }
        let file = ArrayFile::named(name)?;
        let values = file.numbers()?;
        let (number, bytes) = (file.element.number, file.element.bytes);
        Ok(Self {
            name: name.to_owned(),
            shape: file.shape,
            values,
            is_u8: (number, bytes) == (Number::Unsigned, 1),
            is_float: number == Number::Float,
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

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::RequestError;

    #[test]
    fn counts_pixels_and_rates_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let name = path.display().to_string();
        let open = || NumberArray::open(&name).unwrap();
        cortexscope_net::output::npy(&path, &[2, 1], &[3_u8, 255]).unwrap();
        assert_eq!((open().is_u8, open().is_float), (true, false));
        assert_eq!(
            (open().shape, open().values),
            (vec![2, 1], vec![3.0, 255.0])
        );
        cortexscope_net::output::npy(&path, &[1], &[-1_i64]).unwrap();
        assert_eq!((open().is_u8, open().is_float), (false, false));
        // More digits than f32 has.
        cortexscope_net::output::npy(&path, &[1], &[0.1_f64]).unwrap();
        assert_eq!((open().values, open().is_float), (vec![0.1], true));
    }

    #[test]
    fn a_file_that_is_not_there_is_a_wrong_request() {
        for name in [
            "missing.npy",
            "missing.npz:key",
            "missing.npz",
            "picture.png",
        ] {
            let error = NumberArray::open(name).unwrap_err();
            assert!(error.is_request(), "{name}: {error}");
        }
    }
}
