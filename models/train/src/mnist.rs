//! MNIST as published: 60,000 training and 10,000 test digits, 28×28 grey.
//!
//! LeCun, Cortes, Burges: *The MNIST database of handwritten digits*.
//! The four files are accepted only with their published contents; every
//! accuracy in the project refers to exactly these digits.

use std::path::{Path, PathBuf};

use cortexscope_net::hex;
use cortexscope_net::input::idx::{self, IdxArray, IdxError};
use cortexscope_net::input::{MnistError, MnistSet};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Height and width of a digit in pixels.
pub const SIDE: usize = 28;
/// Pixels of a digit.
pub const PIXELS: usize = SIDE * SIDE;
/// Number of classes.
pub const CLASSES: usize = 10;
/// Training digits kept out of training, the last of the 60,000: the recipe's
/// choices were made on them.
pub const VALIDATION_COUNT: usize = 5_000;

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
pub enum PublishedError {
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
    /// Images and labels do not fit each other.
    #[error(transparent)]
    Set(#[from] MnistError),
}

/// Reads one published set from `dir` and says which files it came from.
///
/// # Errors
///
/// A file that is missing, unreadable or not the published one.
pub fn read(dir: &Path, set: Set) -> Result<(MnistSet, [FileRecord; 2]), PublishedError> {
    let [images, labels] = set.files();
    let (images, images_record) = read_file(dir, images)?;
    let (labels, labels_record) = read_file(dir, labels)?;
    let digits = MnistSet::from_arrays(images, labels)?;
    Ok((digits, [images_record, labels_record]))
}

/// The 60,000 training digits as the recipe uses them: 55,000 to train on and the
/// last 5,000 to validate on.
pub fn split_validation(digits: MnistSet) -> (MnistSet, MnistSet) {
    let training_count = digits.len().saturating_sub(VALIDATION_COUNT);
    digits.split_at(training_count)
}

/// SHA-256 in the form that people compare: 64 lowercase hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn read_file<const RANK: usize>(
    dir: &Path,
    published: Published,
) -> Result<(IdxArray<RANK>, FileRecord), PublishedError> {
    let path = dir.join(published.file);
    let gz = match std::fs::read(&path) {
        Ok(gz) => gz,
        Err(source) => return Err(PublishedError::Read { path, source }),
    };
    let found = sha256_hex(&gz);
    if found != published.sha256 {
        return Err(PublishedError::Hash {
            path,
            found,
            expected: published.sha256,
        });
    }
    let array = idx::parse(&gz).map_err(|source| PublishedError::Idx { path, source })?;
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
    fn the_shipped_test_digits_are_the_published_ones() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let (digits, [images, _]) = read(&models.join("mnist"), Set::Test).unwrap();
        assert_eq!((digits.len(), digits.size()), (10_000, [SIDE, SIDE]));
        assert_eq!(images.sha256, Set::Test.files()[0].sha256);
        let (training, validation) = split_validation(digits);
        assert_eq!((training.len(), validation.len()), (5_000, 5_000));
    }

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
        assert!(matches!(error, PublishedError::Hash { .. }), "{error}");
    }
}
