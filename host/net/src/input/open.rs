//! From what a user writes, `mnist:18` or a file, to values that fit a model.

use super::mnist::{MnistError, MnistSet};
use super::npy::{Array, NpyError};
use super::picture::{self, PictureError};
use super::spec::InputSpec;
use crate::affine::Affine;
use crate::request::RequestError;
use image::{DynamicImage, GrayImage};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What a board's own camera is called where an input is named.
pub const CAMERA: &str = "camera";

/// One input that fits a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Input<T> {
    /// What the user wrote.
    pub argument: String,
    /// What it is called in messages and file names.
    pub name: String,
    /// `[C, H, W]`.
    pub values: Vec<T>,
    /// The class that it belongs to, where that is known.
    pub label: Option<usize>,
    /// What was done to make it, for the user to read.
    pub notes: Vec<String>,
}

/// An input in a float model's units.
pub type FloatInput = Input<f32>;

/// An input in the steps of a compiled model.
pub type Int8Input = Input<i8>;

/// Why an input cannot be used.
#[derive(Debug, Error)]
pub enum InputError {
    /// What follows `mnist:` is not a number.
    #[error("{argument}: write the number of a digit after mnist:, as in mnist:18")]
    NotANumber {
        /// What the user wrote.
        argument: String,
    },
    /// There is no digit of this number.
    #[error("{argument}: the test digits are mnist:0 to mnist:{last}")]
    NoDigit {
        /// What the user wrote.
        argument: String,
        /// The number of the last digit.
        last: usize,
    },
    /// The camera takes no picture here.
    #[error("camera is the board's own, for `infer` and the live page; give a picture")]
    Camera,
    /// There is no such file.
    #[error(
        "no such file: {}. An input is a picture, a .npy array, or mnist:0 to mnist:9999",
        path.display()
    )]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// An array of several inputs.
    #[error("{} holds {count} inputs: give one", path.display())]
    Several {
        /// The file.
        path: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// An infinite value, or one that is not a number.
    #[error("{}: value {index} is {value}; every value has to be a finite number", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Where the value is.
        index: usize,
        /// The value.
        value: f32,
    },
    /// Steps of a compiled model, for a float model that has none beside it.
    #[error(
        "{} holds int8, the steps of a compiled model, and no compiled model lies beside the float model to say what a step is worth: give the array in float32, or compile the model",
        path.display()
    )]
    Int8 {
        /// The file.
        path: PathBuf,
    },
    /// The file is not an array, or one that does not fit the model.
    #[error(transparent)]
    Array(#[from] NpyError),
    /// The file is not a picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The shipped digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
}

impl RequestError for InputError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Picture(_) | Self::Digits(_))
    }
}

impl FloatInput {
    /// The input that `argument` names, as a float model described by `spec` wants
    /// it: `mnist:0` to `mnist:9999` for a test digit, a `.npy` array in the model's
    /// units, or a picture.
    ///
    /// An array of int8 is in the steps of a compiled model. It is made into the
    /// float model's units by `steps`, the quantisation of the compiled model's
    /// input, and a note says so.
    ///
    /// # Errors
    /// [`InputError`]; for int8 without `steps`, [`InputError::Int8`].
    pub fn open(
        argument: &str,
        spec: &InputSpec,
        steps: Option<Affine>,
    ) -> Result<Self, InputError> {
        let input = match Opened::open(argument, spec)? {
            Opened::Float(input) => return Ok(input),
            Opened::Int8(input) => input,
        };
        let Some(steps) = steps else {
            return Err(InputError::Int8 {
                path: argument.into(),
            });
        };
        let mut input = input.map(|value| steps.dequantise(value));
        input.notes.push(format!(
            "the array holds int8: its values were taken as steps of {} from {}, as in the compiled model",
            steps.scale, steps.zero
        ));
        Ok(input)
    }

    /// A picture, as a float model described by `spec` wants it.
    pub fn of_picture(argument: &str, picture: &DynamicImage, spec: &InputSpec) -> Self {
        let prepared = spec.prepare(picture);
        Self {
            argument: argument.to_owned(),
            name: stem(Path::new(argument)),
            values: prepared.values,
            label: None,
            notes: prepared.notes,
        }
    }
}

impl Int8Input {
    /// The input that `argument` names, as a compiled model wants it whose input is
    /// described by `spec` and quantised by `steps`: as [`FloatInput::open`], and an
    /// array of int8 is taken as it is.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn open(argument: &str, spec: &InputSpec, steps: Affine) -> Result<Self, InputError> {
        Ok(match Opened::open(argument, spec)? {
            Opened::Float(input) => input.map(|value| steps.quantise(value)),
            Opened::Int8(input) => input,
        })
    }

    /// A picture of the board's camera, as [`Int8Input::open`] makes it.
    pub fn captured(picture: GrayImage, spec: &InputSpec, steps: Affine) -> Self {
        let picture = DynamicImage::ImageLuma8(picture);
        FloatInput::of_picture(CAMERA, &picture, spec).map(|value| steps.quantise(value))
    }
}

impl<T> Input<T> {
    fn map<U>(self, convert: impl FnMut(T) -> U) -> Input<U> {
        Input {
            argument: self.argument,
            name: self.name,
            values: self.values.into_iter().map(convert).collect(),
            label: self.label,
            notes: self.notes,
        }
    }
}

/// An input in the units that it was stored in.
enum Opened {
    /// In the float model's units.
    Float(FloatInput),
    /// In the steps of a compiled model.
    Int8(Int8Input),
}

