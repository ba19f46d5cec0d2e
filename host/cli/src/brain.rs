//! `cortexscope brain`: a subcommand a file.

mod autoencode;
mod bars;
mod board;
mod compare;
mod control;
mod data;
mod demo;
mod evolve;
mod fit;
mod laboratory;
mod plant;
mod sites;
mod trials;

use crate::common::print_json;
use clap::{Args, Subcommand};
use cortexscope_present::documents::Document;
use std::process::ExitCode;

/// Fit models of neurons, drive neurons with images, and compare networks with brains.
#[derive(Args)]
pub(super) struct Brain {
    #[command(subcommand)]
    command: BrainCommand,
}

#[derive(Subcommand)]
enum BrainCommand {
    /// Run every experiment with neurons, and write one report.
    Demo(Box<demo::DemoCommand>),
    /// Evolve an image that drives a neuron, by its rates alone.
    Evolve(Box<evolve::Evolve>),
    /// Judge auto-encoders that predict neurons.
    Autoencode(Box<autoencode::AutoencodeCommand>),
    /// Compare a network, layer by layer, with dissimilarities or responses of brains.
    Compare(Box<compare::CompareCommand>),
    /// Make images that drive a fitted neuron, and compare them with controls.
    Control(Box<control::ControlCommand>),
    /// Fit readouts of a layer's features to recorded neurons.
    Fit(Box<fit::FitCommand>),
    /// Plant known neurons, and record spikes of them.
    Plant(Box<plant::PlantCommand>),
    /// Drive several fitted neurons, and draw what the whole population answers.
    Sites(Box<sites::SitesCommand>),
    /// Say what people answered to disturbed pictures, from a log of trials.
    Trials(Box<trials::TrialsCommand>),
}

impl Brain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            BrainCommand::Demo(demo) => demo.run(),
            BrainCommand::Evolve(evolve) => evolve.run(),
            BrainCommand::Autoencode(autoencode) => autoencode.run(),
            BrainCommand::Compare(compare) => compare.run(),
            BrainCommand::Control(control) => control.run(),
            BrainCommand::Fit(fit) => fit.run(),
            BrainCommand::Plant(plant) => plant.run(),
            BrainCommand::Sites(sites) => sites.run(),
            BrainCommand::Trials(trials) => trials.run(),
        }
    }
}

/// Prints a command's document: as JSON, or as `say` puts it for people.
fn tell<D: Document>(
    document: &D,
    as_json: bool,
    say: impl FnOnce(&D) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if as_json {
        print_json(document)
    } else {
        say(document)
    }
}
