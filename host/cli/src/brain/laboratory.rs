//! What `brain control` and `brain sites` have in common: a fit, who judges, and how images are
//! made.

use super::board::say_board;
use clap::Args;
use cortexscope_present::brain::laboratory::{JudgeChoice, LaboratoryRequest};
use cortexscope_present::documents::evolve::EvolveBoard;
use std::io::Write;
use std::path::PathBuf;

/// The fit, the judge and the synthesis.
#[derive(Args)]
pub(super) struct LaboratoryArgs {
    /// A folder that `brain fit` wrote.
    #[arg(long, value_name = "DIR")]
    fit: PathBuf,
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
    steps: usize,
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

impl LaboratoryArgs {
    /// The same in the library's terms.
    pub fn request(&self) -> LaboratoryRequest {
        let judge = match (&self.judge, &self.board) {
            (Some(name), _) => Some(JudgeChoice::Model {
                name: name.clone(),
                spec: self.judge_spec.clone(),
                responses: self.judge_responses.clone(),
            }),
            (None, board) => board.clone().map(JudgeChoice::Board),
        };
        LaboratoryRequest {
            fit: self.fit.clone(),
            judge,
            images: self.images.clone(),
            steps: self.steps,
            rate: self.rate,
            variation: self.variation,
            contrast: self.contrast,
        }
    }
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