impl Opened {
    fn open(argument: &str, spec: &InputSpec) -> Result<Self, InputError> {
        if let Some(number) = argument.strip_prefix("mnist:") {
            return digit(argument, number, spec).map(Self::Float);
        }
        if argument == CAMERA {
            return Err(InputError::Camera);
        }
        let path = Path::new(argument);
        if !path.is_file() {
            return Err(InputError::NoFile {
                path: path.to_owned(),
            });
        }
        if path.extension().is_some_and(|extension| extension == "npy") {
            return array(path, spec);
        }
        let picture = picture::open(path)?;
        Ok(Self::Float(FloatInput::of_picture(
            argument, &picture, spec,
        )))
    }
}

/// A digit of the test set.
fn digit(argument: &str, number: &str, spec: &InputSpec) -> Result<FloatInput, InputError> {
    let argument = argument.to_owned();
    let Ok(index) = number.parse::<usize>() else {
        return Err(InputError::NotANumber { argument });
    };
    let digits = MnistSet::test_digits()?;
    let Some(values) = digits.input(index, spec) else {
        let last = digits.len().saturating_sub(1);
        return Err(InputError::NoDigit { argument, last });
    };
    Ok(Input {
        argument,
        name: format!("mnist-{index}"),
        values,
        label: digits.label(index).map(usize::from),
        notes: Vec::new(),
    })
}

/// An array, taken as it is.
fn array(path: &Path, spec: &InputSpec) -> Result<Opened, InputError> {
    let array = Array::open(path)?;
    let is_int8 = array.is_int8;
    let mut inputs = array.into_inputs(spec.shape(), path)?;
    let path = path.to_owned();
    let (1, Some(values)) = (inputs.len(), inputs.pop()) else {
        let count = inputs.len() + 1;
        return Err(InputError::Several { path, count });
    };
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        let value = values[index];
        return Err(InputError::NotFinite { path, index, value });
    }
    let input = Input {
        argument: path.display().to_string(),
        name: stem(&path),
        values,
        label: None,
        notes: Vec::new(),
    };
    Ok(if is_int8 {
        // Every value came from an int8.
        Opened::Int8(input.map(|value| value as i8))
    } else {
        Opened::Float(input)
    })
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(
        || "input".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;
    use crate::npy;

    fn spec(side: usize) -> InputSpec {
        ModelSpec::assumed([1, side, side]).input
    }

    fn array_file<T: npy::Element>(shape: &[u64], values: &[T]) -> tempfile::TempPath {
        let mut file = tempfile::Builder::new().suffix(".npy").tempfile().unwrap();
        npy::emit(&mut file, shape, values).unwrap();
        file.into_temp_path()
    }

    fn refusal(argument: &str) -> InputError {
        FloatInput::open(argument, &spec(2), None).unwrap_err()
    }

    #[test]
    fn a_digit_is_named_by_its_number() {
        let input = FloatInput::open("mnist:18", &spec(28), None).unwrap();
        assert_eq!((input.name.as_str(), input.label), ("mnist-18", Some(3)));
        assert_eq!(input.values.len(), 28 * 28);
        let steps = Affine::of_range(0.0, 1.0);
        let int8 = Int8Input::open("mnist:18", &spec(28), steps).unwrap();
        let quantised: Vec<i8> = input.values.iter().map(|&x| steps.quantise(x)).collect();
        assert_eq!(int8.values, quantised);
    }

    #[test]
    fn steps_of_a_compiled_model_become_floats_only_where_their_worth_is_known() {
        let path = array_file(&[2, 2], &[-128_i8, 0, 1, 127]);
        let argument = path.to_str().unwrap();
        let error = refusal(argument);
        assert!(matches!(error, InputError::Int8 { .. }), "{error}");
        assert!(error.is_request());
        let steps = Affine {
            scale: 0.5,
            zero: -128,
        };
        let input = FloatInput::open(argument, &spec(2), Some(steps)).unwrap();
        assert_eq!(input.values, [0.0, 64.0, 64.5, 127.5]);
        assert!(input.notes[0].contains("int8"), "{:?}", input.notes);
        let int8 = Int8Input::open(argument, &spec(2), steps).unwrap();
        assert_eq!(int8.values, [-128, 0, 1, 127]);
        assert!(int8.notes.is_empty());
    }

    #[test]
    fn a_wrong_request_is_told_from_a_file_that_cannot_be_read() {
        for argument in [
            "mnist:x",
            "mnist:-1",
            "mnist:10000",
            "camera",
            "no/such/file",
        ] {
            assert!(refusal(argument).is_request(), "{argument}");
        }
        let several = array_file(&[3, 2, 2], &[0.0_f32; 12]);
        let error = refusal(several.to_str().unwrap());
        assert!(matches!(error, InputError::Several { count: 3, .. }));
        let infinite = array_file(&[2, 2], &[0.0_f32, 1.0, f32::INFINITY, 2.0]);
        let error = refusal(infinite.to_str().unwrap());
        assert!(matches!(error, InputError::NotFinite { index: 2, .. }));
        let other_shape = array_file(&[3, 3], &[0.0_f32; 9]);
        let error = refusal(other_shape.to_str().unwrap());
        assert!(matches!(error, InputError::Array(_)) && !error.is_request());
        let text = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
        let error = refusal(text.path().to_str().unwrap());
        assert!(matches!(error, InputError::Picture(_)) && !error.is_request());
    }
}
