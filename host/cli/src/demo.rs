//! `cortexscope demo`.

use super::common::{BoardArgs, ModeArg, blame, print_json, stage};
use super::live::Live;
use super::{input, progress};
use clap::Args;
use cortexscope_present::demonstration::{Demonstration, InputResult};
use cortexscope_present::terminal::Style;
use cortexscope_rig::measure::measure;
use cortexscope_rig::session::{MapProgress, OccludeRequest, TensorSet};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Run real digits on a board and write a report.
#[derive(Args)]
pub(super) struct Demo {
    #[command(flatten)]
    board: BoardArgs,
    /// The memory plan to run.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// The inputs: pictures, .npy arrays or mnist:N.
    #[arg(long, num_args = 1.., default_values = ["mnist:0", "mnist:1", "mnist:2", "mnist:4", "mnist:18"])]
    inputs: Vec<String>,
    /// Write the pictures and the report to this folder.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-report")]
    output: PathBuf,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
    /// Do not open the live page after the report. It opens only on a terminal.
    #[arg(long)]
    no_live: bool,
}

/// The lecture's window: 7×7, every position, filled with grey.
const WINDOW: u16 = 7;
const GREY: u8 = 128;

impl Demo {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.board.model()?;
        let inputs = input::open(&self.inputs, &model)?;
        self.board.refuse_what_does_not_fit(&model)?;
        let staged = stage(&self.output)?;
        eprintln!("booting {} with {}", self.board.board, model.name);
        let mut rig = self.board.open()?;
        let shape = rig.model.image.model().input().shape;
        let request = OccludeRequest {
            window: [shape.height, shape.width].map(|side| WINDOW.min(side as u16)),
            stride: [1, 1],
            fill: rig.model.quantise(&[rig.model.spec.input.value(0, GREY)])[0],
            class: None,
        };
        let bar = progress::bar(inputs.len(), "inputs");
        let mut trials = Vec::new();
        for input in inputs {
            bar.set_message(input.name.clone());
            let recording =
                rig.infer(&input.values, self.mode.into(), TensorSet::ALL, &mut |_| {})?;
            let occlusion = rig.occlude(&input.values, &request, &mut |progress| {
                if let MapProgress::Positions { first, .. } = progress {
                    bar.set_message(format!("{}, occluder at position {first}", input.name));
                }
            })?;
            trials.push(InputResult {
                argument: input.argument,
                name: input.name,
                values: input.values,
                expected: input.label,
                notes: input.notes,
                recording,
                occlusion,
            });
            bar.inc(1);
        }
        bar.set_message("measuring memory");
        let first = trials
            .first()
            .map(|trial| trial.values.clone())
            .unwrap_or_default();
        let measurements = measure(&mut rig, &first)?;
        let memory = rig.memory()?.report;
        bar.finish_and_clear();

        let demonstration = Demonstration {
            mode: self.mode.into(),
            request,
            fill_level: GREY,
            trials,
            measurements,
            memory,
            board: rig.session.board().clone(),
            link: rig.session.link(),
            statistics: rig.session.statistics(),
            model: &rig.model,
        };
        demonstration.write_pictures(staged.path())?;
        let report = demonstration.write_report(staged.path())?;
        let report = self.output.join(report.file_name().unwrap_or_default());
        staged.commit().map_err(blame)?;
        if self.json {
            print_json(&demonstration.document(&self.output, &report))?;
        } else {
            let mut out = std::io::stdout().lock();
            demonstration.say(&mut out, Style::of_stdout())?;
            writeln!(out, "\nreport: {}", report.display())?;
        }
        if self.json
            || self.no_live
            || self.board.tape.replay.is_some()
            || !std::io::stdout().is_terminal()
        {
            return Ok(ExitCode::SUCCESS);
        }
        // The page has a session of its own: there is one board.
        drop(rig);
        Live::after(&self.board, self.mode).run()
    }
}
