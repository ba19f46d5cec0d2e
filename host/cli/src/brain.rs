//! `cortexscope brain`: a subcommand a file.

mod evolve;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// What physiologists do to neurons.
#[derive(Args)]
pub(super) struct Brain {
    #[command(subcommand)]
    command: BrainCommand,
}

#[derive(Subcommand)]
enum BrainCommand {
    /// Evolve an image that drives a neuron, by its rates alone.
    Evolve(Box<evolve::Evolve>),
}

impl Brain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            BrainCommand::Evolve(evolve) => evolve.run(),
        }
    }
}
