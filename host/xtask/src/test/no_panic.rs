//! Whether core, digit or wire could panic: the program in `tests/no-panic` is linked
//! with the core library as it is, and looked at.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::board::{Board, Engine};
use crate::command;
use crate::{elf, setup};

const PACKAGE: &str = "cortexscope-no-panic";

/// What the names of all of a panic's machinery hold, mangled: `core::panicking`.
const PANICKING: &str = "9panicking";

/// Links the program and finds no panic in it; and finds the one in the program
/// that has one, without which the first finding would say nothing.
///
/// # Errors
/// A public function can panic, or the program could not be linked.
pub fn check() -> Result<()> {
    ensure!(
        !panics(&["--features", "can-panic"])?.is_empty(),
        "a program that can panic has no symbol with `{PANICKING}`: this check sees nothing"
    );
    for features in [&[][..], &["--features", "cortexscope-core/small"]] {
        let found = panics(features)?;
        ensure!(
            found.is_empty(),
            "a public function of core, digit or wire can panic; the program that holds them all has {}. \
             `arm-none-eabi-objdump -dC` on it shows who calls that",
            found.join(", ")
        );
    }
    println!("no public function of core, digit and wire can panic");
    Ok(())
}

fn panics(features: &[&str]) -> Result<Vec<String>> {
    let board = Board::find("mps2-an386").map_err(anyhow::Error::msg)?;
    let target = board.target(Engine::Static);
    let toolchain = setup::toolchain(target)?;
    let mut build = toolchain.cargo("build", target)?;
    command::run(build.args(["--package", PACKAGE]).args(features))?;
    let file = toolchain.artefact(target, PACKAGE);
    let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
    elf::symbols_with(&bytes, PANICKING)
}
