//! A data set by its name, one input at a time: the digits that are shipped, or a folder
//! of pictures, flat or with a folder for each class.

use std::path::{Path, PathBuf};

use thiserror::Error;

use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_net::input::picture;
use cortexscope_net::input::{InputSpec, MnistError, MnistSet, PictureError};

/// What the shipped test digits are called where a set is named.
pub const MNIST: &str = "mnist";

/// A set of inputs. Only names and labels are in memory.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the user wrote.
    pub argument: String,
    source: Source,
    /// One for each picture, or none at all.
    labels: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Source {
    Digits(&'static MnistSet),
    Files(Vec<PathBuf>),
}

/// One input of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct DataInput {
    /// `[C, H, W]` in the float model's units.
    pub values: Vec<f32>,
    /// Its class, where that is known.
    pub label: Option<usize>,
}

/// Why a set cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    /// There is nothing of that name.
    #[error("{argument}: no such folder. DATA is {MNIST} or a folder of pictures")]
    Missing {
        /// What the user wrote.
        argument: String,
    },
    /// A folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no picture in it.
    #[error("{argument} has no pictures")]
    Empty {
        /// What the user wrote.
        argument: String,
    },
    /// No classes are known, and they are needed.
    #[error("{argument} has no labels: give a folder with a folder of pictures for each class")]
    NoLabels {
        /// What the user wrote.
        argument: String,
    },
    /// A folder is called like no class of the model.
    #[error("{}: there is no class {class}; the model's classes are {}", path.display(), labels.join(", "))]
    UnknownClass {
        /// The folder.
        path: PathBuf,
        /// What it is called.
        class: String,
        /// The classes.
        labels: Vec<String>,
    },
    /// The shipped digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
    /// A picture that cannot be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

impl RequestError for DataError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Read { .. } | Self::Digits(_) | Self::Picture(_))
    }
}

/// The set that `argument` names, for `model`: `mnist`, or a folder.
///
/// # Errors
/// [`DataError`].
pub fn open_data(argument: &str, model: &FloatModel) -> Result<Data, DataError> {
    let (source, labels) = if argument == MNIST {
        let digits = MnistSet::test_digits()?;
        let labels = (0..digits.len()).filter_map(|index| digits.label(index));
        (Source::Digits(digits), labels.map(usize::from).collect())
    } else {
        let (files, labels) = files(argument, &model.spec.output.labels)?;
        (Source::Files(files), labels)
    };
    let data = Data {
        argument: argument.to_owned(),
        source,
        labels,
    };
    if data.is_empty() {
        let argument = data.argument;
        return Err(DataError::Empty { argument });
    }
    Ok(data)
}

impl Data {
    /// How many inputs there are.
    pub fn len(&self) -> usize {
        match &self.source {
            Source::Digits(digits) => digits.len(),
            Source::Files(files) => files.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What input `index` is called in messages.
    pub fn name(&self, index: usize) -> String {
        match &self.source {
            Source::Digits(_) => format!("mnist:{index}"),
            Source::Files(files) => {
                let path = files.get(index);
                path.map_or_else(String::new, |path| path.display().to_string())
            }
        }
    }

    /// Checks that every input has a class.
    ///
    /// # Errors
    /// [`DataError::NoLabels`].
    pub fn check_labels(&self) -> Result<(), DataError> {
        if self.labels.len() == self.len() {
            return Ok(());
        }
        let argument = self.argument.clone();
        Err(DataError::NoLabels { argument })
    }

    /// Input `index`, from 0, as a model described by `spec` wants it.
    ///
    /// # Errors
    /// The picture cannot be read.
    ///
    /// # Panics
    /// There is no such input.
    pub fn input(&self, index: usize, spec: &InputSpec) -> Result<DataInput, DataError> {
        let values = match &self.source {
            Source::Digits(digits) => digits
                .input(index, spec)
                .expect("an index below the length"),
            Source::Files(files) => spec.prepare(&picture::open(&files[index])?).values,
        };
        let label = self.labels.get(index).copied();
        Ok(DataInput { values, label })
    }
}

/// The pictures of a folder in the order of their names, and their classes where each class
/// has a folder.
fn files(argument: &str, labels: &[String]) -> Result<(Vec<PathBuf>, Vec<usize>), DataError> {
    let folder = Path::new(argument);
    if !folder.is_dir() {
        let argument = argument.to_owned();
        return Err(DataError::Missing { argument });
    }
    let entries = sorted(folder)?;
    let classes: Vec<_> = entries.iter().filter(|path| path.is_dir()).collect();
    if classes.is_empty() {
        return Ok((pictures(entries), Vec::new()));
    }
    let (mut found, mut found_labels) = (Vec::new(), Vec::new());
    for (at, class) in classes.into_iter().enumerate() {
        let name = class.file_name().unwrap_or_default().to_string_lossy();
        let label = match labels {
            [] => name.parse().unwrap_or(at),
            labels => labels
                .iter()
                .position(|label| label.eq_ignore_ascii_case(&name))
                .or_else(|| name.parse().ok().filter(|&at: &usize| at < labels.len()))
                .ok_or_else(|| DataError::UnknownClass {
                    path: class.clone(),
                    class: name.to_string(),
                    labels: labels.to_vec(),
                })?,
        };
        let files = pictures(sorted(class)?);
        found_labels.extend(std::iter::repeat_n(label, files.len()));
        found.extend(files);
    }
    Ok((found, found_labels))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn pictures(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let is_picture = |path: &PathBuf| image::ImageFormat::from_path(path).is_ok();
    paths.into_iter().filter(is_picture).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    #[test]
    fn a_folder_for_each_class_gives_labels() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (class, level) in [("3", 40_u8), ("7", 90)] {
            std::fs::create_dir(folder.path().join(class)).unwrap();
            let picture = image::GrayImage::from_pixel(28, 28, image::Luma([level]));
            picture
                .save(folder.path().join(class).join("a.png"))
                .unwrap();
        }
        let data = open_data(folder.path().to_str().unwrap(), &model).unwrap();
        data.check_labels().unwrap();
        let input = data.input(1, &model.spec.input).unwrap();
        assert_eq!((data.len(), input.label), (2, Some(7)));
        assert_eq!(model.spec.input.level(0, input.values[5]).round(), 90.0);
        // A flat folder has no labels, one without pictures is refused.
        let flat = open_data(folder.path().join("3").to_str().unwrap(), &model).unwrap();
        assert!(matches!(
            flat.check_labels(),
            Err(DataError::NoLabels { .. })
        ));
        std::fs::create_dir(folder.path().join("eight-and-a-half")).unwrap();
        let refused = open_data(folder.path().to_str().unwrap(), &model).unwrap_err();
        assert!(
            refused.to_string().contains("there is no class eight"),
            "{refused}"
        );
        let missing = open_data("no/such/folder", &model).unwrap_err();
        assert!(missing.is_request() && missing.to_string().contains("no/such/folder"));
    }
}
