//! Emulators of parts, which others wrote: Unicorn from Python's registry, rp2040js from
//! npm's. Each lies in a folder of the project's own tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{browser, python, step};
use crate::{tools, workspace};

/// Where their sources in this repository are.
fn sources() -> PathBuf {
    workspace::root().join("tests/emulated-parts")
}

/// Gives the Python that has Unicorn and the script that emulates an RP2350 with it, after
/// installing it where it was missing.
///
/// # Errors
/// There is no Python, or it cannot be installed.
pub fn unicorn() -> Result<[PathBuf; 2]> {
    let source = sources().join("unicorn");
    let requirements = source.join("requirements.txt");
    let python = python::with_requirements(&tools::dir().join("unicorn"), &requirements)?;
    Ok([python, source.join("pico2.py")])
}

/// Gives the script that emulates an RP2040, beside the package rp2040js that it uses, after
/// installing that where it was missing.
///
/// # Errors
/// There is no npm, or it cannot fetch the package.
pub fn rp2040js() -> Result<PathBuf> {
    let folder = tools::dir().join("rp2040js");
    let is_new = copy_changed(&sources().join("rp2040js"), &folder)?;
    if is_new || !folder.join("node_modules/rp2040js/package.json").is_file() {
        browser::npm()?;
        let mut install = Command::new("npm");
        install
            .args(["ci", "--no-fund", "--no-audit"])
            .current_dir(&folder);
        step::run(
            "The firmware of the Pico is run in an emulator, rp2040js:",
            &mut install,
            "(Delete the folder target/tools/rp2040js to remove it.)",
        )?;
    }
    Ok(folder.join("pico.js"))
}

/// Copies script and manifests, whose paths decide where Node.js looks for packages; gives
/// whether another version of the package is asked for than before.
fn copy_changed(from: &Path, to: &Path) -> Result<bool> {
    const LOCK: &str = "package-lock.json";
    fs::create_dir_all(to)?;
    let is_new = fs::read(from.join(LOCK)).ok() != fs::read(to.join(LOCK)).ok();
    for file in ["package.json", LOCK, "pico.js"] {
        fs::copy(from.join(file), to.join(file)).with_context(|| file.to_owned())?;
    }
    Ok(is_new)
}
