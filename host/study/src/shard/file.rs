//! A part in its file.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::asked::Asked;
use cortexscope_net::file::{self, FileFault};
use cortexscope_net::output::{self, OutputError};
use cortexscope_net::{RequestError, hex};

/// Version of the file's form.
const FORMAT: u32 = 1;
/// Bytes of a part: more is refused, on writing and on reading.
#[cfg(not(test))]
const MAX_BYTES: u64 = 1 << 30;
/// A test needs no gigabyte to see the bound held.
#[cfg(test)]
const MAX_BYTES: u64 = 1 << 16;

/// What was found of some of the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part<T> {
    /// Version of the form.
    format: u32,
    /// What it is a part of.
    pub asked: Asked,
    /// The command line that makes it, without the program's name.
    pub command: Vec<String>,
    /// Number of its first input, from 0.
    pub from: usize,
    /// Number of the input after its last.
    pub to: usize,
    /// Whether all of it is there.
    pub is_finished: bool,
    /// SHA-256 of `found` as it is written, in hexadecimal.
    sha256: String,
    /// What was found.
    pub found: T,
}

/// Why a part cannot be used.
#[derive(Debug, Error)]
pub enum ShardError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// It would not be read again.
    #[error("{} would have {bytes} bytes, and at most {MAX_BYTES} of a part are read: run the study in more shards", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        bytes: u64,
    },
    /// It is damaged, or something else.
    #[error("{} is not a part of a study, or is damaged: delete it and run its command again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error("{} has form {format}, and this program reads {FORMAT}: run its command again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its form.
        format: u32,
    },
    /// Its work was interrupted.
    #[error("{} is not finished: run its command again, which goes on from there: cortexscope {}", path.display(), command.join(" "))]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// The command.
        command: Vec<String>,
    },
    /// Two are of different studies.
    #[error("{} and {} do not belong together: they differ in the {what}", first.display(), second.display())]
    Foreign {
        /// One.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// In what they differ.
        what: &'static str,
    },
    /// Two have the same inputs.
    #[error("{} and {} both have input {input}: give one of them", first.display(), second.display())]
    Overlap {
        /// One.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The first input that both have.
        input: usize,
    },
    /// Some inputs are in no part.
    #[error("no part has the inputs {from} to {} of {inputs}: give the part that has them too, or run the shard that makes it", to - 1)]
    Missing {
        /// The first input.
        from: usize,
        /// The input after the last.
        to: usize,
        /// How many there are.
        inputs: usize,
    },
    /// There is nothing to join.
    #[error("there is no part: give the files of parts, or the folder where they are")]
    Nothing,
    /// A share has nowhere to be left.
    #[error("--shard: give -o DIR, the folder that the part goes into")]
    NoFolder,
    /// The parts do not count as many inputs as they say.
    #[error("the parts do not count as many inputs as they say")]
    Count,
    /// What the parts were made of is not what it was.
    #[error(
        "the {what} is not the one that the parts were made with: join them where that is, or make them again"
    )]
    Changed {
        /// What has changed.
        what: &'static str,
    },
}

impl RequestError for ShardError {
    fn is_request(&self) -> bool {
        match self {
            Self::Read { .. } | Self::Count => false,
            Self::Write(error) => error.is_request(),
            _ => true,
        }
    }
}

/// The digest of what was found, as it is written.
fn digest<T: Serialize>(found: &T) -> Option<String> {
    let text = serde_json::to_vec(found).ok()?;
    Some(hex(&Sha256::digest(text)))
}

