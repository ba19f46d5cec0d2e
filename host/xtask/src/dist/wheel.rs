//! The wheel, by maturin, from `pyproject.toml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::VERSION;
use super::tree::Tree;
use crate::setup::python;
use crate::{command, workspace};

/// Builds the wheel with the Cargo profile `profile`, with everything that `tree` shares,
/// and gives its path in `folder`.
///
/// # Errors
/// maturin cannot be installed, or it failed.
pub fn build(profile: &str, tree: &Tree, folder: &Path) -> Result<PathBuf> {
    let maturin = python::maturin()?;
    let data = Data::of(tree)?;
    let mut build = Command::new(maturin);
    build
        .current_dir(workspace::root())
        .args(["build", "--locked", "--profile", profile, "--out"])
        .arg(folder);
    let built = command::run(&mut build);
    drop(data);
    built?;
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let files = entries.collect::<std::io::Result<Vec<_>>>()?;
    let wheels = files.iter().map(|entry| entry.path());
    let mut wheels = wheels.filter(|path| path.extension().is_some_and(|kind| kind == "whl"));
    let wheel = wheels.next().context("maturin made no wheel")?;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    ensure!(
        name.starts_with(&format!("cortexscope-{VERSION}-py3-none-")) && wheels.next().is_none(),
        "maturin made {name}, not one wheel of version {VERSION} for this machine"
    );
    Ok(wheel)
}

/// What a wheel puts into a Python environment beside the program. maturin takes it from
/// a folder with this name beside `pyproject.toml`; it is there while maturin runs.
struct Data {
    folder: PathBuf,
}

impl Data {
    fn of(tree: &Tree) -> Result<Self> {
        let data = Self {
            folder: workspace::root().join("cortexscope.data"),
        };
        if data.folder.exists() {
            fs::remove_dir_all(&data.folder)?;
        }
        // Files in `data` go below the environment's own prefix.
        copy(&tree.share(), &data.folder.join("data/share"))?;
        Ok(data)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        // It is in .gitignore, and the next run removes it first.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}
