//! Sets of inputs as people have them, read one input at a time.
//!
//! ```text
//! mnist                        the 10,000 test digits that are shipped
//! FOLDER                       pictures, or a folder of pictures for each class
//! TABLE.csv                    paths of pictures, and their classes
//! STACK.npy, ARCHIVE.npz:NAME  arrays [N, …] of any number type
//! IMAGES-idx3-ubyte[.gz]       IDX, with the labels beside it
//! PICTURE                      a set of one
//! DATA,LABELS                  any of these with its classes in a file of their own
//! ```
//!
//! Every command that takes `DATA` opens it here.

mod folder;
mod idx_images;
mod label_file;
mod source;
mod table;

pub use source::{DataInput, DataInputs, Stream};

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::array::array_name;
use super::array::{ArrayError, ArrayFile, Meaning};
use super::idx::IdxError;
use super::mnist::{MnistError, MnistSet};
use super::open::InputError;
use super::picture::PictureError;
use super::spec::InputSpec;
use crate::file::has_extension;
use crate::request::RequestError;
use source::Source;

/// What the shipped test digits are called where a set is named.
pub const MNIST: &str = "mnist";

/// Why a set of inputs cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is nothing of that name.
    #[error(
        "{argument}: no such file or folder. DATA is {MNIST}, a folder of pictures, a .csv table, a .npy or .npz array, or an IDX file"
    )]
    Missing {
        /// What the user wrote.
        argument: String,
    },
    /// There is no input in it.
    #[error("{} has no inputs{}", path.display(), what)]
    Empty {
        /// The file or folder.
        path: PathBuf,
        /// What it has instead.
        what: String,
    },
    /// Pictures lie in folders of folders.
    #[error(
        "{} has pictures only in folders of folders: give one of {}",
        path.display(),
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    Deeper {
        /// The folder.
        path: PathBuf,
        /// Folders in it that have a folder for each class.
        folders: Vec<PathBuf>,
    },
    /// A row of a table that cannot be used.
    #[error("{}, line {line}: {what}", path.display())]
    Row {
        /// The table.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A class of the data that the model does not have.
    #[error("{}: {label} is not one of the model's classes{}", path.display(), known(labels))]
    UnknownClass {
        /// The folder, the table or the file of labels.
        path: PathBuf,
        /// The class as it is written there.
        label: String,
        /// The names of the model's classes.
        labels: Vec<String>,
    },
    /// A label beyond the model's classes.
    #[error(
        "{argument}: input {index} is of class {label}, and the model has the classes 0 to {}",
        classes - 1
    )]
    Label {
        /// What the user wrote.
        argument: String,
        /// The input.
        index: usize,
        /// Its class.
        label: usize,
        /// Outputs of the model.
        classes: usize,
    },
    /// No classes are known, and they are needed.
    #[error(
        "{argument} has no labels: give a folder for each class, a table with a column of classes, or DATA,LABELS with a file of labels"
    )]
    NoLabels {
        /// What the user wrote.
        argument: String,
    },
    /// Not one label for each input.
    #[error("{argument}: {inputs} inputs and {labels} labels; one label is needed for each input")]
    Counts {
        /// What the user wrote.
        argument: String,
        /// Inputs.
        inputs: usize,
        /// Labels.
        labels: usize,
    },
    /// Steps of a compiled model, where the float model's units are wanted.
    #[error(
        "{argument} holds int8, the steps of a compiled model: give float32, uint8 pixels, or --array-range LOW,HIGH"
    )]
    Steps {
        /// What the user wrote.
        argument: String,
    },
    /// A file that is in no format of these.
    #[error(
        "{} is not a picture, a .npy or .npz array, a .csv table or an IDX file",
        path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What is wrong with it as an IDX file.
        source: IdxError,
    },
    /// An array that cannot be used.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// A picture that cannot be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// An input of a table that cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The shipped digits cannot be read.
    #[error(transparent)]
    Digits(#[from] MnistError),
}

fn known(labels: &[String]) -> String {
    match labels {
        [] => String::new(),
        labels if labels.len() <= 20 => format!(" ({})", labels.join(", ")),
        labels => format!(" ({}, … {} in all)", labels[..5].join(", "), labels.len()),
    }
}

impl RequestError for DataError {
    fn is_request(&self) -> bool {
        match self {
            Self::Array(error) => error.is_request(),
            Self::Input(error) => error.is_request(),
            Self::Read { .. } | Self::Unknown { .. } | Self::Picture(_) | Self::Digits(_) => false,
            _ => true,
        }
    }
}

/// Which inputs of a set are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// All of them.
    All,
    /// The first so many.
    First(usize),
    /// So many at equal distances over all of them: the same set always gives the same.
    Spread(usize),
}

impl Pick {
    /// How many of `count` are taken.
    pub fn count(self, count: usize) -> usize {
        match self {
            Self::All => count,
            Self::First(limit) | Self::Spread(limit) => count.min(limit),
        }
    }

    /// Places of those of `count` that are taken, in order.
    pub fn places(self, count: usize) -> impl Iterator<Item = usize> {
        let picked = self.count(count);
        (0..picked).map(move |at| match self {
            Self::All | Self::First(_) => at,
            Self::Spread(_) => (at as u128 * count as u128 / picked as u128) as usize,
        })
    }
}

/// A set of inputs for one model. Opening it reads names, headers and labels; the inputs
/// are read one after the other.
#[derive(Clone, Debug)]
pub struct DataSet {
    argument: String,
    source: Source,
    spec: InputSpec,
    /// One for each input, or none at all.
    labels: Option<Vec<usize>>,
    /// What was found and decided, for the user to read.
    pub notes: Vec<String>,
}

