//! The emulator of the boards.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::packages::{Packages, Programs, Starter};
use crate::{command, tools};

const QEMU: &str = "qemu-system-arm";

/// The folder is one that the host program looks into, too.
const PROGRAMS: Programs<'_> = Programs {
    packages: Packages {
        why: "The boards run on QEMU, an emulator, which this machine does not have.",
        names: &[QEMU],
        at_least: None,
    },
    folder: QEMU,
    files: &["usr/bin/qemu-system-arm"],
    starter: Starter {
        environment: &[],
        arguments: &["-L", "\"$root/usr/share/qemu\""],
    },
};

/// Makes sure that there is an emulator for the boards.
///
/// # Errors
/// There is none, and its packages can be neither installed nor unpacked; or it does not
/// start.
pub fn find() -> Result<()> {
    if tools::find(QEMU, PROGRAMS.folder).is_none() {
        PROGRAMS.set_up()?;
    }
    let version = command::output(Command::new(program()).arg("--version"))
        .context("QEMU, the emulator, does not start")?;
    eprintln!("emulator: {}", version.lines().next().unwrap_or(QEMU));
    Ok(())
}

/// The emulator to start: the system's, or else the one that was unpacked.
pub fn program() -> PathBuf {
    tools::find(QEMU, PROGRAMS.folder).unwrap_or_else(|| QEMU.into())
}
