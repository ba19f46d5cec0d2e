//! `cortexscope operators`.

use super::common::print_json;
use clap::Args;
use cortexscope_net::reader::{Board, OPERATORS, Operator};
use cortexscope_present::documents::operators as documents;
use cortexscope_present::terminal::{Column, Style, write_table};
use std::process::ExitCode;

/// The operators of ONNX that are read, and what each command makes of them.
#[derive(Args)]
pub(super) struct Operators {
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Operators {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.json {
            print_json(&documents::Operators {
                operators: OPERATORS.iter().map(document).collect(),
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        let columns = [
            Column::text("operator"),
            Column::text("budget"),
            Column::text("compile"),
            Column::text("board"),
            Column::text("explain"),
        ];
        let rows = OPERATORS.iter().map(|operator| {
            let document = document(operator);
            let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
            vec![
                document.name,
                yes(document.budget),
                yes(document.compile),
                document.board,
                yes(document.explain),
            ]
        });
        let out = &mut crate::printer::stdout();
        write_table(out, Style::of_stdout(), &columns, rows.collect())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn document(operator: &Operator) -> documents::Operator {
    documents::Operator {
        name: operator.name.to_owned(),
        budget: true,
        compile: !matches!(operator.board, Board::No(_)),
        board: operator.board.description(),
        explain: operator.backward,
    }
}
