//! `provenance.json`: where a model file comes from, enough to make it again.

use std::fmt;

use serde::Serialize;

use crate::{
    mnist::FileRecord,
    recipe::Recipe,
    session::{EpochRecord, Score},
};

/// Version of the document's form.
pub const SCHEMA: u32 = 1;

/// The document beside `NAME.onnx`.
#[derive(Debug, Serialize)]
pub struct Provenance {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What to type to make the file again.
    pub command: String,
    /// Every choice of the run.
    pub recipe: Recipe,
    /// What trained.
    pub trainer: Engine,
    /// What measured the exported file.
    pub judge: Engine,
    /// The files that were read.
    pub data: Data,
    /// The model file.
    pub onnx: OnnxRecord,
    /// The exported file on the validation digits.
    pub validation: Accuracy,
    /// The exported file on the 10,000 test digits, measured once, at the end.
    pub test: Accuracy,
    /// Loss and validation score of every epoch.
    pub history: Vec<EpochRecord>,
}

/// A program that had a part in the result.
#[derive(Debug, Serialize)]
pub struct Engine {
    /// Its name.
    pub name: &'static str,
    /// The version that the lock file pins.
    pub version: &'static str,
    /// The backend, where there is a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<&'static str>,
}

/// Files and how they were divided.
#[derive(Debug, Serialize)]
pub struct Data {
    /// All files, by name and hash.
    pub files: Vec<FileRecord>,
    /// Digits trained on: the first of the training files.
    pub training_digits: usize,
    /// Digits held out for choices: the last of the training files.
    pub validation_digits: usize,
    /// Digits of the test files.
    pub test_digits: usize,
}

/// The model file.
#[derive(Debug, Serialize)]
pub struct OnnxRecord {
    /// File name.
    pub file: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Trainable values.
    pub parameters: usize,
    /// Largest difference between tract's logits on the file and burn's on the
    /// network it was exported from, over the validation digits.
    pub largest_logit_difference: f32,
}

/// A score and what it is in per cent.
#[derive(Debug, Serialize)]
pub struct Accuracy {
    /// Rightly classified digits.
    pub correct: usize,
    /// All digits shown.
    pub total: usize,
    /// The share of right ones.
    pub percent: f64,
}

impl From<Score> for Accuracy {
    fn from(score: Score) -> Self {
        Self {
            correct: score.correct,
            total: score.total,
            percent: score.percent(),
        }
    }
}

impl Engine {
    /// burn, as this crate uses it.
    pub fn burn() -> Self {
        Self {
            name: "burn",
            version: locked_version("burn"),
            backend: Some("flex, one thread"),
        }
    }

    /// tract, as this crate uses it.
    pub fn tract() -> Self {
        Self {
            name: "tract",
            version: locked_version("tract-onnx"),
            backend: None,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)?;
        match self.backend {
            Some(backend) => write!(f, " ({backend})"),
            None => Ok(()),
        }
    }
}

/// The version of a package in the workspace's lock file.
fn locked_version(package: &str) -> &'static str {
    const LOCK: &str = include_str!("../../../Cargo.lock");
    let entry = format!("name = \"{package}\"\nversion = \"");
    LOCK.split_once(entry.as_str())
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("unknown", |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        assert!(Engine::burn().version.starts_with("0.22."));
        assert_eq!(Engine::tract().version, "0.23.9");
    }
}
