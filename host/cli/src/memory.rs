//! `cortexscope memory`.

use super::common::{BoardArgs, blame, ctrl_c, print_json};
use super::printer;
use clap::Args;
use cortexscope_present::board_memory::{board_memory, engine_costs, write, write_engines};
use cortexscope_present::terminal::Style;
use std::process::ExitCode;

/// Show a board's memory: as linked, as planned, and as measured.
#[derive(Args)]
pub(super) struct Memory {
    #[command(flatten)]
    board: BoardArgs,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Memory {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let choice = self.board.choice();
        let has_several = self.board.kind()?.engines.len() > 1;
        let model = self.board.model()?;
        let out = &mut printer::stdout();
        if self.board.engine.is_none() && has_several {
            let costs = engine_costs(&choice, &model, &ctrl_c()?).map_err(blame)?;
            if self.json {
                print_json(&costs.document)?;
            } else {
                write_engines(out, &costs)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let memory = board_memory(&choice, model, ctrl_c()?).map_err(blame)?;
        if self.json {
            print_json(&memory.document)?;
        } else {
            write(out, Style::of_stdout(), &memory)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
