//! `cortexscope bench`.

use super::common::{ModeArg, TapeArgs, blame, ctrl_c, print_json};
use super::default_board::EMULATED;
use super::port::PortArgs;
use super::{printer, progress};
use clap::Args;
use cortexscope_present::benchmark::{BenchRequest, Keeping, USUAL_MODELS, bench_board, write};
use cortexscope_present::board_table::{self, TableBoards, board_table, unplanned};
use cortexscope_present::terminal::Style;
use cortexscope_record::RigChoice;
use std::process::ExitCode;

/// Measure what each layer costs on a board, compared with the least possible.
#[derive(Args)]
pub(super) struct Bench {
    /// The board; `cortexscope boards` lists all boards.
    #[arg(long, default_value = EMULATED)]
    board: String,
    /// A shipped model or the path of a board image [default: both shipped LeNets].
    #[arg(long)]
    model: Vec<String>,
    /// The input: a digit, a picture or a .npy array, as `infer` takes it.
    #[arg(long, default_value = "mnist:0")]
    input: String,
    /// Leave the occlusion map out: it takes long where the input is large.
    #[arg(long)]
    no_occlusion: bool,
    #[command(flatten)]
    port: PortArgs,
    #[command(flatten)]
    tape: TapeArgs,
    /// The memory plan to run.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Print one table of all boards and models: what fits, flash, RAM as planned and as
    /// measured, and what an inference takes. With --port, of the board there alone.
    #[arg(long, conflicts_with_all = ["check", "update", "record", "replay"])]
    boards: bool,
    /// Fail if anything takes over 2 % more than in the results that --update kept, if the
    /// same compiler built both.
    #[arg(long)]
    check: bool,
    /// Keep these results for later runs with --check.
    #[arg(long, conflicts_with = "check")]
    update: bool,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let usual = || USUAL_MODELS.map(str::to_owned).to_vec();
        let models = Some(self.model.clone()).filter(|models| !models.is_empty());
        let models = models.unwrap_or_else(usual);
        if self.boards {
            return self.every_board(&models);
        }
        let board = RigChoice {
            port: self.port.port(),
            tape: self.tape.tape(),
            ..RigChoice::of(&self.board, "")
        };
        let request = BenchRequest {
            board: &board,
            models: &models,
            input: &self.input,
            mode: self.mode.into(),
            with_map: !self.no_occlusion,
            keeping: match (self.update, self.check) {
                (true, _) => Keeping::Update,
                (false, true) => Keeping::Check,
                (false, false) => Keeping::Nothing,
            },
        };
        let mut note = |said: &str| progress::note(said);
        let bench = bench_board(&request, &ctrl_c()?, &mut note).map_err(blame)?;
        if self.json {
            print_json(&bench.document)?;
        } else {
            write(&mut printer::stdout(), &bench)?;
        }
        Ok(found(&bench.rises))
    }

    /// The table of boards and models.
    fn every_board(&self, models: &[String]) -> anyhow::Result<ExitCode> {
        let boards = TableBoards::of(&self.board, self.port.port()).map_err(blame)?;
        let table = board_table(&boards, models, &ctrl_c()?).map_err(blame)?;
        let code = found(&unplanned(&table));
        if self.json {
            print_json(&table)?;
        } else {
            board_table::write(&mut printer::stdout(), Style::of_stdout(), &table)?;
        }
        Ok(code)
    }
}

/// Says the faults that were found; the program fails if there are any.
fn found(faults: &[String]) -> ExitCode {
    faults.iter().for_each(printer::say);
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
