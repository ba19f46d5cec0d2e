//! From what a user writes, `mnist:18` or a file, to values that fit a model.

use super::array::{ArrayError, ArrayFile, Meaning, array_name};
use super::digit_form::Stage;
use super::mnist::{MnistError, MnistSet};
use super::picture::{self, Picture, PictureError};
use super::prepare::Prepared;
use super::spec::InputSpec;
use crate::affine::Affine;
use crate::request::RequestError;
use image::GrayImage;
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
    /// The steps of its preparation as pictures, where it was a picture.
    pub stages: Vec<Stage>,
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
    /// A folder, of which one file is wanted.
    #[error(
        "{} is a folder: name a picture or an array in it, or all of them as {}",
        path.display(),
        path.join("*.png").display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// An array of several inputs.
    #[error("{} holds {count} inputs, and one is wanted: save one of them alone", path.display())]
    Several {
        /// The file.
        path: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// Nothing of a picture can be seen by the model.
    #[error("{argument} gives an empty input: {why}")]
    Empty {
        /// What the user wrote.
        argument: String,
        /// Why nothing is left.
        why: String,
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
    Array(#[from] ArrayError),
    /// The file is not a picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The shipped digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
}

impl RequestError for InputError {
    fn is_request(&self) -> bool {
        match self {
            Self::Array(error) => error.is_request(),
            Self::Picture(_) | Self::Digits(_) => false,
            _ => true,
        }
    }
}

impl FloatInput {
    /// The input that `argument` names, as a float model described by `spec` wants
    /// it: `mnist:0` to `mnist:9999` for a test digit, a `.npy` array or one of a `.npz`
    /// archive (`FILE.npz:NAME`), or a picture.
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
    ///
    /// # Errors
    /// [`InputError::Empty`].
    pub fn of_picture(
        argument: &str,
        picture: &Picture,
        spec: &InputSpec,
    ) -> Result<Self, InputError> {
        let prepared = spec.prepare(picture);
        if let Some(why) = prepared.emptiness {
            let argument = argument.to_owned();
            return Err(InputError::Empty { argument, why });
        }
        Ok(Self::of_prepared(argument, prepared))
    }

    /// An input that was made of a picture, whether anything can be seen of it or not.
    fn of_prepared(argument: &str, prepared: Prepared) -> Self {
        Self {
            argument: argument.to_owned(),
            name: stem(Path::new(argument)),
            notes: prepared.line().into_iter().collect(),
            values: prepared.values,
            label: None,
            stages: prepared.stages,
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

    /// A picture of the board's camera, as [`Int8Input::open`] makes it. A camera may
    /// see nothing; a note says so.
    pub fn captured(picture: GrayImage, spec: &InputSpec, steps: Affine) -> Self {
        let prepared = spec.prepare(&picture.into());
        let why = prepared.emptiness.clone();
        let mut input = FloatInput::of_prepared(CAMERA, prepared);
        input
            .notes
            .extend(why.map(|why| format!("the input is empty: {why}")));
        input.map(|value| steps.quantise(value))
    }
}

impl Int8Input {
    /// The input in a float model's units, as far as `steps` can tell them apart.
    #[must_use]
    pub fn dequantised(self, steps: Affine) -> FloatInput {
        self.map(|value| steps.dequantise(value))
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
            stages: self.stages,
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
        let (path, _) = array_name(argument);
        if !path.exists() {
            return Err(InputError::NoFile { path });
        }
        if path.is_dir() {
            return Err(InputError::Folder { path });
        }
        if ArrayFile::is_named(argument) {
            return array(argument, &path, spec);
        }
        let picture = picture::open(&path)?;
        FloatInput::of_picture(argument, &picture, spec).map(Self::Float)
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
        stages: Vec::new(),
    })
}

/// An array: pixels, steps of a compiled model, or values in the model's units.
fn array(argument: &str, path: &Path, spec: &InputSpec) -> Result<Opened, InputError> {
    let mut inputs = ArrayFile::named(argument)?.inputs(spec)?;
    let count = inputs.count();
    let (1, Some(values)) = (count, inputs.next_input()?) else {
        let path = path.to_owned();
        return Err(InputError::Several { path, count });
    };
    let meaning = inputs.meaning();
    let input = Input {
        argument: argument.to_owned(),
        name: stem(path),
        notes: meaning_note(meaning, &values, spec).into_iter().collect(),
        values,
        label: None,
        stages: Vec::new(),
    };
    Ok(if meaning == Meaning::Steps {
        // Every value came from an int8.
        Opened::Int8(input.map(|value| value as i8))
    } else {
        Opened::Float(input)
    })
}

/// What the values of an array were taken for, where that is worth saying.
pub(super) fn meaning_note(meaning: Meaning, values: &[f32], spec: &InputSpec) -> Option<String> {
    match meaning {
        Meaning::Steps => None,
        Meaning::Pixels([low, high]) => Some(format!(
            "the array's values were taken as pixels, black at {low} and white at {high}"
        )),
        Meaning::Model => {
            let [low, high] = spec.bounds();
            let [least, greatest] = values
                .iter()
                .fold([low, high], |[least, greatest], &value| {
                    [least.min(value), greatest.max(value)]
                });
            // Arrays in other units go far beyond, standardised ones a little.
            let is_far = greatest - least > 8.0 * (high - low);
            is_far.then(|| {
                format!(
                    "the array's values reach from {least} to {greatest}, and the model's pixels from {low} to {high}: if they are pixels, give --array-range 0,255"
                )
            })
        }
    }
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
    use crate::npy::{self, ArrayValue, Storage};

    fn spec(side: usize) -> InputSpec {
        ModelSpec::assumed([1, side, side]).input
    }

    fn array_file<T: ArrayValue>(shape: &[u64], values: &[T]) -> tempfile::TempPath {
        let mut file = tempfile::Builder::new().suffix(".npy").tempfile().unwrap();
        npy::emit(&mut file, shape, Storage::C, values).unwrap();
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
        assert!(matches!(
            error,
            InputError::Array(ArrayError::NotFinite { index: 2, .. })
        ));
        assert!(error.is_request());
        let other_shape = array_file(&[3, 3], &[0.0_f32; 9]);
        let error = refusal(other_shape.to_str().unwrap());
        assert!(matches!(error, InputError::Array(_)) && error.is_request());
        let text = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
        let error = refusal(text.path().to_str().unwrap());
        assert!(matches!(error, InputError::Picture(_)) && !error.is_request());
    }

    #[test]
    fn an_array_of_bytes_is_a_picture_of_them() {
        let bytes = array_file(&[1, 2, 2, 1], &[0_u8, 255, 51, 102]);
        let mut spec = spec(2);
        spec.range = [0.0, 255.0];
        let input = FloatInput::open(bytes.to_str().unwrap(), &spec, None).unwrap();
        assert_eq!(input.values, [0.0, 255.0, 51.0, 102.0]);
        assert!(input.notes[0].contains("as pixels"), "{:?}", input.notes);
        let floats = array_file(&[2, 2], &[0.0_f32, 255.0, 51.0, 102.0]);
        spec.range = [0.0, 1.0];
        let input = FloatInput::open(floats.to_str().unwrap(), &spec, None).unwrap();
        assert_eq!(input.values, [0.0, 255.0, 51.0, 102.0]);
        assert!(
            input.notes[0].contains("--array-range"),
            "{:?}",
            input.notes
        );
    }

    #[test]
    fn an_empty_input_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clear.png");
        image::RgbaImage::new(4, 4).save(&path).unwrap();
        let error = refusal(path.to_str().unwrap());
        assert!(matches!(error, InputError::Empty { .. }) && error.is_request());
        assert!(
            error.to_string().contains("transparent everywhere"),
            "{error}"
        );
        let error = refusal(folder.path().to_str().unwrap());
        assert!(error.to_string().contains("folder"), "{error}");
    }
}
