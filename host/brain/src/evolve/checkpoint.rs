//! The answers of a neuron in a file, so that a search that was stopped goes on.
//!
//! The first line says what the search is. Each line after it has the answers to one
//! generation: the bits of each f64 in hexadecimal. A line that was cut short is left out.
//! A checkpoint in memory holds them for as long as the program runs.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use cortexscope_net::{RequestError, hex};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The answers of a neuron so far.
#[derive(Debug)]
pub struct Checkpoint {
    file: Option<(PathBuf, File)>,
    answers: Vec<f64>,
}

/// Why a checkpoint cannot be used.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// It cannot be read or written.
    #[error("cannot use the checkpoint {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is of another search.
    #[error(
        "the checkpoint {} is of another search: repeat the command that wrote it with the same network, natural images and decoder, or name another file",
        path.display()
    )]
    Another {
        /// The file.
        path: PathBuf,
    },
    /// It is not a checkpoint.
    #[error("{} is not a checkpoint of a search: line {line} has no answers", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl RequestError for CheckpointError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::File { .. })
    }
}

/// Bytes that are read: more queries than a search can make in a year.
const MOST_BYTES: u64 = 1 << 30;

impl Checkpoint {
    /// Opens the checkpoint of a search at `path`, or begins one. `search` says everything
    /// that the search depends on.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(path: &Path, search: &str) -> Result<Self, CheckpointError> {
        let at = || path.to_owned();
        let failed = |source| CheckpointError::File { path: at(), source };
        let head = format!("cortexscope-evolution-1 {}\n", hex(&Sha256::digest(search)));
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        if bytes > MOST_BYTES {
            return Err(CheckpointError::Another { path: at() });
        }
        let text = std::fs::read(path).map_err(failed)?;
        let whole = text
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        let mut answers = Vec::new();
        if whole == 0 {
            // Nothing, or a first line that was cut short.
            if !head.as_bytes().starts_with(&text) {
                return Err(CheckpointError::Another { path: at() });
            }
            file.set_len(0).map_err(failed)?;
            file.write_all(head.as_bytes()).map_err(failed)?;
        } else {
            let lines = text.get(..whole).unwrap_or_default();
            if !lines.starts_with(head.as_bytes()) {
                return Err(CheckpointError::Another { path: at() });
            }
            for (line, words) in lines.split(|&byte| byte == b'\n').enumerate().skip(1) {
                let damaged = || CheckpointError::Damaged {
                    path: at(),
                    line: line + 1,
                };
                let words = std::str::from_utf8(words).map_err(|_| damaged())?;
                for word in words.split_ascii_whitespace() {
                    let bits = u64::from_str_radix(word, 16).map_err(|_| damaged())?;
                    let answer = f64::from_bits(bits);
                    if !answer.is_finite() {
                        return Err(damaged());
                    }
                    answers.push(answer);
                }
            }
            file.set_len(whole as u64).map_err(failed)?;
        }
        Ok(Self {
            file: Some((at(), file)),
            answers,
        })
    }

    /// A checkpoint without a file, with no answers yet.
    pub fn in_memory() -> Self {
        Self {
            file: None,
            answers: Vec::new(),
        }
    }

    /// Answers that it holds.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Those of its answers that belong to `count` queries from `first` on.
    pub(super) fn answers(&self, first: usize, count: usize) -> &[f64] {
        let all = self.answers.get(first..).unwrap_or_default();
        &all[..count.min(all.len())]
    }

    pub(super) fn append(&mut self, answers: &[f64]) -> Result<(), CheckpointError> {
        self.answers.extend(answers);
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let words: Vec<String> = answers
            .iter()
            .map(|rate| format!("{:016x}", rate.to_bits()))
            .collect();
        let line = words.join(" ") + "\n";
        file.write_all(line.as_bytes())
            .map_err(|source| CheckpointError::File {
                path: path.clone(),
                source,
            })
    }
}
