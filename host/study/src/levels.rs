//! Pictures as levels, before a model's preparation and after it.

use std::path::Path;

use thiserror::Error;

use cortexscope_corrupt::{CorruptError, Picture};
use cortexscope_net::RequestError;
use cortexscope_net::input::{
    Array, ArrayError, Channels, InputSpec, MnistError, MnistSet, PictureError, picture,
};

/// Why an input has no levels.
#[derive(Debug, Error)]
pub enum LevelsError {
    /// There is nothing of that name.
    #[error("{argument}: give a picture, a .npy array of levels from 0 to 255, or mnist:N")]
    Missing {
        /// What the user wrote.
        argument: String,
    },
    /// There is no such digit.
    #[error("{argument}: the digits are mnist:0 to mnist:{last}")]
    NoDigit {
        /// What the user wrote.
        argument: String,
        /// The last one's number.
        last: usize,
    },
    /// An array that is no picture.
    #[error("{argument} is {shape:?}: a picture is [H, W], [1, H, W], [3, H, W] or [H, W, 3]")]
    Shape {
        /// What the user wrote.
        argument: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A model's input that is neither grey nor colours.
    #[error(
        "the model's input has {channels} channels: only a grey or a colour picture can be corrupted"
    )]
    NoPicture {
        /// How many it has.
        channels: usize,
    },
    /// Levels outside 0..255.
    #[error("{argument}")]
    Levels {
        /// What the user wrote.
        argument: String,
        /// What is wrong with them.
        source: CorruptError,
    },
    /// The array cannot be read.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The shipped digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
}

impl RequestError for LevelsError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Picture(_) | Self::Digits(_))
    }
}

/// The levels of a picture in its own size: `mnist:18`, a picture file, or a `.npy` array of
/// levels.
///
/// # Errors
/// [`LevelsError`].
pub fn open_levels(argument: &str) -> Result<Picture, LevelsError> {
    let named = |source| LevelsError::Levels {
        argument: argument.to_owned(),
        source,
    };
    let missing = || LevelsError::Missing {
        argument: argument.to_owned(),
    };
    if let Some(number) = argument.strip_prefix("mnist:") {
        let digits = MnistSet::test_digits()?;
        let index = number.parse().map_err(|_| missing())?;
        let pixels = digits.image(index).ok_or_else(|| LevelsError::NoDigit {
            argument: argument.to_owned(),
            last: digits.len().saturating_sub(1),
        })?;
        let levels = pixels.iter().copied().map(f64::from).collect();
        return Picture::new(1, digits.size(), levels).map_err(named);
    }
    let path = Path::new(argument);
    if !path.is_file() {
        return Err(missing());
    }
    if path.extension().is_some_and(|extension| extension == "npy") {
        return of_array(argument, Array::open(path)?);
    }
    let picture = picture::open(path)?;
    let colours = picture.opaque();
    let size = [colours.height(), colours.width()].map(|side| side as usize);
    let channels = if picture.is_grey() { 1 } else { 3 };
    let channel = |at: usize| colours.pixels().map(move |pixel| f64::from(pixel.0[at]));
    let levels = (0..channels).flat_map(channel).collect();
    Picture::new(channels, size, levels).map_err(named)
}

fn of_array(argument: &str, array: Array) -> Result<Picture, LevelsError> {
    let shape = array.shape;
    let levels = || array.values.iter().copied().map(f64::from);
    let (channels, size, levels) = match *shape.as_slice() {
        [height, width] | [1, height, width] | [1, 1, height, width] | [height, width, 1] => {
            (1, [height, width], levels().collect())
        }
        [3, height, width] | [1, 3, height, width] => (3, [height, width], levels().collect()),
        [height, width, 3] | [1, height, width, 3] => {
            let channel = |at: usize| levels().skip(at).step_by(3);
            (3, [height, width], (0..3).flat_map(channel).collect())
        }
        _ => {
            let argument = argument.to_owned();
            return Err(LevelsError::Shape { argument, shape });
        }
    };
    Picture::new(channels, size, levels).map_err(|source| LevelsError::Levels {
        argument: argument.to_owned(),
        source,
    })
}

