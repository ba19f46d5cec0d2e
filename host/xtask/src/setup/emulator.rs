//! The emulator of the boards.
//!
//! It comes from the system's packages. Where installing it would remove a package that
//! is there, it is unpacked into `target/tools` instead, which changes nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::consent::Consent;
use crate::setup::apt;
use crate::workspace;

const QEMU: &str = "qemu-system-arm";

/// Makes sure that there is an emulator for the boards.
///
/// # Errors
/// It cannot be installed, or nobody agreed to it.
pub fn find(consent: Consent) -> Result<()> {
    if command::find(QEMU).is_none() && !unpacked().is_file() {
        let why = "The boards run on an emulator, QEMU:";
        let simulation = apt::look(&[QEMU], why, consent)?;
        if simulation.removes.is_empty() {
            apt::install(&[QEMU], why, consent)?;
        } else {
            let why = format!(
                "Installing {QEMU} would remove {}. It is unpacked into the project's own folder \
                 instead:",
                simulation.removes.join(", ")
            );
            let folder = workspace::tools_dir().join(QEMU);
            apt::unpack(&simulation.installs, &folder, &why, consent)?;
            write_starter(&folder, &unpacked())?;
        }
    }
    let version = command::output(Command::new(program()).arg("--version"))?;
    eprintln!("emulator: {}", version.lines().next().unwrap_or(QEMU));
    Ok(())
}

/// The emulator to start: the system's, or else the one that was unpacked.
pub fn program() -> PathBuf {
    match command::find(QEMU) {
        None if unpacked().is_file() => unpacked(),
        _ => QEMU.into(),
    }
}

/// What starts the emulator that was unpacked. The host program looks for it here, too.
fn unpacked() -> PathBuf {
    workspace::tools_dir().join("bin").join(QEMU)
}

/// Writes the script that starts the program in `folder` with its own libraries and data.
fn write_starter(folder: &Path, script: &Path) -> Result<()> {
    fs::create_dir_all(script.parent().context("it has no folder")?)?;
    fs::write(script, starter(folder)).with_context(|| script.display().to_string())?;
    command::run(Command::new("chmod").arg("+x").arg(script))
}

fn starter(folder: &Path) -> String {
    let usr = folder.join("usr");
    let usr = usr.display();
    format!(
        "#!/bin/sh\n\
         # Starts the emulator that was unpacked beside this file.\n\
         usr='{usr}'\n\
         for libraries in \"$usr\"/lib/*-linux-*; do\n    \
             LD_LIBRARY_PATH=\"$libraries${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\"\n\
         done\n\
         export LD_LIBRARY_PATH\n\
         exec \"$usr/bin/{QEMU}\" -L \"$usr/share/qemu\" \"$@\"\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{QEMU, write_starter};
    use crate::command;

    #[test]
    fn an_unpacked_emulator_starts_with_its_own_libraries_and_data() {
        let folder = std::env::temp_dir().join(format!("xtask-emulator-{}", std::process::id()));
        let usr = folder.join("usr");
        fs::create_dir_all(usr.join("bin")).unwrap();
        fs::create_dir_all(usr.join("lib/x86_64-linux-gnu")).unwrap();
        let program = usr.join("bin").join(QEMU);
        fs::write(&program, "#!/bin/sh\necho \"$LD_LIBRARY_PATH\" \"$@\"\n").unwrap();
        command::run(Command::new("chmod").arg("+x").arg(&program)).unwrap();
        let script = folder.join("bin").join(QEMU);
        write_starter(&folder, &script).unwrap();
        let mut start = Command::new(&script);
        start.arg("--version").env_remove("LD_LIBRARY_PATH");
        let said = command::output(&mut start).unwrap();
        let usr = usr.display();
        assert_eq!(
            said,
            format!("{usr}/lib/x86_64-linux-gnu -L {usr}/share/qemu --version\n")
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
