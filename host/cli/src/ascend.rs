//! `cortexscope ascend`.

use super::ascend_parameters::AscentArgs;
use super::common::{blame, ctrl_c, print_json, wrong};
use super::explain::ClassValueArg;
use super::full::FloatModelArgs;
use super::progress;
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_explain::target::{Target, TargetError};
use cortexscope_present::ascent::{Ascended, AscentRequest, AscentTarget, ascend};
use cortexscope_present::scene::ascent::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Finds an input that raises a map, a neuron or a class score as far as possible.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct AscendCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// LAYER:CHANNEL (the sum of a map), LAYER:CHANNEL:Y:X (one neuron) or class:K; may be
    /// given several times.
    #[arg(long, value_name = "TARGET", required = true)]
    target: Vec<String>,
    /// Which value of a class is raised.
    #[arg(long, value_enum, default_value_t)]
    class_value: ClassValueArg,
    #[command(flatten)]
    parameters: AscentArgs,
    /// Save a picture of the input every STEPS steps.
    #[arg(long, value_name = "STEPS")]
    frames: Option<usize>,
    /// How inputs are shown [default: range if the input has bounds, otherwise signed].
    #[arg(long, value_enum)]
    display: Option<Display>,
    /// Write the picture, the arrays, the frames and the receipt to this folder.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

impl AscendCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.frames == Some(0) {
            return Err(wrong("--frames: give a number of steps from 1 up"));
        }
        let targets = self.target.iter().map(|text| text.parse::<Target>());
        let targets = targets.collect::<Result<Vec<_>, _>>().map_err(blame)?;
        let model = self.model.open()?;
        let aims = targets.iter().zip(&self.target).map(|(target, name)| {
            let aim = target.aim(&model, self.class_value.into())?;
            let name = name.clone();
            Ok(AscentTarget { name, aim })
        });
        let targets = aims
            .collect::<Result<Vec<_>, _>>()
            .map_err(blame::<TargetError>)?;
        let ascent = self.parameters.ascent(&model)?;
        let request = AscentRequest {
            targets: &targets,
            preset: self.parameters.preset(),
            from: self.parameters.from(),
            ascent: &ascent,
            seeds: self.parameters.seeds(),
            frames_every: self.frames,
            display: self.display,
            folder: &self.output,
        };
        let cancel = ctrl_c()?;
        let bar = progress::bar(request.steps_at_most(), "steps");
        let made = ascend(&model, &request, &mut |progress| {
            bar.set_position(progress.steps as u64);
            bar.set_message(format!(
                "{} {}",
                progress.words,
                significant(progress.value as f32)
            ));
            progress::go_on(&cancel)
        })
        .map_err(blame)?;
        bar.finish_and_clear();

        if self.json {
            print_json(&made.document)?;
        } else {
            say(&made)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(made: &Ascended) -> io::Result<()> {
    let mut out = crate::printer::stdout();
    let results = &made.document.results;
    for result in results {
        writeln!(
            out,
            "{}, seed {}: {} from {}, {}",
            result.climbed,
            result.seed,
            significant(result.value as f32),
            significant(result.start as f32),
            result.stopped.last().map_or("", String::as_str)
        )?;
    }
    for note in results.iter().flat_map(|result| &result.notes) {
        writeln!(out, "note: {note}")?;
    }
    writeln!(
        out,
        "{}\n{}",
        made.picture.display(),
        made.receipt.display()
    )
}
