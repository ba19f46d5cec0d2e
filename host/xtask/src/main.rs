//! Set-up, firmware builds, the demonstration and the test command.
//!
//! | module | what it does |
//! |---|---|
//! | `board`, `workspace`, `tools`, `toolchain` | which boards there are, where things are, which compiler builds firmware |
//! | `setup` | finds compiler, emulator and browser, and sets up what is missing |
//! | `firmware`, `elf`, `hex`, `launch`, `command` | builds a board's firmware, says what it takes, starts it |
//! | `dist` | packs program and firmware into what users install |
//! | `demo`, `progress` | sets up, builds and says how far the build is, and runs the host program |
//! | `test`, `fuzz`, `licences` | the test command and its longer checks |
//! | `last_run` | the last result of what runs by name alone |
//!
//! Architecture invariant: of the workspace this package depends on `cortexscope-boards`
//! and `cortexscope-uf2` alone. It builds in seconds, so that it can set up what the
//! others need to build at all. It has no examples that run: it is a program.

mod board;
mod command;
mod demo;
mod dist;
mod elf;
mod firmware;
mod fuzz;
mod hex;
mod last_run;
mod launch;
mod licences;
mod progress;
mod setup;
mod test;
mod toolchain;
mod tools;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

use crate::board::{Board, Engine};

/// Sets up, builds and tests Cortexscope.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Finds the cross compiler, the emulator and the tests' browser, and sets up
    /// what is missing, in the project's own folder wherever it can.
    Setup {
        /// Does nothing: set-up asks no questions.
        #[arg(long = "yes", hide = true)]
        _yes: bool,
    },
    /// Builds the firmware of a board into a folder of its own under target/firmware.
    Firmware {
        #[arg(long, default_value = board::DEFAULT, value_parser = Board::find)]
        board: Board,
        /// What runs the network; tract takes minutes to build.
        #[arg(long, default_value = Engine::Static.name(), value_parser = engine_parser())]
        engine: Engine,
        /// Make it for few bytes of flash, not for few instructions. Its file ends in
        /// `-small.elf`.
        #[arg(long)]
        small: bool,
        /// A board image to link in; without it, the image is placed by the
        /// emulator or flashed apart.
        #[arg(long, value_name = "FILE")]
        model: Option<PathBuf>,
        /// Does nothing: set-up asks no questions.
        #[arg(long = "yes", hide = true)]
        _yes: bool,
    },
    /// Starts an ELF file on the board that it is named after; what `cargo run` does
    /// in a board's folder.
    Run {
        /// The ELF file.
        elf: PathBuf,
    },
    /// Builds what users install into target/dist: an archive and a wheel of the program
    /// with the firmware of every board, and their SHA-256 sums.
    Dist {
        /// The Cargo profile of the program.
        #[arg(long, value_name = "NAME", default_value = "release")]
        profile: String,
    },
    /// Sets up, builds the firmware and runs `cortexscope demo`.
    #[command(disable_help_flag = true)]
    Demo {
        /// Does nothing: set-up asks no questions.
        #[arg(long = "yes", hide = true)]
        _yes: bool,
        /// What follows goes to `cortexscope demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Fuzzes what parses bytes from outside, or says how much of it fuzzing reached.
    Fuzz {
        /// Stop each target after N inputs.
        #[arg(long, value_name = "N", default_value_t = 10_000_000)]
        runs: u64,
        /// Fuzz nothing: print the coverage of the inputs that were found so far.
        #[arg(long, conflicts_with = "runs")]
        coverage: bool,
        /// Does nothing: set-up asks no questions.
        #[arg(long = "yes", hide = true)]
        _yes: bool,
        /// The targets; all without a name.
        targets: Vec<String>,
    },
    /// Sets up, builds the firmware and runs `cortexscope bench`: what each layer costs.
    #[command(disable_help_flag = true)]
    Bench {
        /// Does nothing: set-up asks no questions.
        #[arg(long = "yes", hide = true)]
        _yes: bool,
        /// What follows goes to `cortexscope bench`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Runs every check but the longest, or those whose name contains one of the filters.
    Test {
        /// Does nothing: set-up asks no questions.
        #[arg(long = "yes", hide = true)]
        _yes: bool,
        /// A folder of models and photographs that this repository may not ship: also
        /// runs the tests that read it. They fail where one of its files is missing.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Only name the checks.
        #[arg(long)]
        list: bool,
        /// Run the one check of this name and print no summary: what the command itself
        /// starts for the checks that run beside others.
        #[arg(long, hide = true, conflicts_with_all = ["list", "filters"])]
        only: Option<String>,
        filters: Vec<String>,
    },
}

/// Takes the name of an engine.
fn engine_parser() -> impl TypedValueParser<Value = Engine> {
    PossibleValuesParser::new(Engine::ALL.map(Engine::name)).map(|name| {
        let named = Engine::ALL.into_iter().find(|engine| engine.name() == name);
        named.unwrap_or_default()
    })
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Setup { .. } => setup::everything()?,
        Task::Firmware {
            board,
            engine,
            small,
            model,
            ..
        } => {
            ensure!(
                !small || engine != Engine::Tract,
                "only the static engine can be made small"
            );
            let engine = if small { Engine::Small } else { engine };
            ensure!(
                board.runs(engine),
                "{} has no firmware with this engine: see `cargo xtask firmware --help`",
                board.name
            );
            let toolchain = setup::toolchain(board.target(engine))?;
            firmware::build(&board, engine, &toolchain, model.as_deref())?.print();
        }
        Task::Run { elf } => command::run(&mut launch::command(&elf)?)?,
        Task::Demo { args, .. } => return demo::demo(&args),
        Task::Bench { args, .. } => return demo::bench(&args),
        Task::Dist { profile } => drop(dist::make(&profile)?),
        Task::Fuzz {
            coverage: true,
            targets,
            ..
        } => fuzz::coverage(&targets)?,
        Task::Fuzz { runs, targets, .. } => fuzz::at_length(&targets, runs)?,
        Task::Test {
            list: true,
            filters,
            ..
        } => test::list(&filters)?,
        Task::Test {
            only: Some(name),
            data,
            ..
        } => return test::run_one(&name, data.as_deref()),
        Task::Test { data, filters, .. } => return test::run(data.as_deref(), &filters),
    }
    Ok(ExitCode::SUCCESS)
}
