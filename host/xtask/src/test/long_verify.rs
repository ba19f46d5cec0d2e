//! `verify` of the program at a length that people do not wait for: every shipped model on
//! the board in this process and on every emulated one, byte by byte against tract.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::board::{Board, Engine, NATIVE, Transport, boards};
use crate::last_run::{Circumstances, LastRuns};
use crate::test::emulated_parts::{self, Emulator};
use crate::{command, firmware, setup, workspace};

/// Where the last results are kept.
const LAST_RUN: &str = "tests/last-run.toml";

/// Digits that a board compares.
fn digits(board: &str) -> &'static str {
    if board == NATIVE { "10000" } else { "1000" }
}

/// Every board that needs no part.
pub fn without_part() -> impl Iterator<Item = &'static str> {
    let emulated = boards()
        .filter(|board| matches!(board.transport, Transport::Qemu { .. }))
        .map(|board| board.name);
    [NATIVE]
        .into_iter()
        .chain(emulated)
        .chain(Emulator::ALL.map(|(board, _)| board))
}

/// Verifies every shipped model on the board `name`, and keeps the results in the repository.
/// `program` is the program that was built.
///
/// # Errors
/// A byte differs, something cannot be built or started, or this is no checkout of Git.
pub fn check(name: &str, program: &Path) -> Result<()> {
    let circumstances = Circumstances::now()?;
    for model in shipped()? {
        let result = verify(name, &model, program)?;
        println!("{result}");
        let title = format!("{model} on {name}");
        LastRuns::open(LAST_RUN)?.replace(&title, &circumstances, result)?;
    }
    println!("kept in {LAST_RUN}");
    Ok(())
}

/// Gives what the program says of it.
fn verify(name: &str, model: &str, program: &Path) -> Result<String> {
    let emulator = Emulator::ALL.iter().find(|(board, _)| *board == name);
    let part = match emulator {
        Some(&(_, emulator)) => Some(emulated_parts::boot(name, emulator, model, program)?),
        None => {
            build(name)?;
            None
        }
    };
    let mut verify = Command::new(program);
    verify.args(["verify", "--quiet", "--board", name, "--model", model]);
    verify.args(["--images", digits(name)]);
    if let Some(part) = &part {
        verify.args(["--port", &part.port]);
    }
    Ok(command::output(&mut verify)?.trim().to_owned())
}

/// Builds the firmware of an emulated board.
fn build(name: &str) -> Result<()> {
    if name == NATIVE {
        return Ok(());
    }
    let board = Board::find(name).map_err(anyhow::Error::msg)?;
    let toolchain = setup::toolchain(board.target(Engine::Static))?;
    firmware::build(&board, Engine::Static, &toolchain, None)?;
    Ok(())
}

/// Names of the models that a board gets as a file, in order.
fn shipped() -> Result<Vec<String>> {
    let folder = workspace::root().join("models");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().join(format!("{name}.ctx")).is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{shipped, without_part};

    #[test]
    fn every_shipped_model_and_every_board_that_is_emulated_takes_part() {
        assert_eq!(
            shipped().unwrap(),
            ["lecture-lenet", "lenet5", "winml-mnist"]
        );
        let boards: Vec<_> = without_part().collect();
        for name in [
            "native",
            "mps2-an386",
            "microbit",
            "pico",
            "pico2",
            "stm32f405",
        ] {
            assert!(boards.contains(&name), "{name}: {boards:?}");
        }
        assert!(!boards.contains(&"microbit-v2"), "{boards:?}");
    }
}
