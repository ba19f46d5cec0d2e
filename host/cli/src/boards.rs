//! `cortexscope boards`.

use super::common::print_json;
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_present::documents::boards::{self as documents, Board};
use cortexscope_rig::board::BOARDS;
use std::io::Write;
use std::process::ExitCode;

/// List the boards: memory, connection, and whether each can be used now.
#[derive(Args)]
pub(super) struct Boards {
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Boards {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let boards: Vec<Board> = BOARDS.iter().map(Board::of).collect();
        if self.json {
            print_json(&documents::Boards { boards })?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["board", "core", "flash", "RAM", "reached", "now"]);
        let memory = |bytes: Option<u32>| {
            let text = bytes.map_or("–".to_owned(), |bytes| format!("{} KB", bytes / 1024));
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        for board in boards {
            table.add_row([
                Cell::new(board.name),
                Cell::new(board.core),
                memory(board.flash_bytes),
                memory(board.ram_bytes),
                Cell::new(board.reached),
                Cell::new(board.state),
            ]);
        }
        writeln!(std::io::stdout(), "{table}")?;
        Ok(ExitCode::SUCCESS)
    }
}
