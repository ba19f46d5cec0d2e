//! MNIST as published: 60,000 training and 10,000 test digits, 28×28 grey.
//!
//! LeCun, Cortes, Burges: *The MNIST database of handwritten digits*.
//! The four files are accepted only with their published contents; every
//! accuracy in the project refers to exactly these digits.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    digest::sha256_hex,
    idx::{self, IdxError},
};

/// Height and width of a digit in pixels.
pub const SIDE: usize = 28;
/// Pixels of a digit.
pub const PIXELS: usize = SIDE * SIDE;
/// Number of classes.
pub const CLASSES: usize = 10;
/// Training digits kept out of training, the last of the 60,000: the recipe's
/// choices were made on them.
pub const VALIDATION_COUNT: usize = 5_000;

/// Images and their labels, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digits {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

/// A data file by name and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// File name as published.
    pub file: String,
    /// SHA-256 of the `.gz` file, hexadecimal.
    pub sha256: String,
}

/// The published name and hash of one file.
struct Published {
    file: &'static str,
    sha256: &'static str,
}

/// One of the two published sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// 60,000 digits: training, validation and calibration.
    Train,
    /// 10,000 digits: for the final measurement only.
    Test,
}

impl Set {
    fn files(self) -> [Published; 2] {
        match self {
            Set::Train => [
                Published {
                    file: "train-images-idx3-ubyte.gz",
                    sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                },
                Published {
                    file: "train-labels-idx1-ubyte.gz",
                    sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                },
            ],
            Set::Test => [
                Published {
                    file: "t10k-images-idx3-ubyte.gz",
                    sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                },
                Published {
                    file: "t10k-labels-idx1-ubyte.gz",
                    sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                },
            ],
        }
    }
}

/// Why a directory does not give the published digits.
#[derive(Debug, Error)]
pub enum MnistError {
    /// A file is not there or cannot be read.
    #[error("cannot read {path}: give --mnist the directory with the four published .gz files")]
    Read {
        /// The file that was looked for.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is there, with other content.
    #[error("{path} is not the published file: SHA-256 {found}, expected {expected}")]
    Hash {
        /// The file that was read.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// The published file's hash.
        expected: &'static str,
    },
    /// A file is not IDX.
    #[error("{path} is not an IDX file")]
    Idx {
        /// The file that was read.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: IdxError,
    },
    /// Images and labels do not fit each other or MNIST.
    #[error("images have sizes {images:?} and labels {labels:?}, expected [n, 28, 28] and [n]")]
    Shape {
        /// Sizes in the image file.
        images: Vec<usize>,
        /// Sizes in the label file.
        labels: Vec<usize>,
    },
    /// A label above 9.
    #[error("label {label} at position {index}, expected 0 to 9")]
    Label {
        /// Position in the label file.
        index: usize,
        /// What it says.
        label: u8,
    },
}

impl Digits {
    /// Pairs `[n, 28, 28]` pixels with `n` labels.
    ///
    /// # Errors
    ///
    /// [`MnistError::Shape`] where the counts disagree, [`MnistError::Label`]
    /// for a label above 9.
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>) -> Result<Self, MnistError> {
        if pixels.len() != labels.len() * PIXELS {
            return Err(MnistError::Shape {
                images: vec![pixels.len()],
                labels: vec![labels.len()],
            });
        }
        match labels.iter().position(|&label| label as usize >= CLASSES) {
            Some(index) => Err(MnistError::Label {
                index,
                label: labels[index],
            }),
            None => Ok(Self { pixels, labels }),
        }
    }

    /// Number of digits.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no digit.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Row-major pixels of one digit, `[28, 28]`, 0 is background.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * PIXELS..(index + 1) * PIXELS]
    }

    /// Class of one digit, 0 to 9.
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// The first `count` digits and the rest.
    pub fn split_at(mut self, count: usize) -> (Self, Self) {
        let rest = Self {
            pixels: self.pixels.split_off(count * PIXELS),
            labels: self.labels.split_off(count),
        };
        (self, rest)
    }

    /// The 60,000 training digits as the recipe uses them: 55,000 to train on
    /// and the last 5,000 to validate on.
    pub fn split_validation(self) -> (Self, Self) {
        let training_count = self.len() - VALIDATION_COUNT.min(self.len());
        self.split_at(training_count)
    }
}

/// Reads one published set from `dir` and says which files it came from.
///
/// # Errors
///
/// A file that is missing, unreadable or not the published one.
pub fn read(dir: &Path, set: Set) -> Result<(Digits, [FileRecord; 2]), MnistError> {
    let [images, labels] = set.files();
    let (images, images_record) = read_file(dir, images, 3)?;
    let (labels, labels_record) = read_file(dir, labels, 1)?;
    if images.sizes[1..] != [SIDE, SIDE] || images.sizes[0] != labels.sizes[0] {
        return Err(MnistError::Shape {
            images: images.sizes,
            labels: labels.sizes,
        });
    }
    let digits = Digits::new(images.values, labels.values)?;
    Ok((digits, [images_record, labels_record]))
}

fn read_file(
    dir: &Path,
    published: Published,
    rank: usize,
) -> Result<(idx::IdxArray, FileRecord), MnistError> {
    let path = dir.join(published.file);
    let gz = std::fs::read(&path).map_err(|source| MnistError::Read {
        path: path.clone(),
        source,
    })?;
    let found = sha256_hex(&gz);
    if found != published.sha256 {
        return Err(MnistError::Hash {
            path,
            found,
            expected: published.sha256,
        });
    }
    let array = idx::parse_gz(&gz, rank).map_err(|source| MnistError::Idx { path, source })?;
    let record = FileRecord {
        file: published.file.to_owned(),
        sha256: found,
    };
    Ok((array, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let error = read(dir.path(), Set::Train).unwrap_err().to_string();
        assert!(error.contains("train-images-idx3-ubyte.gz"), "{error}");
        assert!(error.contains("--mnist"), "{error}");
    }

    #[test]
    fn another_content_is_refused_by_hash() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("t10k-images-idx3-ubyte.gz"), b"other").unwrap();
        let error = read(dir.path(), Set::Test).unwrap_err();
        assert!(matches!(error, MnistError::Hash { .. }), "{error}");
    }

    #[test]
    fn a_label_above_nine_is_refused() {
        let error = Digits::new(vec![0; 2 * PIXELS], vec![3, 10]).unwrap_err();
        assert!(matches!(
            error,
            MnistError::Label {
                index: 1,
                label: 10
            }
        ));
    }
}
