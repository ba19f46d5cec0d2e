//! What `brain control` and `brain sites` have in common: a fit, who judges, and how images are
//! made.

use super::board::say_board;
use crate::beside::board_beside;
use crate::common::{blame, wrong};
use crate::progress;
use clap::Args;
use cortexscope_brain::control::{ControlTrial, Goal, Judge, Laboratory, Protocol, Settings};
use cortexscope_brain::data::{Images, NumberArray};
use cortexscope_brain::encode::Stored;
use cortexscope_brain::neuron::BoardNeuron;
use cortexscope_present::documents::evolve::{EvolveBoard, board_queries};
use cortexscope_present::results::ResultFolder;
use cortexscope_present::scene::control::goal_name;
use cortexscope_record::RigChoice;
use cortexscope_rig::board::NATIVE;
use cortexscope_rig::session::Cancel;
use cortexscope_study::beside::board_layer;
use std::io::Write;
use std::path::PathBuf;

/// The fit, the judge and the synthesis.
#[derive(Args)]
pub(super) struct LaboratoryArgs {
    /// A folder that `brain fit` wrote.
    #[arg(long, value_name = "DIR")]
    pub fit: PathBuf,
    /// Who judges the images: a folder that `brain fit` wrote with another network, or a network
    /// that ends in one value for each neuron.
    #[arg(long, value_name = "DIR", conflicts_with = "board")]
    judge: Option<String>,
    /// How a network that judges wants its input, instead of the file beside it.
    #[arg(long, value_name = "TOML", requires = "judge")]
    judge_spec: Option<PathBuf>,
    /// The judge's responses to the natural images, [neurons, images], where they were computed
    /// before: FILE.npy or FILE.npz:NAME. Some are computed again, to see that they are its own.
    #[arg(long, value_name = "FILE", requires = "judge")]
    judge_responses: Option<String>,
    /// Judge by the fit's neurons as the int8 network on this board computes them.
    #[arg(long)]
    board: Option<String>,
    /// The natural images, where they are no longer where the fit found them.
    #[arg(long)]
    images: Option<String>,
    /// Steps of each image.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        help_heading = "Synthesis"
    )]
    pub steps: usize,
    /// Size of a step, of grey levels from −1 to 1.
    #[arg(long, default_value_t = 0.01, help_heading = "Synthesis")]
    rate: f64,
    /// Weight of the total variation [default: 500 for an input of 224 pixels, and less by the
    /// square of the side for a smaller one].
    #[arg(long, value_name = "WEIGHT", help_heading = "Synthesis")]
    variation: Option<f64>,
    /// Standard deviation of the grey levels of the control with raised contrast.
    #[arg(
        long,
        value_name = "SD",
        default_value_t = 64.0,
        help_heading = "Controls"
    )]
    contrast: f64,
}

/// What was opened.
pub(super) struct Opened {
    pub fit: Stored,
    pub natural: Images,
    /// The judge as it was named.
    pub named: Option<String>,
}

impl LaboratoryArgs {
    /// How images are made; `seeds` of each.
    pub fn protocol(
        &self,
        fit: &Stored,
        goal: Goal,
        seeds: usize,
        others: usize,
    ) -> anyhow::Result<Protocol> {
        if seeds == 0 || self.steps == 0 {
            return Err(wrong("--seeds and --steps are numbers from 1 up"));
        }
        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        if !is_positive(self.rate) || !is_positive(self.contrast) {
            return Err(wrong("--rate and --contrast are numbers greater than 0"));
        }
        let settings = Settings::new(goal, &fit.model.spec.input);
        let variation = self.variation.unwrap_or(settings.variation);
        if !(variation.is_finite() && variation >= 0.0) {
            return Err(wrong("--variation is a number from 0 up"));
        }
        Ok(Protocol {
            settings: Settings {
                steps: self.steps,
                rate: self.rate,
                variation,
                ..settings
            },
            seeds: seeds as u64,
            others,
            contrast: self.contrast,
        })
    }

