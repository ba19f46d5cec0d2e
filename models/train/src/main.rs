//! `cortexscope-train`: trains the shipped networks and measures ONNX files.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a network and export it; interrupt it at will and go on with --resume
    Train(command::train::Args),
    /// Train auto-encoders that predict neurons, and the decoder of `brain evolve`
    Neuro(command::neuro::Args),
    /// Draw the sample of training digits that calibrates the quantisation
    Calibration(command::calibration::Args),
    /// Measure an ONNX file on the 10,000 test digits
    Evaluate(command::evaluate::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Train(args) => command::train::run(&args),
        Command::Neuro(args) => command::neuro::run(&args),
        Command::Calibration(args) => command::calibration::run(&args),
        Command::Evaluate(args) => command::evaluate::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
