//! Says what is done and why, and does it. Nobody is asked: what is done harms nothing.

use std::io;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::command;

/// Says why `command` is run, and what takes it back, and runs it.
///
/// # Errors
/// It failed.
pub fn run(why: &str, command: &mut Command, undo: &str) -> Result<()> {
    eprintln!("{why}\n    {}\n{undo}", command::line(command));
    carry_out(command)
}

/// Runs a command that cannot ask anything, and that says what it has to say on stderr:
/// what this program starts in the end may have stdout for a document.
///
/// # Errors
/// It failed.
pub fn carry_out(command: &mut Command) -> Result<()> {
    command::run(command.stdin(Stdio::null()).stdout(io::stderr()))
}

/// Has rustup add a target or a component to the toolchain that runs now.
///
/// # Errors
/// rustup is missing, or it cannot fetch it.
pub fn add_to_rustup(why: &str, [kind, add, name]: [&str; 3]) -> Result<()> {
    let mut rustup = Command::new("rustup");
    // Where rustup was is nothing to somebody who is offline.
    rustup.args([kind, add, name]).env("RUST_BACKTRACE", "0");
    let undo = format!("(`rustup {kind} remove {name}` removes it again.)");
    run(why, &mut rustup, &undo)
}