/// Whether a picture of a size and colours becomes the same numbers by both.
pub fn has_same_units(one: &InputSpec, other: &InputSpec) -> bool {
    let ends = |spec: &InputSpec| -> Vec<[f32; 2]> {
        let channels = 0..spec.channels.count();
        let ends = |channel| [0, u8::MAX].map(|pixel| spec.value(channel, pixel));
        channels.map(ends).collect()
    };
    let swaps = |spec: &InputSpec| spec.channels == Channels::Bgr;
    one.size == other.size && swaps(one) == swaps(other) && ends(one) == ends(other)
}

/// Where each of a picture's channels lies in an input.
fn planes(spec: &InputSpec) -> Result<&'static [usize], LevelsError> {
    match spec.channels {
        Channels::Grey | Channels::Count(1) => Ok(&[0]),
        Channels::Rgb | Channels::Count(3) => Ok(&[0, 1, 2]),
        Channels::Bgr => Ok(&[2, 1, 0]),
        Channels::Count(channels) => Err(LevelsError::NoPicture { channels }),
    }
}

/// The levels of an input, `[C, H, W]` in a model's units, rounded to 8 bits: what its picture
/// was before the model's own preparation.
///
/// # Errors
/// The model's input is no picture.
pub fn levels_of(spec: &InputSpec, values: &[f32]) -> Result<Picture, LevelsError> {
    let planes = planes(spec)?;
    let [height, width] = spec.size;
    let pixels = height * width;
    let levels = planes.iter().flat_map(|&plane| {
        let values = values.iter().skip(plane * pixels).take(pixels);
        values.map(move |&value| {
            f64::from(spec.level(plane, value))
                .round()
                .clamp(0.0, 255.0)
        })
    });
    Picture::new(planes.len(), spec.size, levels.collect()).map_err(|source| {
        let argument = "an input".to_owned();
        LevelsError::Levels { argument, source }
    })
}

/// A picture of the model's size as its input, `[C, H, W]` in the model's units.
///
/// # Errors
/// The model's input is no picture.
pub fn values_of(spec: &InputSpec, picture: &Picture) -> Result<Vec<f32>, LevelsError> {
    let planes = planes(spec)?;
    let pixels = spec.size[0] * spec.size[1];
    let mut values = vec![0.0; planes.len() * pixels];
    for (levels, &plane) in picture.levels().chunks_exact(pixels).zip(planes) {
        for (value, &level) in values[plane * pixels..].iter_mut().zip(levels) {
            *value = spec.value_of_level(plane, level as f32);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::ModelSpec;

    #[test]
    fn levels_go_there_and_back_through_any_preparation() {
        let mut spec = ModelSpec::assumed([3, 2, 3]).input;
        spec.range = [0.0, 255.0];
        spec.mean = vec![104.0, 117.0, 123.0];
        spec.std = vec![1.0, 2.0, 0.5];
        spec.channels = Channels::Bgr;
        let levels: Vec<f64> = (0..18).map(|at| f64::from(at * 14)).collect();
        let picture = Picture::new(3, [2, 3], levels).unwrap();
        let values = values_of(&spec, &picture).unwrap();
        // The first plane is blue.
        assert_eq!(values[0], 12.0 * 14.0 - 104.0);
        assert_eq!(levels_of(&spec, &values).unwrap(), picture);
        spec.channels = Channels::Count(6);
        assert!(levels_of(&spec, &values).unwrap_err().is_request());
    }

    #[test]
    fn arrays_have_their_channels_first_or_last() {
        let array = |shape: &[usize]| Array {
            shape: shape.to_vec(),
            values: (0..12_u8).map(f32::from).collect(),
        };
        let first = of_array("a", array(&[3, 2, 2])).unwrap();
        assert_eq!(first.levels()[4], 4.0);
        let last = of_array("a", array(&[2, 2, 3])).unwrap();
        assert_eq!(last.levels()[..5], [0.0, 3.0, 6.0, 9.0, 1.0]);
        assert_eq!(of_array("a", array(&[3, 4])).unwrap().channels(), 1);
        let refused = of_array("a", array(&[12])).unwrap_err().to_string();
        assert!(refused.contains("[12]"), "{refused}");
    }
}