/// The part in the file at `path`, whose `found` nobody has compared with its digest; none
/// where nothing is there.
pub(super) fn read_unchecked<T>(path: &Path) -> Result<Option<Part<T>>, ShardError>
where
    T: DeserializeOwned,
{
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let damaged = || ShardError::Damaged {
        path: path.to_owned(),
    };
    let bytes = match file::read(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if is_something_else(&error) => return Err(damaged()),
        Err(source) => {
            let path = path.to_owned();
            return Err(ShardError::Read { path, source });
        }
    };
    let form: Form = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
    if form.format != FORMAT {
        return Err(ShardError::Format {
            path: path.to_owned(),
            format: form.format,
        });
    }
    let part: Part<T> = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
    let is_within = part.from <= part.to && part.to <= part.asked.inputs;
    is_within.then_some(Some(part)).ok_or_else(damaged)
}

/// Whether what was read is no part, as its first bytes tell.
fn is_something_else(error: &io::Error) -> bool {
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(
        fault,
        Some(FileFault::Empty | FileFault::LfsPointer | FileFault::WebPage)
    )
}

/// The part in the file at `path`; none where nothing is there.
pub(super) fn read<T>(path: &Path) -> Result<Option<Part<T>>, ShardError>
where
    T: Serialize + DeserializeOwned,
{
    let Some(part) = read_unchecked::<T>(path)? else {
        return Ok(None);
    };
    let is_whole = digest(&part.found).is_some_and(|digest| digest == part.sha256);
    let path = path.to_owned();
    is_whole
        .then_some(Some(part))
        .ok_or(ShardError::Damaged { path })
}

/// Where a part is kept while the work on it goes on, and when it is done. Its name says what
/// was asked and which inputs it has, so that the same command finds it again, and parts of
/// different studies lie in one folder.
#[derive(Clone, Debug)]
pub struct PartFile {
    /// The file.
    pub path: PathBuf,
    asked: Asked,
    command: Vec<String>,
    inputs: Range<usize>,
}

impl PartFile {
    /// The file in `folder` of what `asked` has of `inputs`; `command` makes it, and stands in
    /// it for whoever joins the parts.
    pub fn new(folder: &Path, asked: Asked, command: Vec<String>, inputs: Range<usize>) -> Self {
        let name = format!(
            "{}-{}-{}-{}.part.json",
            asked.study,
            asked.name(),
            inputs.start,
            inputs.end
        );
        Self {
            path: folder.join(name),
            asked,
            command,
            inputs,
        }
    }

    /// What was found before, or nothing where nothing is there.
    ///
    /// # Errors
    /// [`ShardError`].
    pub fn load<T>(&self) -> Result<Option<Part<T>>, ShardError>
    where
        T: Serialize + DeserializeOwned,
    {
        let Some(part) = read::<T>(&self.path)? else {
            return Ok(None);
        };
        let is_mine = part.asked == self.asked && (part.from..part.to) == self.inputs;
        is_mine.then_some(Some(part)).ok_or(ShardError::Damaged {
            path: self.path.clone(),
        })
    }

    /// Writes what is found, whole or not at all.
    ///
    /// # Errors
    /// [`ShardError::Write`].
    pub fn save<T: Serialize>(&self, found: &T, is_finished: bool) -> Result<(), ShardError> {
        let part = Part {
            format: FORMAT,
            asked: self.asked.clone(),
            command: self.command.clone(),
            from: self.inputs.start,
            to: self.inputs.end,
            is_finished,
            sha256: digest(found).unwrap_or_default(),
            found,
        };
        let failed = |error| {
            ShardError::Write(OutputError::Write {
                path: self.path.clone(),
                source: io::Error::from(error),
            })
        };
        let text = serde_json::to_vec(&part).map_err(failed)?;
        let bytes = text.len() as u64;
        if bytes > MAX_BYTES {
            let path = self.path.clone();
            return Err(ShardError::TooLarge { path, bytes });
        }
        Ok(output::write(&self.path, &text)?)
    }

    /// Deletes the file of a whole study that is done.
    ///
    /// # Errors
    /// [`ShardError::Write`].
    pub fn delete(&self) -> Result<(), ShardError> {
        match std::fs::remove_file(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                let path = self.path.clone();
                Err(OutputError::Write { path, source }.into())
            }
            _ => Ok(()),
        }
    }
}
