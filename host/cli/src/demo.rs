//! `cortexscope demo`.

use super::common::{BoardArgs, ModeArg, blame, print_json, stage};
use super::live::Live;
use super::{input, progress};
use clap::Args;
use cortexscope_present::demonstration::{Demonstration, Step};
use cortexscope_present::fit;
use cortexscope_present::terminal::Style;
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

impl Demo {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let board = self.board.on_a_board_that_runs();
        let model = board.model()?;
        let inputs = input::open(&self.inputs, &model)?;
        fit::check(&model, board.kind()?).map_err(blame)?;
        let staged = stage(&self.output)?;
        progress::note(format!(
            "booting {} with {}",
            board.kind()?.name,
            model.name
        ));
        let mut rig = board.open(model)?;
        let bar = progress::bar(inputs.len(), "inputs");
        let demonstration =
            Demonstration::run(&mut rig, inputs, self.mode.into(), &mut |step| match step {
                Step::Input(name) => bar.set_message(name),
                Step::Occlusion { input, position } => {
                    bar.set_message(format!("{input}, patch at position {position}"));
                }
                Step::Done => bar.inc(1),
                Step::Memory => bar.set_message("measuring memory"),
            })?;
        bar.finish_and_clear();
        demonstration.write_pictures(staged.path())?;
        let report = demonstration.write_report(staged.path())?;
        let report = self.output.join(report.file_name().unwrap_or_default());
        staged.commit().map_err(blame)?;
        if self.json {
            print_json(&demonstration.document(&self.output, &report))?;
        } else {
            let mut out = crate::printer::stdout();
            demonstration.say(&mut out, Style::of_stdout())?;
            writeln!(out, "\nreport: {}", report.display())?;
        }
        if self.json
            || self.no_live
            || board.tape.replay.is_some()
            || !std::io::stdout().is_terminal()
        {
            return Ok(ExitCode::SUCCESS);
        }
        // The page has a session of its own: there is one board.
        drop(rig);
        Live::after(&board, self.mode).run()
    }
}
