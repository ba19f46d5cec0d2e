//! `cortexscope infer`.

use super::common::{BoardArgs, ModeArg, blame, print_json};
use super::input::Int8Input;
use super::preparation::{PreparationArgs, ShowInputArgs};
use super::progress;
use clap::Args;
use cortexscope_net::printable::printable;
use cortexscope_present::inference::infer;
use cortexscope_present::results::ResultFolder;
use cortexscope_rig::inputs::Inputs;
use cortexscope_rig::{Recording, Rig, softmax};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run inputs on a board and print the class of each.
#[derive(Args)]
pub(super) struct Infer {
    /// A picture, a .npy or .npz array, mnist:N, or `camera` for the board's own camera.
    #[arg(required = true)]
    input: Vec<String>,
    #[command(flatten)]
    board: BoardArgs,
    /// The memory plan to run.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Write every layer to this folder, one .npy file per layer; several inputs get a
    /// folder each.
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,
    /// Have the board make its input of the picture, in grey and with at most 160 pixels a
    /// side, in the form of MNIST's digits: for models that read those.
    #[arg(long, conflicts_with_all = ["show_preparation", "digit"])]
    on_board: bool,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    show: ShowInputArgs,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Infer {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let folder = self.dump.as_deref().map(ResultFolder::begin);
        let folder = folder.transpose().map_err(blame)?;
        let board = self.board.on_a_board_that_runs();
        let mut model = board.model()?;
        self.preparation.apply(&mut model.spec.input)?;
        let inputs = if self.on_board {
            Inputs::on_board(&self.input)
        } else {
            Inputs::open(&self.input, &model)
        };
        let inputs = inputs.map_err(blame)?;
        let mut rig = board.open(model)?;
        let inputs = inputs.take(&mut rig).map_err(blame)?;
        for input in &inputs {
            for note in &input.notes {
                progress::note(format!("{}: {note}", printable(&input.name)));
            }
        }
        self.show.show_int8(&inputs, &rig.model)?;
        let results = infer(
            &mut rig,
            &inputs,
            self.mode.into(),
            folder,
            &mut |rig, input, recording| {
                if self.json {
                    Ok(())
                } else {
                    say(input, recording, rig)
                }
            },
        )
        .map_err(blame)?;
        if self.json {
            print_json(&results)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(input: &Int8Input, recording: &Recording, rig: &Rig) -> std::io::Result<()> {
    let class = recording.predicted();
    let probability = softmax(&recording.logits)
        .get(class)
        .copied()
        .unwrap_or_default();
    let expected = match input.label {
        None => String::new(),
        Some(label) if label == class => ", right".to_owned(),
        Some(label) => format!(", wrong: the right answer is {}", rig.model.label(label)),
    };
    let counted = recording.count.zip(rig.session.board().count_unit());
    let cost = counted.map_or_else(String::new, |(count, unit)| format!(", {count} {unit}"));
    let label = rig.model.label(class);
    writeln!(
        crate::printer::stdout(),
        "{}: {} ({:.1} %){}{cost}",
        printable(&input.name),
        printable(&label),
        100.0 * probability,
        printable(&expected)
    )
}
