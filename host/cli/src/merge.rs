//! `cortexscope merge`.

use super::common::{blame, wrong};
use super::{Cli, Command, PROGRAM};
use clap::{Args, Parser};
use cortexscope_study::shard::Parts;
use std::path::PathBuf;
use std::process::ExitCode;

/// Joins the parts that `--shard` made into the results of the whole study.
///
/// The model and the data have to be where the parts' command line says. The results do not
/// depend on how many parts there were: every byte is the same.
#[derive(Args)]
pub(super) struct MergeCommand {
    /// The files of all parts, in any order, or folders with them.
    #[arg(required = true, value_name = "PARTS")]
    parts: Vec<PathBuf>,
    /// The folder for the document and the pictures.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    pub output: PathBuf,
    /// Print the document on stdout.
    #[arg(long)]
    pub json: bool,
}

impl MergeCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let parts = Parts::open(&self.parts).map_err(blame)?;
        let words = std::iter::once(PROGRAM).chain(parts.command.iter().map(String::as_str));
        let cli = Cli::try_parse_from(words).map_err(|error| {
            let line = parts.command.join(" ");
            wrong(format!(
                "the parts hold a command line that this program cannot read ({line}); make the \
                 parts again with this version: {error}"
            ))
        })?;
        match cli.command {
            Command::Top(top) => top.merge(&parts, self),
            Command::Robustness(robustness) => robustness.merge(&parts, self),
            Command::Attack(attack) => attack.merge(&parts, self),
            Command::Assess(assess) => assess.merge(&parts, self),
            _ => Err(wrong(
                "these parts are not from top, robustness, attack or assess, and only those can be \
                 merged",
            )),
        }
    }
}
