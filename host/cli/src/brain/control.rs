//! `cortexscope brain control`.

use super::board::exit_code;
use super::laboratory::{LaboratoryArgs, board_of, keep_images, say_end};
use super::{Made, tell};
use crate::common::{blame, ctrl_c};
use crate::progress;
use clap::{Args, ValueEnum};
use cortexscope_brain::control::Goal;
use cortexscope_present::documents::brain_control::{BrainControl, control_images, driven_images};
use cortexscope_present::results::ResultFolder;
use cortexscope_present::scene::control::{self, Words, goal_name};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

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
    pub fn make(&self) -> anyhow::Result<Made<BrainControl>> {
        let begun = Instant::now();
        let goal = match self.goal {
            GoalArg::Stretch => Goal::Stretch,
            GoalArg::Ohp => Goal::OneHot,
        };
        let opened = self.laboratory.open()?;
        let fit = &opened.fit;
        let protocol = self
            .laboratory
            .protocol(fit, goal, self.seeds, self.others)?;
        let cancel = ctrl_c()?;
        let mut laboratory = self.laboratory.laboratory(&opened, &cancel)?;
        laboratory.check(self.neuron).map_err(blame)?;
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        let others = self.others.min(fit.readout.neurons() - 1);
        let bar = progress::bar(self.laboratory.steps * (self.seeds + others), "steps");
        let trial = laboratory.drive(self.neuron, &protocol, &mut || {
            bar.inc(1);
            progress::go_on(&cancel)
        });
        let trial = trial.map_err(blame)?;
        bar.finish_and_clear();

        let files = keep_images(&results, &trial)?;
        let mut notes = Vec::new();
        if opened.named.is_none() {
            notes.push(
                "without --judge the images are graded by the model that they were made with, \
                 which says nothing of control"
                    .to_owned(),
            );
        }
        if self.seeds < 5 {
            notes.push(format!(
                "{} seeds are too few to say much: take five or more",
                self.seeds
            ));
        }
        let words = Words {
            model: &fit.model.name,
            layer: &fit.about.layer,
            judge: opened.named.as_deref(),
        };
        let drawing = control::trial(&trial, words)?;
        let picture = results.drawing("control.png", &drawing, 1).map_err(blame)?;
        let settings = protocol.settings;
        let document = BrainControl {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            goal: goal_name(goal).to_owned(),
            fit: self.laboratory.fit.display().to_string(),
            neuron: self.neuron,
            judge: opened.named.clone(),
            board: board_of(&mut laboratory)?,
            steps: settings.steps,
            rate: settings.rate,
            jitter: settings.jitter,
            variation: settings.variation,
            natural_max: trial.natural_max_judge.unwrap_or(trial.natural_max_own),
            natural_max_own: trial.natural_max_own,
            natural_image: trial.natural_image,
            natural_images: trial.natural_images,
            beyond_natural: trial.beyond_judge(),
            beyond_natural_own: trial.beyond_own(),
            seed_similarity: trial.seed_similarity(),
            images: driven_images(&trial, &files),
            controls: control_images(&trial),
            notes,
            picture: picture.display().to_string(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        results.receipt("control.json", &document).map_err(blame)?;
        results.commit().map_err(blame)?;
        Ok(Made {
            document,
            drawings: vec![drawing],
        })
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
