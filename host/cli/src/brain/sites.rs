//! `cortexscope brain sites`.

use super::board::exit_code;
use super::laboratory::{LaboratoryArgs, board_of, keep_images, say_end};
use super::{Made, tell};
use crate::common::{blame, ctrl_c, wrong};
use crate::progress;
use clap::Args;
use cortexscope_brain::control::{ControlTrial, Goal, sites};
use cortexscope_present::documents::brain_sites::{
    BrainSites, DrivenGoal, DrivenSite, driven_goal,
};
use cortexscope_present::results::ResultFolder;
use cortexscope_present::scene::control::{self, Words};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

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

/// Neurons in the lecture's figure, and columns that a figure has room for.
const SITES: usize = 6;

impl SitesCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let document = self.make()?.document;
        tell(&document, self.json, say)?;
        Ok(exit_code(document.board.as_ref()))
    }

    /// Makes the images, and writes them, the figure and the receipt into the folder.
    pub fn make(&self) -> anyhow::Result<Made<BrainSites>> {
        let begun = Instant::now();
        let opened = self.laboratory.open()?;
        let fit = &opened.fit;
        let neurons = if self.neurons.is_empty() {
            (0..fit.readout.neurons().min(SITES)).collect()
        } else {
            self.neurons.clone()
        };
        if neurons.len() > SITES {
            return Err(wrong(format!("--neurons: give at most {SITES}")));
        }
        let protocol = self
            .laboratory
            .protocol(fit, Goal::Stretch, self.seeds, 0)?;
        let cancel = ctrl_c()?;
        let mut laboratory = self.laboratory.laboratory(&opened, &cancel)?;
        for &neuron in &neurons {
            laboratory.check(neuron).map_err(blame)?;
        }
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        let images = 2 * neurons.len() * self.seeds;
        let bar = progress::bar(self.laboratory.steps * images, "steps");
        let found = sites(&mut laboratory, &neurons, &protocol, &mut || {
            bar.inc(1);
            progress::go_on(&cancel)
        });
        let found = found.map_err(blame)?;
        bar.finish_and_clear();

        let mut driven = Vec::new();
        for site in &found {
            driven.push(DrivenSite {
                neuron: site.neuron,
                stretch: Self::kept(&results, &site.stretch)?,
                ohp: Self::kept(&results, &site.one_hot)?,
            });
        }
        let mut notes = Vec::new();
        if opened.named.is_none() {
            notes.push(
                "without --judge or --board the images are graded by the model that they were \
                 made with, which says nothing of control"
                    .to_owned(),
            );
        }
        let words = Words {
            model: &fit.model.name,
            layer: &fit.about.layer,
            judge: opened.named.as_deref(),
        };
        let drawing = control::sites(&found, words)?;
        let picture = results.drawing("sites.png", &drawing, 2).map_err(blame)?;
        let settings = protocol.settings;
        let document = BrainSites {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fit: self.laboratory.fit.display().to_string(),
            judge: opened.named.clone(),
            board: board_of(&mut laboratory)?,
            steps: settings.steps,
            rate: settings.rate,
            jitter: settings.jitter,
            variation: settings.variation,
            sites: driven,
            notes,
            picture: picture.display().to_string(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        results.receipt("sites.json", &document).map_err(blame)?;
        results.commit().map_err(blame)?;
        Ok(Made {
            document,
            drawings: vec![drawing],
        })
    }

    /// Writes the images of a trial, and says what was answered to them.
    fn kept(results: &ResultFolder, trial: &ControlTrial) -> anyhow::Result<DrivenGoal> {
        Ok(driven_goal(trial, &keep_images(results, trial)?))
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
