//! `cortexscope brain`: a subcommand a file.

mod data;
mod evolve;
mod fit;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Fit models of neurons, drive neurons with images, and compare networks with brains.
#[derive(Args)]
pub(super) struct Brain {
    #[command(subcommand)]
    command: BrainCommand,
}

#[derive(Subcommand)]
enum BrainCommand {
    /// Evolve an image that drives a neuron, by its rates alone.
    Evolve(Box<evolve::Evolve>),
    /// Fit readouts of a layer's features to recorded neurons.
    Fit(Box<fit::FitCommand>),
}

impl Brain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            BrainCommand::Evolve(evolve) => evolve.run(),
            BrainCommand::Fit(fit) => fit.run(),
        }
    }
}
