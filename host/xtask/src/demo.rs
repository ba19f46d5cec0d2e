//! From a fresh machine to streaming digits, or to what they cost.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::board::{self, Board, Engine};
use crate::consent::Consent;
use crate::{command, firmware, progress, setup};

/// Sets up what the board that `args` name needs, and runs `cortexscope SUBCOMMAND`
/// with them.
///
/// # Errors
/// Setting up or building failed. What the command itself says is in the exit code.
pub fn run(consent: Consent, subcommand: &str, args: &[String]) -> Result<ExitCode> {
    // A board without firmware, such as the native one, needs nothing.
    if let Ok(board) = Board::find(board_of(args)) {
        let toolchain = setup::toolchain(board.target(Engine::Static), consent)?;
        setup::emulator::find(consent)?;
        let firmware = firmware::build(&board, Engine::Static, &toolchain, None)?;
        eprintln!("firmware: {}", firmware.elf.display());
    }
    let cortexscope = |subcommand| {
        let mut cargo = command::cargo();
        cargo.args([subcommand, "--package", "cortexscope"]);
        cargo
    };
    progress::run(&mut cortexscope("build"), "cortexscope")?;
    let status = cortexscope("run")
        .args(["--quiet", "--", subcommand])
        .args(args)
        .status()
        .context("cargo did not start")?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
        .into())
}

fn board_of(args: &[String]) -> &str {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--board" {
            return args.next().map_or(board::DEFAULT, String::as_str);
        }
        if let Some(board) = arg.strip_prefix("--board=") {
            return board;
        }
    }
    board::DEFAULT
}

#[cfg(test)]
mod tests {
    use super::board_of;

    #[test]
    fn finds_the_board_among_the_arguments() {
        let board = |args: &[&str]| {
            board_of(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>()).to_owned()
        };
        assert_eq!(board(&[]), "mps2-an386");
        assert_eq!(board(&["--images", "3", "--board", "native"]), "native");
        assert_eq!(board(&["--board=native"]), "native");
        assert_eq!(board(&["--board"]), "mps2-an386");
    }
}
