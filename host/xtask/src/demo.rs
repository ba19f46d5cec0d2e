//! From a fresh machine to streaming digits, or to what they cost.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::board::{self, Board, Engine, NATIVE};
use crate::{command, firmware, progress, setup};

/// Runs `cortexscope demo` with `args`, after setting up what the board that they name
/// needs. Where that fails and they name none, the board is [`NATIVE`].
///
/// # Errors
/// The board that `args` name cannot be set up, or the program cannot be built. What the
/// command itself says is in the exit code.
pub fn demo(args: &[String]) -> Result<ExitCode> {
    let mut args = args.to_vec();
    match set_up(&args) {
        Err(error) if Request::of(&args) == Request::Default => {
            eprintln!(
                "{error:#}.\nSo the demo runs the board's program on this computer: the board is \
                 `{NATIVE}`, not an emulated {}.",
                board::DEFAULT
            );
            args.extend(["--board", NATIVE].map(str::to_owned));
        }
        result => result?,
    }
    run("demo", &args)
}

/// Runs `cortexscope bench` with `args`, after setting up what the board that they name
/// needs, or every board for a table of all.
///
/// # Errors
/// As for [`demo`].
pub fn bench(args: &[String]) -> Result<ExitCode> {
    if args.iter().any(|arg| arg == "--boards") && Request::of(args) == Request::Default {
        for board in board::boards() {
            set_up_board(&board)?;
        }
    } else {
        set_up(args)?;
    }
    run("bench", args)
}

/// Sets up what the board needs that `args` ask for, if it needs anything: emulator,
/// compiler, firmware.
fn set_up(args: &[String]) -> Result<()> {
    let name = match Request::of(args) {
        Request::Nothing => return Ok(()),
        Request::Board(name) => name,
        Request::Default => board::DEFAULT,
    };
    // A board without firmware, such as the native one, needs nothing.
    Board::find(name).map_or(Ok(()), |board| set_up_board(&board))
}

fn set_up_board(board: &Board) -> Result<()> {
    let name = board.name;
    setup::emulator::find().with_context(|| format!("there is no emulator for {name}"))?;
    let toolchain = setup::toolchain(board.target(Engine::Static))
        .with_context(|| format!("there is no compiler for the firmware of {name}"))?;
    let firmware = firmware::build(board, Engine::Static, &toolchain, None)
        .with_context(|| format!("the firmware of {name} cannot be built"))?;
    eprintln!("firmware: {}", firmware.elf.display());
    Ok(())
}

fn run(subcommand: &str, args: &[String]) -> Result<ExitCode> {
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

/// The board that the arguments of a command ask for.
#[derive(Debug, PartialEq, Eq)]
enum Request<'a> {
    /// The one of this name.
    Board(&'a str),
    /// The usual one.
    Default,
    /// None: a recording is replayed, or the command explains itself.
    Nothing,
}

impl<'a> Request<'a> {
    fn of(args: &'a [String]) -> Self {
        let value_of = |name: &str| {
            let mut args = args.iter().map(String::as_str);
            while let Some(arg) = args.next() {
                match arg.strip_prefix(name) {
                    Some("") => return Some(args.next().unwrap_or_default()),
                    Some(rest) if rest.starts_with('=') => return Some(&rest[1..]),
                    _ => {}
                }
            }
            None
        };
        let explains = |arg: &String| ["-h", "--help"].contains(&arg.as_str());
        if args.iter().any(explains) || value_of("--replay").is_some() {
            return Self::Nothing;
        }
        // A serial port leads to a board that somebody chose.
        let port = value_of("--port").map(|_| board::DEFAULT);
        value_of("--board")
            .or(port)
            .map_or(Self::Default, Self::Board)
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn finds_the_board_among_the_arguments() {
        let check = |args: &[&str], expected: &Request<'_>| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(&Request::of(&args), expected, "{args:?}");
        };
        check(&[], &Request::Default);
        check(&["--images", "3"], &Request::Default);
        check(&["--boards"], &Request::Default);
        check(&["--boards", "--board=native"], &Request::Board("native"));
        let native = Request::Board("native");
        check(&["--images", "3", "--board", "native"], &native);
        check(&["--board=native"], &native);
        check(&["--port", "/dev/ttyACM0"], &Request::Board("mps2-an386"));
        check(
            &["--port=COM3", "--board", "stm32f405"],
            &Request::Board("stm32f405"),
        );
        check(&["--board"], &Request::Board(""));
        check(&["--replay", "session.ctxr"], &Request::Nothing);
        check(&["--board", "native", "--help"], &Request::Nothing);
    }
}
