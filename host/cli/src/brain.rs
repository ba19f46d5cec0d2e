//! `cortexscope brain`: a subcommand a file.

mod compare;
mod control;
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
    /// Compare a network, layer by layer, with dissimilarities or responses of brains.
    Compare(Box<compare::CompareCommand>),
    /// Make images that drive a fitted neuron, and compare them with controls.
    Control(Box<control::ControlCommand>),
    /// Fit readouts of a layer's features to recorded neurons.
    Fit(Box<fit::FitCommand>),
}

impl Brain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            BrainCommand::Evolve(evolve) => evolve.run(),
            BrainCommand::Compare(compare) => compare.run(),
            BrainCommand::Control(control) => control.run(),
            BrainCommand::Fit(fit) => fit.run(),
        }
    }
}
