//! `--shard I/N`: a part of a study instead of the whole, and the file that keeps it.

use super::common::{blame, print_json, wrong};
use super::progress;
use clap::Args;
use cortexscope_present::documents::part::Part;
use cortexscope_study::shard::{FinishedPart, Shard, ShardError, ShareRequest};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Which share of the inputs.
#[derive(Args, Clone)]
pub(super) struct ShardArgs {
    /// Do share I of N shares of the inputs, I from 0, and leave what is found as a part in
    /// the folder of -o; `cortexscope merge` joins the parts of all shares.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

impl ShardArgs {
    /// Whether a part is wanted instead of the whole.
    pub fn is_given(&self) -> bool {
        self.shard.is_some()
    }

    /// The same in the library's terms; kept in `folder` where there is one.
    pub fn request(&self, folder: Option<&Path>) -> anyhow::Result<ShareRequest> {
        if self.is_given() && folder.is_none() {
            return Err(blame(ShardError::NoFolder));
        }
        Ok(ShareRequest {
            shard: self.shard,
            folder: folder.map(Path::to_owned),
            command: folder.map_or_else(|| Ok(Vec::new()), |_| command())?,
            resumed: |resumed| progress::note(resumed),
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
