//! Tools that are set up for this project alone, in folders that may be deleted.

use std::path::PathBuf;

use crate::{command, workspace};

/// The folder of these tools. It does not follow `CARGO_TARGET_DIR`: the host program and
/// the tests look for the emulator and the browser here.
pub fn dir() -> PathBuf {
    workspace::root().join("target/tools")
}

/// Finds a program: on the path, or else in this `folder` of the project's own tools.
pub fn find(program: &str, folder: &str) -> Option<PathBuf> {
    let own = dir().join(folder).join(program);
    command::find(program).or_else(|| own.is_file().then_some(own))
}
