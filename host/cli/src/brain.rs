//! `cortexscope brain`.

mod compare;
mod data;
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
    /// Compare a network, layer by layer, with dissimilarities or responses of brains.
    Compare(Box<compare::CompareCommand>),
    /// Fit readouts of a layer's features to recorded neurons.
    Fit(Box<fit::FitCommand>),
}

impl Brain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            BrainCommand::Compare(compare) => compare.run(),
            BrainCommand::Fit(fit) => fit.run(),
        }
    }
}
