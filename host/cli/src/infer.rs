//! `cortexscope infer`.

use super::common::{BoardArgs, ModeArg, blame, print_json, stage, wrong};
use super::input::{self, CAMERA, Int8Input};
use super::preparation::{PreparationArgs, ShowInputArgs};
use clap::Args;
use cortexscope_net::printable::printable;
use cortexscope_present::documents;
use cortexscope_present::documents::infer::InputResult;
use cortexscope_present::documents::origin::Origin;
use cortexscope_present::dump;
use cortexscope_rig::session::TensorSet;
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
        let mut model = self.board.model()?;
        self.preparation.apply(&mut model.spec.input)?;
        let is_camera = |name: &&String| *name == CAMERA;
        let files: Vec<String> = self
            .input
            .iter()
            .filter(|name| !is_camera(name))
            .cloned()
            .collect();
        let mut files = input::open(&files, &model)?.into_iter();
        let staged = self.dump.as_deref().map(stage).transpose()?;
        let mut rig = self.board.open()?;
        if rig.session.board().camera.is_none() && self.input.iter().any(|name| is_camera(&name)) {
            let board = &rig.session.board().name;
            return Err(wrong(format!(
                "{board} has no camera: give a picture; `--board native --sensor PICTURE` looks at one"
            )));
        }
        let mut inputs = Vec::new();
        for name in &self.input {
            if is_camera(&name) {
                inputs.push(model.captured(rig.session.capture()?));
            } else {
                inputs.extend(files.next());
            }
        }
        self.show.show_int8(&inputs, &model)?;
        let taps = if self.dump.is_some() {
            TensorSet::ALL
        } else {
            TensorSet::NONE
        };
        let mut results = Vec::new();
        for input in &inputs {
            for note in &input.notes {
                eprintln!("{}: {note}", printable(&input.name));
            }
            let recording = rig.infer(&input.values, self.mode.into(), taps, &mut |_| {})?;
            if let Some(staged) = &staged {
                let folder = if inputs.len() > 1 {
                    staged.path().join(&input.name)
                } else {
                    staged.path().to_owned()
                };
                dump::write(&folder, &rig.model.image.model(), &input.values, &recording)?;
            }
            if self.json {
                results.push(InputResult::new(
                    &input.name,
                    input.label,
                    &recording,
                    &rig.model,
                ));
            } else {
                say(input, &recording, &rig)?;
            }
        }
        if let Some(staged) = staged {
            staged.commit().map_err(blame)?;
        }
        if self.json {
            print_json(&documents::infer::Infer {
                origin: Origin::from(&rig),
                mode: self.mode.into(),
                results,
            })?;
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
        std::io::stdout(),
        "{}: {} ({:.1} %){}{cost}",
        printable(&input.name),
        printable(&label),
        100.0 * probability,
        printable(&expected)
    )
}
