//! Python: environments of their own, and maturin, which makes the wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::consent::Consent;
use crate::setup::apt;
use crate::{command, workspace};

const MATURIN: &str = "maturin==1.16.0";
const PYTHON: &str = "python3";

/// Where an environment has its programs.
pub const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

/// Gives `maturin`, after installing it into an environment of the project's own where it
/// was missing.
///
/// # Errors
/// It cannot be installed, or nobody agreed to it.
pub fn maturin(consent: Consent) -> Result<PathBuf> {
    let folder = workspace::tools_dir().join(MATURIN.replace("==", "-"));
    let programs = folder.join(PROGRAMS);
    let maturin = programs.join("maturin");
    if command::output(Command::new(&maturin).arg("--version")).is_ok() {
        return Ok(maturin);
    }
    new_environment(&folder, consent)?;
    let mut install = Command::new(programs.join("python"));
    install.args(["-m", "pip", "install", "--quiet", MATURIN]);
    consent.obtain(
        "The wheel is made by maturin, which pip installs into the project's own folder:",
        &[command::line(&install)],
    )?;
    command::run(&mut install)?;
    Ok(maturin)
}

/// Makes a new, empty environment with pip in `folder`, in place of what was there.
///
/// # Errors
/// There is no Python with its module for environments, and it cannot be installed.
pub fn new_environment(folder: &Path, consent: Consent) -> Result<()> {
    // Debian has the module `venv` without what it needs in a package of its own.
    let is_complete = || {
        let mut python = Command::new(PYTHON);
        command::output(python.args(["-c", "import ensurepip, venv"])).is_ok()
    };
    if !is_complete() {
        let why = "The wheel is built and tried in Python environments:";
        apt::install(&["python3", "python3-venv"], why, consent)?;
        ensure!(
            is_complete(),
            "`{PYTHON} -m venv` still lacks a module: another Python may come first on PATH"
        );
    }
    let mut create = Command::new(PYTHON);
    create.args(["-m", "venv", "--clear"]).arg(folder);
    command::run(&mut create)
}
