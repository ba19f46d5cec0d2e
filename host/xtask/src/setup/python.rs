//! Python: environments of their own, and maturin, which makes the wheel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::packages::Packages;
use super::step;
use crate::{command, tools};

const MATURIN: &str = "maturin==1.16.0";
const PYTHON: &str = "python3";
/// Debian has the module `venv` without what it needs in a package of its own.
const VENV: Packages<'_> = Packages {
    why: "The wheel is built and tried in Python environments, which this machine cannot make.",
    names: &["python3", "python3-venv"],
    at_least: None,
};

/// Where an environment has its programs.
pub const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

/// Gives `maturin`, after installing it into an environment of the project's own where it
/// was missing.
///
/// # Errors
/// It cannot be installed.
pub fn maturin() -> Result<PathBuf> {
    let folder = tools::dir().join(MATURIN.replace("==", "-"));
    let programs = folder.join(PROGRAMS);
    let maturin = programs.join("maturin");
    if command::output(Command::new(&maturin).arg("--version")).is_ok() {
        return Ok(maturin);
    }
    new_environment(&folder)?;
    let mut install = Command::new(programs.join("python"));
    install.args(["-m", "pip", "install", "--quiet", MATURIN]);
    step::run(
        "The wheel is made by maturin, which pip installs into the project's own folder:",
        &mut install,
        "(Delete the folder to remove it.)",
    )?;
    Ok(maturin)
}

/// Gives the Python of an environment in `folder` that has what the file `requirements`
/// names, after making it where it was missing.
///
/// # Errors
/// It cannot be made, or something cannot be installed into it.
pub fn with_requirements(folder: &Path, requirements: &Path) -> Result<PathBuf> {
    let python = folder.join(PROGRAMS).join("python");
    let done = folder.join("requirements.txt");
    if fs::read(&done).ok() == Some(fs::read(requirements)?) {
        return Ok(python);
    }
    new_environment(folder)?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    command::run(install.arg(requirements))?;
    fs::copy(requirements, done)?;
    Ok(python)
}

/// Makes a new, empty environment with pip in `folder`, in place of what was there.
///
/// # Errors
/// There is no Python with its module for environments, and it cannot be installed.
pub fn new_environment(folder: &Path) -> Result<()> {
    let is_complete = || {
        let mut python = Command::new(PYTHON);
        command::output(python.args(["-c", "import ensurepip, venv"])).is_ok()
    };
    if !is_complete() {
        VENV.install()?;
        ensure!(
            is_complete(),
            "`{PYTHON} -m venv` still lacks a module: another Python may come first on PATH"
        );
    }
    let mut create = Command::new(PYTHON);
    create.args(["-m", "venv", "--clear"]).arg(folder);
    command::run(&mut create)
}
