//! `--shard I/N`: a part of a study instead of the whole, and the file that keeps it.

use super::common::{blame, print_json, wrong};
use super::progress;
use clap::Args;
use cortexscope_net::output::make_folder;
use cortexscope_present::documents::part::Part;
use cortexscope_study::shard::{Asked, FinishedPart, PartFile, Shard, ShardError, ShareRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often a study is saved: an interrupted one falls back so far at most.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// Which share of the inputs.
#[derive(Args, Clone)]
pub(super) struct ShardArgs {
    /// Do share I of N shares of the inputs, I from 0, and leave what is found as a part in
    /// the folder of -o; `cortexscope merge` joins the parts of all shares.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

/// The share of the inputs that this process does.
pub(super) struct Share {
    /// Numbers of the inputs.
    pub inputs: Range<usize>,
    asked: Asked,
    is_part: bool,
    file: Option<PartFile>,
    was_finished: bool,
    saved: Instant,
}

impl ShardArgs {
    /// Whether a part is wanted instead of the whole.
    pub fn is_given(&self) -> bool {
        self.shard.is_some()
    }

    /// The same in the library's terms; kept in `folder` where there is one.
    pub fn request(&self, folder: Option<&Path>) -> anyhow::Result<ShareRequest> {
        Ok(ShareRequest {
            shard: self.shard,
            folder: folder.map(Path::to_owned),
            command: folder.map_or_else(|| Ok(Vec::new()), |_| command())?,
            resumed: |resumed| progress::note(resumed),
        })
    }

    /// The share of what is `asked`, kept in `folder` where there is one.
    pub fn share(&self, asked: Asked, folder: Option<&Path>) -> anyhow::Result<Share> {
        if self.is_given() && folder.is_none() {
            return Err(wrong(
                "--shard: give -o DIR, the folder that the part goes into",
            ));
        }
        let inputs = self.shard.unwrap_or(Shard::WHOLE).range(asked.inputs);
        let file = match folder {
            Some(folder) => {
                make_folder(folder).map_err(blame)?;
                let command = command()?;
                Some(PartFile::new(
                    folder,
                    asked.clone(),
                    command,
                    inputs.clone(),
                ))
            }
            None => None,
        };
        Ok(Share {
            inputs,
            asked,
            is_part: self.is_given(),
            file,
            was_finished: false,
            saved: Instant::now(),
        })
    }
}

/// The command line of this process without the program's name.
fn command() -> anyhow::Result<Vec<String>> {
    let words = std::env::args_os()
        .skip(1)
        .map(std::ffi::OsString::into_string);
    words
        .collect::<Result<_, _>>()
        .map_err(|word| wrong(format!("an argument is not UTF-8 text: {}", word.display())))
}

/// Names a part that is finished, and that is all of it.
pub(super) fn print_part(part: FinishedPart, json: bool) -> anyhow::Result<ExitCode> {
    let document = Part::from(part);
    if json {
        print_json(&document)?;
    } else {
        writeln!(crate::printer::stdout(), "{}", document.part)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Share {
    /// What an earlier process found of it, if `fits` says that it can be.
    pub fn load<T>(&mut self, fits: impl Fn(&T) -> bool) -> anyhow::Result<Option<T>>
    where
        T: Serialize + DeserializeOwned,
    {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let Some(part) = file.load::<T>().map_err(blame)? else {
            return Ok(None);
        };
        if !fits(&part.found) {
            let path = file.path.clone();
            return Err(blame(ShardError::Damaged { path }));
        }
        self.was_finished = part.is_finished;
        let path = file.path.display();
        progress::note(if part.is_finished {
            format!("{path} is finished already: nothing is computed again")
        } else {
            format!("going on from what is in {path}")
        });
        Ok(Some(part.found))
    }

    /// Keeps what is found so far if it is time to, or the work `is_over` before its end.
    pub fn keep<T: Serialize>(
        &mut self,
        found: impl FnOnce() -> T,
        is_over: bool,
    ) -> Result<(), ShardError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        if is_over || self.saved.elapsed() >= SAVE_EVERY {
            file.save(&found(), false)?;
            self.saved = Instant::now();
        }
        Ok(())
    }

    /// The same as an answer to work that reports; `failed` takes why it could not be kept.
    pub fn go_on<T: Serialize>(
        &mut self,
        found: impl FnOnce() -> T,
        is_over: bool,
        failed: &mut Option<ShardError>,
    ) -> ControlFlow<()> {
        *failed = self.keep(found, is_over).err();
        if is_over || failed.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Says that it was interrupted, and how to go on.
    pub fn interrupted(&self, done: usize) -> anyhow::Error {
        let after = format!("interrupted after {done} of {} inputs", self.inputs.len());
        let what = if self.file.is_some() {
            "the same command goes on from there"
        } else {
            "with -o DIR the same command could go on from there"
        };
        anyhow::anyhow!("{after}: {what}")
    }

    /// Ends the work. A part is written and named, and that is all; of a whole study the file
    /// goes, and its results are to be made.
    pub fn end<T: Serialize>(&self, found: &T, json: bool) -> anyhow::Result<Option<ExitCode>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        if !self.is_part {
            if !self.was_finished {
                file.delete().map_err(blame)?;
            }
            return Ok(None);
        }
        if !self.was_finished {
            file.save(found, true).map_err(blame)?;
        }
        let document = Part {
            study: self.asked.study.clone(),
            from: self.inputs.start,
            to: self.inputs.end,
            inputs: self.asked.inputs,
            part: file.path.display().to_string(),
        };
        if json {
            print_json(&document)?;
        } else {
            writeln!(crate::printer::stdout(), "{}", document.part)?;
        }
        Ok(Some(ExitCode::SUCCESS))
    }
}
