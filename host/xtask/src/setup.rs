//! Finds what firmware, emulator and tests need, and sets up what is missing.
//!
//! Nobody is asked, and nobody has to be: what is set up lies in folders of its own, in
//! the rustup toolchain, or, where root runs this, in packages that change no other.

mod browser;
mod compiler;
pub mod emulator;
mod packages;
pub mod parts;
pub mod python;
mod step;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use self::packages::{Packages, Programs, Starter};
use self::step::add_to_rustup;
use crate::board::{Engine, boards};
use crate::{command, toolchain, tools};

pub use self::compiler::{standard_library, toolchain};

/// Sets up everything: compilers, emulators, and what the tests look at pages with.
///
/// # Errors
/// Something is missing and cannot be set up. The rest is there all the same.
pub fn everything() -> Result<()> {
    let firmware = boards().map(|board| {
        let target = board.target(Engine::Static);
        let toolchain = toolchain(target)?;
        eprintln!("{}: {} by {toolchain}", board.name, target.name());
        Ok(())
    });
    let firmware: Vec<Result<()>> = firmware.collect();
    all(firmware.into_iter().chain([for_tests()]))
}

/// Sets up what the tests use: emulators, browser and accessibility checker.
///
/// # Errors
/// Something is missing and cannot be set up. The rest is there all the same.
pub fn for_tests() -> Result<()> {
    all([
        emulator::find(),
        browser::find(),
        browser::accessibility_checker(),
        parts::unicorn().map(drop),
        parts::rp2040js().map(drop),
    ])
}

/// One error of all that there are.
fn all(results: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let errors = results.into_iter().filter_map(Result::err);
    let errors: Vec<String> = errors.map(|error| format!("{error:#}")).collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(anyhow!("{}", errors.join("\n")))
    }
}

/// Gives a folder that holds `cargo-fuzz`, after building it where it was missing.
///
/// # Errors
/// It cannot be built.
pub fn cargo_fuzz() -> Result<PathBuf> {
    const TOOL: &str = "cargo-fuzz";
    if let Some(folder) = command::find(TOOL).as_deref().and_then(Path::parent) {
        return Ok(folder.to_owned());
    }
    let tools = tools::dir();
    let folder = tools.join("bin");
    if !folder.join(TOOL).is_file() {
        let mut install = command::cargo();
        install
            .args(["install", "--locked", TOOL, "--root"])
            .arg(&tools);
        step::run(
            "The parsers are fuzzed with cargo-fuzz:",
            &mut install,
            "(Delete the folder to remove it.)",
        )?;
    }
    Ok(folder)
}

/// Gives a folder that holds `llvm-profdata` and `llvm-cov` of the compiler's own
/// LLVM, after setting them up where they were missing.
///
/// # Errors
/// They are missing, and cannot be fetched.
pub fn llvm_tools() -> Result<PathBuf> {
    let version = command::output(Command::new("rustc").arg("-vV"))?;
    let major = toolchain::llvm_major(&version).context("rustc does not name its LLVM")?;
    let name = format!("llvm-{major}");
    let find = || -> Result<Option<PathBuf>> {
        let installed = PathBuf::from(format!("/usr/lib/{name}/bin"));
        let folders = [toolchain::tool_dir()?, installed, tools::dir().join(&name)];
        let is_complete = |folder: &PathBuf| folder.join("llvm-cov").is_file();
        Ok(folders.into_iter().find(is_complete))
    };
    const WHY: &str = "Coverage is read with the tools of the compiler's LLVM:";
    if let Some(folder) = find()? {
        return Ok(folder);
    }
    if command::find("rustup").is_some() {
        match add_to_rustup(WHY, ["component", "add", "llvm-tools"]) {
            Ok(()) => return find()?.context("rustup's llvm-tools have no llvm-cov"),
            Err(error) => eprintln!("{error:#}"),
        }
    }
    let files = ["llvm-cov", "llvm-profdata"];
    let files = files.map(|file| format!("usr/lib/{name}/bin/{file}"));
    let programs = Programs {
        packages: Packages {
            why: "Coverage is read with the tools of the compiler's LLVM, which are missing.",
            names: &[&name],
            at_least: None,
        },
        folder: &name,
        files: &files.each_ref().map(String::as_str),
        starter: Starter::AS_IT_IS,
    };
    programs.set_up()?;
    find()?.with_context(|| format!("Debian's {name} has no llvm-cov"))
}
