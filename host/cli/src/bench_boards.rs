//! `cortexscope bench --boards`.

use super::common::{ctrl_c, print_json, wrong};
use super::printer;
use cortexscope_present::board_table::{Asked, board_table, write};
use cortexscope_present::terminal::Style;
use cortexscope_rig::board::{Port, find};
use std::process::ExitCode;

/// Prints the table of boards and models; fails where a board used another arena than was
/// planned.
pub(super) fn run(
    board: &str,
    port: Option<Port>,
    models: &[String],
    is_json: bool,
) -> anyhow::Result<ExitCode> {
    let asked = match port {
        None => Asked::Every,
        Some(port) => {
            let board = find(board).ok_or_else(|| {
                wrong(format!(
                    "there is no board {board}; `cortexscope boards` lists all boards"
                ))
            })?;
            Asked::AtPort(board, port)
        }
    };
    let table = board_table(&asked, models, &ctrl_c()?).map_err(super::common::blame)?;
    let unplanned = table.rows.iter().filter_map(|row| {
        let run = row.run.as_ref().filter(|run| !run.is_as_planned())?;
        Some((row, run))
    });
    let unplanned: Vec<_> = unplanned.collect();
    for (row, run) in &unplanned {
        printer::say(format_args!(
            "{} on {}: {} bytes of arena were planned, the board measured {:?}",
            row.model, row.board, run.planned_arena_bytes, run.measured_arena_bytes
        ));
    }
    let code = if unplanned.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    if is_json {
        print_json(&table)?;
    } else {
        write(&mut printer::stdout(), Style::of_stdout(), &table)?;
    }
    Ok(code)
}
