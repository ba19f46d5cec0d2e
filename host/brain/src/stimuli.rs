//! Images as neurons see them: `[C, H, W]`, black is 0 and white is 1.

use cortexscope_net::RequestError;
use cortexscope_net::hex;
use cortexscope_net::input::{DataError, DataSet, InputSpec, Pick};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::data::Images;

/// Natural images: what a neuron is asked about beside what a search makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stimuli {
    /// `[C, H, W]` of every image.
    pub shape: [usize; 3],
    /// The images, from 0 (black) to 1 (white).
    pub images: Vec<Vec<f32>>,
    /// The class of each image, where that is known.
    pub classes: Option<Vec<usize>>,
    /// What each is called.
    pub names: Vec<String>,
}

/// Why images cannot be used.
#[derive(Debug, Error)]
pub enum StimuliError {
    /// The set cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Recorded images cannot be read.
    #[error(transparent)]
    Recorded(#[from] crate::data::DataError),
    /// There are more images than are kept in memory.
    #[error("{argument} has {count} images, more than {most} values allow: give fewer")]
    Many {
        /// What was named.
        argument: String,
        /// Its images.
        count: usize,
        /// Values that are kept at most.
        most: usize,
    },
}

impl RequestError for StimuliError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Recorded(error) => error.is_request(),
            Self::Many { .. } => true,
        }
    }
}

/// Values of all images that are kept: 1 GiB.
const MOST_VALUES: usize = 1 << 28;

impl Stimuli {
    /// The images that `argument` names and `pick` takes, as a model of `spec` sees them: every
    /// set of inputs that [`DataSet::open`] takes.
    ///
    /// # Errors
    /// [`StimuliError`].
    pub fn open(argument: &str, spec: &InputSpec, pick: Pick) -> Result<Self, StimuliError> {
        let set = DataSet::open(argument, spec, &[])?;
        let count = pick.count(set.len());
        let pixels: usize = spec.shape().iter().product();
        if count.saturating_mul(pixels) > MOST_VALUES {
            return Err(StimuliError::Many {
                argument: argument.to_owned(),
                count,
                most: MOST_VALUES,
            });
        }
        let mut found = Self {
            shape: spec.shape(),
            classes: set.has_labels().then(Vec::new),
            ..Self::default()
        };
        for input in set.inputs(pick)? {
            let input = input?;
            found.images.push(levels(spec, &input.values));
            found.names.push(input.name);
            if let (Some(classes), Some(label)) = (&mut found.classes, input.label) {
                classes.push(label);
            }
        }
        Ok(found)
    }

    /// SHA-256 of the levels and classes of all images, in hexadecimal.
    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        for image in &self.images {
            let levels = image.iter().flat_map(|level| level.to_le_bytes());
            digest.update(levels.collect::<Vec<u8>>());
        }
        for class in self.classes.iter().flatten() {
            digest.update((*class as u64).to_le_bytes());
        }
        hex(&digest.finalize())
    }

    /// The recorded images that `pick` takes, as a model of `spec` sees them: as they were shown.
    ///
    /// # Errors
    /// An array has another size than the model's input, or there are too many images.
    pub fn of_recorded(
        images: &Images,
        spec: &InputSpec,
        pick: Pick,
    ) -> Result<Self, StimuliError> {
        let spec = as_shown(spec);
        let places: Vec<usize> = pick.places(images.stimuli.len()).collect();
        let count = places.len();
        let pixels: usize = spec.shape().iter().product();
        if count.saturating_mul(pixels) > MOST_VALUES {
            return Err(StimuliError::Many {
                argument: images.name.clone(),
                count,
                most: MOST_VALUES,
            });
        }
        let all = places.par_iter();
        let all = all.map(|&at| Ok(levels(&spec, &images.input(at, &spec)?)));
        Ok(Self {
            shape: spec.shape(),
            images: all.collect::<Result<_, StimuliError>>()?,
            classes: None,
            names: places.iter().map(|at| format!("image {at}")).collect(),
        })
    }
}

/// How a model takes images that a recorded neuron saw: as they are. A digit is not brought into
/// MNIST's form, and nothing is inverted.
#[must_use]
pub fn as_shown(spec: &InputSpec) -> InputSpec {
    InputSpec {
        form: None,
        polarity: None,
        ..spec.clone()
    }
}

/// An input in a model's units as levels from black 0 to white 1; what lies outside is cut.
pub fn levels(spec: &InputSpec, values: &[f32]) -> Vec<f32> {
    let mut levels = spec.levels(values);
    for level in &mut levels {
        *level = (*level / 255.0).clamp(0.0, 1.0);
    }
    levels
}

/// Levels from black 0 to white 1 as an input in a model's units.
pub fn values(spec: &InputSpec, levels: &[f32]) -> Vec<f32> {
    let levels: Vec<f32> = levels.iter().map(|level| level * 255.0).collect();
    spec.of_levels(&levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::ModelSpec;

    #[test]
    fn levels_and_values_are_each_others_inverse() {
        let mut spec = ModelSpec::assumed([1, 2, 2]).input;
        spec.range = [0.0, 255.0];
        spec.mean = vec![128.0];
        spec.std = vec![64.0];
        assert_eq!(
            values(&spec, &[0.0, 1.0, 0.5, 0.25])[..2],
            [-2.0, 127.0 / 64.0]
        );
        let there = [0.0, 1.0, 0.5, 0.25];
        for (a, b) in levels(&spec, &values(&spec, &there)).iter().zip(there) {
            assert!((a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn a_folder_without_pictures_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let spec = ModelSpec::assumed([1, 2, 2]).input;
        let error =
            Stimuli::open(&folder.path().display().to_string(), &spec, Pick::All).unwrap_err();
        assert!(
            error.is_request() && error.to_string().contains("picture"),
            "{error}"
        );
    }
}
