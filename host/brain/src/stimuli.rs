//! Images as neurons see them: `[C, H, W]`, black is 0 and white is 1.

use std::path::{Path, PathBuf};

use cortexscope_net::RequestError;
use cortexscope_net::input::{
    Array, InputSpec, MnistError, MnistSet, NpyError, PictureError, picture,
};
use thiserror::Error;

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
    /// The digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
    /// The array cannot be read.
    #[error(transparent)]
    Array(#[from] NpyError),
    /// A picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The folder cannot be read.
    #[error("cannot read the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no image.
    #[error("{} has no images: give a folder of pictures, FILE.npy or `mnist`", path.display())]
    Empty {
        /// What was named.
        path: PathBuf,
    },
    /// There are more images than are kept in memory.
    #[error("{} has more images than {most} values allow: give fewer", path.display())]
    Many {
        /// What was named.
        path: PathBuf,
        /// Values that are kept at most.
        most: usize,
    },
}

impl RequestError for StimuliError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Digits(_))
    }
}

/// Values of all images that are kept: 1 GiB.
const MOST_VALUES: usize = 1 << 28;

impl Stimuli {
    /// The images that `argument` names, as a model of `spec` sees them: `mnist` (the
    /// 10,000 test digits), a folder of pictures in the order of their names, or a `.npy`
    /// array of inputs in the model's own units.
    ///
    /// # Errors
    /// [`StimuliError`].
    pub fn open(argument: &str, spec: &InputSpec) -> Result<Self, StimuliError> {
        if argument == "mnist" {
            return Ok(Self::digits(MnistSet::test_digits()?, spec));
        }
        let path = Path::new(argument);
        if path.is_dir() {
            Self::folder(path, spec)
        } else {
            Self::array(path, spec)
        }
    }

    /// The digits of `set`.
    pub fn digits(set: &MnistSet, spec: &InputSpec) -> Self {
        let all = (0..set.len()).filter_map(|index| {
            let class = usize::from(set.label(index)?);
            Some((levels(spec, &set.input(index, spec)?), class))
        });
        let (images, classes): (Vec<_>, Vec<_>) = all.unzip();
        Self {
            shape: spec.shape(),
            names: (0..images.len())
                .map(|index| format!("mnist-{index}"))
                .collect(),
            images,
            classes: Some(classes),
        }
    }

    fn folder(path: &Path, spec: &InputSpec) -> Result<Self, StimuliError> {
        let unread = |source| StimuliError::Folder {
            path: path.to_owned(),
            source,
        };
        let entries = std::fs::read_dir(path).map_err(unread)?;
        let mut files = Vec::new();
        for entry in entries {
            let file = entry.map_err(unread)?.path();
            if file.is_file() {
                files.push(file);
            }
        }
        files.sort();
        let pixels: usize = spec.shape().iter().product();
        if files.len().saturating_mul(pixels) > MOST_VALUES {
            return Err(many(path));
        }
        let mut found = Self {
            shape: spec.shape(),
            ..Self::default()
        };
        for file in files {
            let prepared = spec.prepare(&picture::open(&file)?);
            found.images.push(levels(spec, &prepared.values));
            let name = file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            found.names.push(name.unwrap_or_default());
        }
        found.some(path)
    }

    fn array(path: &Path, spec: &InputSpec) -> Result<Self, StimuliError> {
        let array = Array::open(path)?;
        if array.values.len() > MOST_VALUES {
            return Err(many(path));
        }
        let inputs = array.into_inputs(spec.shape(), path)?;
        let found = Self {
            shape: spec.shape(),
            names: (0..inputs.len()).map(|index| index.to_string()).collect(),
            images: inputs.iter().map(|input| levels(spec, input)).collect(),
            classes: None,
        };
        found.some(path)
    }

    /// Itself, unless there is no image.
    fn some(self, path: &Path) -> Result<Self, StimuliError> {
        if self.images.is_empty() {
            let path = path.to_owned();
            return Err(StimuliError::Empty { path });
        }
        Ok(self)
    }

    /// The first `count` images, or all where there are fewer.
    #[must_use]
    pub fn first(mut self, count: usize) -> Self {
        self.images.truncate(count);
        self.names.truncate(count);
        if let Some(classes) = &mut self.classes {
            classes.truncate(count);
        }
        self
    }
}

fn many(path: &Path) -> StimuliError {
    StimuliError::Many {
        path: path.to_owned(),
        most: MOST_VALUES,
    }
}

/// An input in a model's units as levels from black 0 to white 1; what lies outside is cut.
pub fn levels(spec: &InputSpec, values: &[f32]) -> Vec<f32> {
    let positions = spec.size[0] * spec.size[1];
    let planes = values.chunks(positions.max(1)).enumerate();
    let levels = planes.flat_map(|(channel, plane)| {
        let level = move |&value: &f32| (spec.level(channel, value) / 255.0).clamp(0.0, 1.0);
        plane.iter().map(level)
    });
    levels.collect()
}

/// Levels from black 0 to white 1 as an input in a model's units.
pub fn values(spec: &InputSpec, levels: &[f32]) -> Vec<f32> {
    let positions = spec.size[0] * spec.size[1];
    let planes = levels.chunks(positions.max(1)).enumerate();
    let values = planes.flat_map(|(channel, plane)| {
        let value = move |&level: &f32| spec.value_of_level(channel, level * 255.0);
        plane.iter().map(value)
    });
    values.collect()
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
        let error = Stimuli::open(&folder.path().display().to_string(), &spec).unwrap_err();
        assert!(
            error.is_request() && error.to_string().contains("no images"),
            "{error}"
        );
    }
}
