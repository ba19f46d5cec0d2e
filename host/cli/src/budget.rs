//! `cortexscope budget`.

use super::common::{ModeArg, blame, print_json};
use super::graph_arguments::GraphArgs;
use super::{printer, progress};
use clap::Args;
use cortexscope_budget::Mode;
use cortexscope_present::budget::{BudgetRequest, BudgetView, Format, budget};
use cortexscope_present::terminal::Style;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a network costs: parameters, MACs, values, bytes and arena, layer by layer.
#[derive(Args)]
pub(super) struct Budget {
    /// An ONNX file (its weights may be left out), or one of lecture-lenet, lenet5,
    /// lenet5-1998, alexnet, alexnet-grouped, vgg16.
    model: String,
    /// The board image that `compile` made of the network: says how a board computes each
    /// layer, which depends on its weights. Shipped networks have theirs.
    #[arg(long, value_name = "FILE")]
    image: Option<String>,
    /// The memory plan that the table of layers shows.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Print the lecture's rows beside the exact ones, and why they differ.
    #[arg(long)]
    lecture: bool,
    /// Print for every known board what the network needs, what is left, and what would
    /// make it fit.
    #[arg(long)]
    boards: bool,
    /// Print one JSON document on stdout.
    #[arg(long, conflicts_with_all = ["csv", "markdown"])]
    json: bool,
    /// Print the first table only, as comma-separated values.
    #[arg(long, conflicts_with = "markdown")]
    csv: bool,
    /// Print the tables as Markdown.
    #[arg(long)]
    markdown: bool,
    #[command(flatten)]
    graph: GraphArgs,
    /// Draw the arena, step by step, into this .png or .svg file.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

impl Budget {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let request = BudgetRequest {
            model: &self.model,
            hint: self.graph.hint(),
            image: self.image.as_deref(),
            mode: match self.mode {
                ModeArg::Fused => Mode::Fused,
                ModeArg::Tapped => Mode::Tapped,
            },
            lecture: self.lecture,
            picture: self.picture.as_deref(),
        };
        let mut note = |said: &str| progress::note(said);
        let answer = budget(&request, &mut note).map_err(blame)?;
        if self.json {
            print_json(&answer.document())?;
            return Ok(ExitCode::SUCCESS);
        }
        let format = match (self.csv, self.markdown) {
            (true, _) => Format::Csv,
            (_, true) => Format::Markdown,
            _ => Format::Text(Style::of_stdout()),
        };
        let view = if self.boards {
            BudgetView::Boards
        } else {
            BudgetView::Layers
        };
        answer.write(&mut printer::stdout(), format, view)?;
        Ok(ExitCode::SUCCESS)
    }
}