    /// Reads the fit and its natural images.
    pub fn open(&self) -> anyhow::Result<Opened> {
        let fit = Stored::open(&self.fit).map_err(blame)?;
        let named = self.images.as_ref().unwrap_or(&fit.about.images);
        let natural = Images::open(named).map_err(blame)?;
        Ok(Opened {
            natural,
            fit,
            named: self.judge.clone().or_else(|| self.board.clone()),
        })
    }

    /// The fit and who judges what is made with it. The judge is shown the natural images.
    pub fn laboratory<'a>(
        &self,
        opened: &'a Opened,
        cancel: &Cancel,
    ) -> anyhow::Result<Laboratory<'a>> {
        let Opened { fit, natural, .. } = opened;
        let bar = progress::bar(natural.stimuli.len(), "natural images");
        let mut watch = |done: usize| {
            bar.set_position(done as u64);
            progress::go_on(cancel)
        };
        let judge = match (&self.judge, &self.board) {
            (Some(name), _) => {
                let spec = self.judge_spec.as_deref();
                let known = self.judge_responses.as_deref().map(NumberArray::open);
                let known = known.transpose().map_err(blame)?;
                let judge = Judge::open(name, spec, natural, known.as_ref(), &mut watch);
                Some(judge.map_err(blame)?)
            }
            (None, Some(board)) => {
                let [board, mut twin] = boards(board, fit, cancel)?;
                let judge = Judge::of_board(board, &mut twin, fit, natural, &mut watch);
                Some(judge.map_err(blame)?)
            }
            (None, None) => None,
        };
        bar.finish_and_clear();
        Laboratory::new(fit, judge, natural).map_err(blame)
    }
}

/// What the board that judged has cost, and whether tract answers the same.
pub(super) fn board_of(laboratory: &mut Laboratory<'_>) -> anyhow::Result<Option<EvolveBoard>> {
    let board = laboratory.judge.as_mut().and_then(Judge::board);
    board.map(board_queries).transpose().map_err(blame)
}

/// Writes the images of a trial, and gives their paths.
pub(super) fn keep_images(
    results: &ResultFolder,
    trial: &ControlTrial,
) -> anyhow::Result<Vec<String>> {
    let goal = goal_name(trial.goal);
    let images = trial.images.iter().map(|image| {
        let name = format!("{goal}.neuron-{}.seed-{}.png", trial.neuron, image.seed);
        let file = results.picture(&name, image.answered.picture.clone());
        Ok(file.map_err(blame)?.display().to_string())
    });
    images.collect()
}

/// Prints what the board has cost, the notes, and where the picture is.
pub(super) fn say_end(
    out: &mut impl Write,
    board: Option<&EvolveBoard>,
    notes: &[String],
    picture: &str,
) -> std::io::Result<()> {
    if let Some(board) = board {
        say_board(out, board)?;
    }
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "{picture}")
}

/// The fit's neurons on the board that was named, and on the board's program in this process.
fn boards(board: &str, fit: &Stored, cancel: &Cancel) -> anyhow::Result<[BoardNeuron; 2]> {
    let open = |board: &str| -> anyhow::Result<BoardNeuron> {
        let choice = RigChoice::of(board, &fit.about.model);
        let rig = board_beside(&fit.model, &choice, cancel.clone())?;
        let held = board_layer(&fit.model, fit.layer, &rig.model).map_err(blame)?;
        if held.float != fit.layer {
            let layer = &fit.model.layer(held.float).name;
            return Err(wrong(format!(
                "the board holds {} as {layer}, and the fit reads it before that: fit {layer}",
                fit.about.layer
            )));
        }
        BoardNeuron::fitted(rig, held.tensor, fit).map_err(blame)
    };
    Ok([open(board)?, open(NATIVE)?.unchecked()])
}