impl DataSet {
    /// The set that `argument` names, for a model described by `spec` whose classes are
    /// called `labels`.
    ///
    /// # Errors
    /// [`DataError`]: what is wrong, where, and what to give instead.
    pub fn open(argument: &str, spec: &InputSpec, labels: &[String]) -> Result<Self, DataError> {
        if argument == MNIST {
            let digits = MnistSet::test_digits()?;
            let labels = (0..digits.len()).filter_map(|index| digits.label(index));
            let labels = labels.map(usize::from).collect();
            return Ok(Self::new(
                argument,
                Source::Digits(digits),
                spec,
                Some(labels),
            ));
        }
        let (data, label_file) = match argument.rsplit_once(',') {
            Some((data, file)) if !Path::new(argument).exists() => (data, Some(file)),
            _ => (argument, None),
        };
        let mut set = Self::of_path(argument, data, spec, labels)?;
        if let Some(file) = label_file {
            set.labels = Some(label_file::read(file, data, labels)?);
        }
        match &set.labels {
            Some(labels) if labels.len() != set.len() => Err(DataError::Counts {
                argument: argument.to_owned(),
                inputs: set.len(),
                labels: labels.len(),
            }),
            _ if set.is_empty() => Err(DataError::Empty {
                path: data.into(),
                what: String::new(),
            }),
            _ => Ok(set),
        }
    }

    fn new(argument: &str, source: Source, spec: &InputSpec, labels: Option<Vec<usize>>) -> Self {
        Self {
            argument: argument.to_owned(),
            source,
            spec: spec.clone(),
            labels,
            notes: Vec::new(),
        }
    }

    fn of_path(
        argument: &str,
        data: &str,
        spec: &InputSpec,
        labels: &[String],
    ) -> Result<Self, DataError> {
        let (path, member) = array_name(data);
        if !path.exists() {
            let argument = argument.to_owned();
            return Err(DataError::Missing { argument });
        }
        if path.is_dir() {
            let folder = folder::read(&path, labels)?;
            let source = Source::Files(folder.files);
            let mut set = Self::new(argument, source, spec, folder.labels);
            set.notes = folder.notes;
            return Ok(set);
        }
        if has_extension(&path, &["csv", "tsv"]) {
            let table = table::read(&path, labels)?;
            return Ok(Self::new(
                argument,
                Source::Files(table.files),
                spec,
                table.labels,
            ));
        }
        if member.is_some() || has_extension(&path, &["npy", "npz"]) {
            return Self::of_array(argument, &path, member, spec);
        }
        if image::ImageFormat::from_path(&path).is_ok() {
            return Ok(Self::new(argument, Source::Files(vec![path]), spec, None));
        }
        let images = idx_images::open(&path)?;
        let labels = label_file::beside(&path).map(|file| label_file::idx(&file));
        let labels = labels.transpose()?;
        Ok(Self::new(argument, Source::Idx(images), spec, labels))
    }

    fn of_array(
        argument: &str,
        path: &Path,
        member: Option<String>,
        spec: &InputSpec,
    ) -> Result<Self, DataError> {
        let mut labels = None;
        let member = match member {
            None if has_extension(path, &["npz"]) => {
                let found = label_file::members(path, spec)?;
                labels = found.labels;
                Some(found.inputs)
            }
            member => member,
        };
        let array = ArrayFile::open(path, member.as_deref())?;
        array.count(spec)?;
        let meaning = array.meaning(spec.array_range)?;
        if meaning == Meaning::Steps {
            let argument = argument.to_owned();
            return Err(DataError::Steps { argument });
        }
        let mut set = Self::new(argument, Source::Array(array), spec, labels);
        if let Meaning::Pixels([low, high]) = meaning {
            set.notes.push(format!(
                "{argument}: its values were taken as pixels, black at {low} and white at {high}"
            ));
        }
        Ok(set)
    }

    /// What the user wrote.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.source.count(&self.spec)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The files that the first `count` inputs lie in, in order; none for the shipped digits.
    pub fn files(&self, count: usize) -> &[PathBuf] {
        self.source.files(count)
    }

    /// The class of each input, where classes are known.
    pub fn labels(&self) -> Option<&[usize]> {
        self.labels.as_deref()
    }

    /// Whether the class of each input is known.
    pub fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// The same set, its classes forgotten.
    #[must_use]
    pub fn without_labels(self) -> Self {
        Self {
            labels: None,
            ..self
        }
    }

    /// Checks that every input has a class that a model of so many `classes` has.
    ///
    /// # Errors
    /// [`DataError::NoLabels`] or [`DataError::Label`].
    pub fn check_labels(&self, classes: usize) -> Result<(), DataError> {
        let argument = || self.argument.clone();
        let Some(labels) = &self.labels else {
            return Err(DataError::NoLabels {
                argument: argument(),
            });
        };
        match labels.iter().position(|&label| label >= classes) {
            None => Ok(()),
            Some(index) => Err(DataError::Label {
                argument: argument(),
                index,
                label: labels[index],
                classes,
            }),
        }
    }

    /// The inputs that `pick` takes, one after the other; one at a time is in memory.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn inputs(&self, pick: Pick) -> Result<DataInputs<'_>, DataError> {
        Ok(DataInputs::new(self, pick))
    }
}

#[cfg(test)]
mod tests;
