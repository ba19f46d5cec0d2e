//! `cortexscope brain control`.

use super::bars::shown;
use super::board::exit_code;
use super::laboratory::{LaboratoryArgs, say_end};
use super::tell;
use crate::common::{blame, ctrl_c};
use clap::{Args, ValueEnum};
use cortexscope_brain::control::Goal;
use cortexscope_present::brain::SavedExperiment;
use cortexscope_present::brain::control::{ControlRequest, control_neuron};
use cortexscope_present::documents::brain_control::BrainControl;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes images that drive a fitted neuron, and compares them with controls.
#[derive(Args)]
pub(super) struct ControlCommand {
    /// The neuron's response as high as possible, or high alone among all neurons of the fit.
    #[arg(value_enum)]
    goal: GoalArg,
    #[command(flatten)]
    laboratory: LaboratoryArgs,
    /// The neuron, from 0.
    #[arg(long, value_name = "N")]
    neuron: usize,
    /// Images, each from its own seed.
    #[arg(long, value_name = "N", default_value_t = 5)]
    seeds: usize,
    /// Images made for other neurons, as controls.
    #[arg(long, value_name = "N", default_value_t = 3, help_heading = "Controls")]
    others: usize,
    /// The folder for the images, the picture and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GoalArg {
    Stretch,
    Ohp,
}

impl ControlCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let document = self.make()?.document;
        tell(&document, self.json, say)?;
        Ok(exit_code(document.board.as_ref()))
    }

    /// Makes the images, and writes them, the picture and the receipt into the folder.
    fn make(&self) -> anyhow::Result<SavedExperiment<BrainControl>> {
        let request = self.request();
        let cancel = ctrl_c()?;
        let driven = shown(&cancel, |watch| control_neuron(&request, &cancel, watch));
        driven.map_err(blame)
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> ControlRequest {
        ControlRequest {
            laboratory: self.laboratory.request(),
            goal: match self.goal {
                GoalArg::Stretch => Goal::Stretch,
                GoalArg::Ohp => Goal::OneHot,
            },
            neuron: self.neuron,
            seeds: self.seeds,
            others: self.others,
            folder: self.output.clone(),
        }
    }
}

fn say(document: &BrainControl) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let judge = |score: Option<f64>| score.map_or_else(String::new, |s| format!(", judge {s:.3}"));
    for image in &document.images {
        writeln!(
            out,
            "seed {}: own {:.3}{}",
            image.seed,
            image.own,
            judge(image.judge)
        )?;
    }
    writeln!(
        out,
        "greatest of {} natural images: own {:.3}{}",
        document.natural_images,
        document.natural_max_own,
        judge(document.judge.as_ref().map(|_| document.natural_max))
    )?;
    for control in &document.controls {
        let of = control.of.map_or_else(String::new, |of| format!(" {of}"));
        let name = format!("{}{of}", control.name);
        writeln!(
            out,
            "{name}: own {:.3}{}",
            control.own,
            judge(control.judge)
        )?;
    }
    let board = document.board.as_ref();
    say_end(&mut out, board, &document.notes, &document.picture)?;
    Ok(())
}
