//! A share of a study while it is made: what is found of it is kept in a file, so that an
//! interrupted one goes on.

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::asked::Asked;
use super::file::{PartFile, ShardError};
use super::range::Shard;
use cortexscope_net::RequestError;
use cortexscope_net::output::make_folder;

/// How often what is found is kept: an interrupted study falls back so far at most.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// Inputs of a piece: what studies that work in pieces do between two times at which what is
/// found may be kept.
const PIECE: usize = 8;

/// Which share of a study this process makes, and where what is found of it is kept.
#[derive(Clone, Debug)]
pub struct ShareRequest {
    /// The share, which is left as a part; `None` for the whole study, which leaves nothing.
    pub shard: Option<Shard>,
    /// The folder of the file that keeps it; without one nothing is kept.
    pub folder: Option<PathBuf>,
    /// The command line that makes it, without the program's name. It stands in the file, for
    /// whoever joins the parts.
    pub command: Vec<String>,
    /// Is told what an earlier process left, where it left something.
    pub resumed: fn(&Resumed),
}

impl ShareRequest {
    /// The whole study, of which nothing is kept.
    pub fn whole() -> Self {
        Self {
            shard: None,
            folder: None,
            command: Vec::new(),
            resumed: |_| (),
        }
    }
}

/// What an earlier process left of a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The file.
    pub path: PathBuf,
    /// Whether all of the share is there.
    pub is_finished: bool,
}

impl fmt::Display for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.is_finished {
            write!(f, "{path} is finished already: nothing is computed again")
        } else {
            write!(f, "going on from what is in {path}")
        }
    }
}

/// The work was ended before its last input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "interrupted after {done} of {inputs} inputs: {}",
    if *is_kept {
        "the same command goes on from there"
    } else {
        "with -o DIR the same command could go on from there"
    }
)]
pub struct Interrupted {
    /// Inputs that are done.
    pub done: usize,
    /// Inputs of the share.
    pub inputs: usize,
    /// Whether what was found is kept.
    pub is_kept: bool,
}

impl RequestError for Interrupted {
    fn is_request(&self) -> bool {
        false
    }
}

/// A part that is finished, in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedPart {
    /// The study: the name of its command.
    pub study: String,
    /// Numbers of its inputs.
    pub range: Range<usize>,
    /// Inputs of the whole study.
    pub inputs: usize,
    /// The file.
    pub path: PathBuf,
}

/// What the work on a share came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareEnd<T> {
    /// A part, to be joined with the others.
    Part(FinishedPart),
    /// The whole study.
    Whole(T),
}

/// The share of the inputs that this process does.
pub struct Share {
    /// Numbers of the inputs.
    pub inputs: Range<usize>,
    asked: Asked,
    is_part: bool,
    file: Option<PartFile>,
    resumed: fn(&Resumed),
    was_finished: bool,
    saved: Instant,
}

impl Share {
    /// The share of what is `asked` that `request` names. Its folder is made.
    ///
    /// # Errors
    /// [`ShardError::NoFolder`], or the folder cannot be made.
    pub fn begin(asked: Asked, request: &ShareRequest) -> Result<Self, ShardError> {
        let is_part = request.shard.is_some();
        if is_part && request.folder.is_none() {
            return Err(ShardError::NoFolder);
        }
        let inputs = request.shard.unwrap_or(Shard::WHOLE).range(asked.inputs);
        let file = match &request.folder {
            Some(folder) => {
                make_folder(folder)?;
                let (asked, command) = (asked.clone(), request.command.clone());
                Some(PartFile::new(folder, asked, command, inputs.clone()))
            }
            None => None,
        };
        Ok(Self {
            inputs,
            asked,
            is_part,
            file,
            resumed: request.resumed,
            was_finished: false,
            saved: Instant::now(),
        })
    }

    /// Inputs of a piece, for a study that works in pieces: all of them where nothing is kept.
    pub fn piece(&self) -> usize {
        match self.file {
            Some(_) => PIECE,
            None => self.inputs.len(),
        }
    }

    /// Makes the share: from what an earlier process kept of it, which must be something that
    /// `fits`, or from what `begin` gives, on to its end by `step`. `step` shows what it finds
    /// to a [`Keeper`], and ends with an error where it does not come to the end.
    ///
    /// # Errors
    /// Those of `step`, and [`ShardError`].
    pub fn make<T, E>(
        mut self,
        fits: impl FnOnce(&T) -> bool,
        begin: impl FnOnce() -> T,
        step: impl FnOnce(&mut T, &mut Keeper<'_>) -> Result<(), E>,
    ) -> Result<ShareEnd<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<ShardError>,
    {
        let mut found = self.load(fits)?.unwrap_or_else(begin);
        let mut keeper = Keeper {
            share: &mut self,
            failed: None,
        };
        let done = step(&mut found, &mut keeper);
        if let Some(error) = keeper.failed {
            return Err(error.into());
        }
        done?;
        Ok(match self.end(&found)? {
            Some(part) => ShareEnd::Part(part),
            None => ShareEnd::Whole(found),
        })
    }

    /// What an earlier process found of it.
    fn load<T>(&mut self, fits: impl FnOnce(&T) -> bool) -> Result<Option<T>, ShardError>
    where
        T: Serialize + DeserializeOwned,
    {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let Some(part) = file.load::<T>()? else {
            return Ok(None);
        };
        let path = file.path.clone();
        if !fits(&part.found) {
            return Err(ShardError::Damaged { path });
        }
        self.was_finished = part.is_finished;
        (self.resumed)(&Resumed {
            path,
            is_finished: part.is_finished,
        });
        Ok(Some(part.found))
    }

    /// Ends the work. A part is written and named; of a whole study the file goes, and its
    /// results are to be made.
    fn end<T: Serialize>(self, found: &T) -> Result<Option<FinishedPart>, ShardError> {
        let Some(file) = self.file else {
            return Ok(None);
        };
        if !self.is_part {
            if !self.was_finished {
                file.delete()?;
            }
            return Ok(None);
        }
        if !self.was_finished {
            file.save(found, true)?;
        }
        Ok(Some(FinishedPart {
            study: self.asked.study,
            range: self.inputs,
            inputs: self.asked.inputs,
            path: file.path,
        }))
    }
}

/// Keeps what is found of a share while the work goes on.
pub struct Keeper<'a> {
    share: &'a mut Share,
    /// Why something could not be kept.
    failed: Option<ShardError>,
}

impl Keeper<'_> {
    /// Keeps what is `found` so far if it is time to, or the work is to end, as `flow` says.
    /// The answer is whether it goes on: what cannot be kept ends the work too.
    pub fn keep<T: Serialize>(
        &mut self,
        found: impl FnOnce() -> T,
        flow: ControlFlow<()>,
    ) -> ControlFlow<()> {
        let is_over = flow.is_break();
        if let Some(file) = &self.share.file
            && (is_over || self.share.saved.elapsed() >= SAVE_EVERY)
        {
            match file.save(&found(), false) {
                Ok(()) => self.share.saved = Instant::now(),
                Err(error) => {
                    self.failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        flow
    }

    /// Whether there is a file that keeps what is found.
    pub fn keeps(&self) -> bool {
        self.share.file.is_some()
    }

    /// What to say where the work was ended after `done` inputs. What was found of them is to
    /// be kept before.
    pub fn interrupted(&self, done: usize) -> Interrupted {
        Interrupted {
            done,
            inputs: self.share.inputs.len(),
            is_kept: self.keeps(),
        }
    }
}

#[cfg(test)]
mod tests;
