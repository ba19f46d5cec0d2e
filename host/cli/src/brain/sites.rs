//! `cortexscope brain sites`.

use super::bars::shown;
use super::board::exit_code;
use super::laboratory::{LaboratoryArgs, say_end};
use super::tell;
use crate::common::{blame, ctrl_c};
use clap::Args;
use cortexscope_present::brain::SavedExperiment;
use cortexscope_present::brain::sites::{SitesRequest, drive_sites};
use cortexscope_present::documents::brain_sites::BrainSites;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Drives several fitted neurons in both ways, and draws images and responses of the whole
/// population in one figure.
#[derive(Args)]
pub(super) struct SitesCommand {
    #[command(flatten)]
    laboratory: LaboratoryArgs,
    /// The neurons, from 0 [default: the first six].
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    neurons: Vec<usize>,
    /// Images of each kind, each from its own seed; the figure shows the first.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: usize,
    /// The folder for the images, the figure and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

impl SitesCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let document = self.make()?.document;
        tell(&document, self.json, say)?;
        Ok(exit_code(document.board.as_ref()))
    }

    /// Makes the images, and writes them, the figure and the receipt into the folder.
    fn make(&self) -> anyhow::Result<SavedExperiment<BrainSites>> {
        let request = self.request();
        let cancel = ctrl_c()?;
        let driven = shown(&cancel, |watch| drive_sites(&request, &cancel, watch));
        driven.map_err(blame)
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> SitesRequest {
        SitesRequest {
            laboratory: self.laboratory.request(),
            neurons: self.neurons.clone(),
            seeds: self.seeds,
            folder: self.output.clone(),
        }
    }
}

fn say(document: &BrainSites) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    for site in &document.sites {
        for (name, goal) in [("stretch", &site.stretch), ("one-hot", &site.ohp)] {
            let Some(first) = goal.images.first() else {
                continue;
            };
            let judge = first
                .judge
                .map_or_else(String::new, |score| format!(", judge {score:.3}"));
            writeln!(
                out,
                "neuron {} {name}: own {:.3}{judge}; greatest natural {:.3}",
                site.neuron, first.own, goal.natural_max
            )?;
        }
    }
    let board = document.board.as_ref();
    say_end(&mut out, board, &document.notes, &document.picture)?;
    Ok(())
}
