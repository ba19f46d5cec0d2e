//! `cortexscope boards`.

use super::common::print_json;
use super::presence::presence;
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_present::documents;
use cortexscope_rig::board::{BOARDS, BoardKind, Transport};
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
        if self.json {
            let boards = BOARDS.iter().map(|board| {
                let presence = presence(board);
                documents::boards::Board {
                    name: board.name.to_owned(),
                    core: board.core.to_owned(),
                    flash_bytes: board.flash_bytes,
                    ram_bytes: board.ram_bytes,
                    reached: reached(board),
                    is_there: presence.is_there,
                    state: presence.text,
                }
            });
            let boards = boards.collect();
            print_json(&documents::boards::Boards { boards })?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["board", "core", "flash", "RAM", "reached", "now"]);
        let memory = |bytes: Option<u32>| {
            let text = bytes.map_or("–".to_owned(), |bytes| format!("{} KB", bytes / 1024));
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        for board in BOARDS.iter() {
            table.add_row([
                Cell::new(board.name),
                Cell::new(board.core),
                memory(board.flash_bytes),
                memory(board.ram_bytes),
                Cell::new(reached(board)),
                Cell::new(presence(board).text),
            ]);
        }
        writeln!(std::io::stdout(), "{table}")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn reached(board: &BoardKind) -> String {
    match board.transport {
        Transport::InProcess => "in this process".to_owned(),
        Transport::Qemu { machine, .. } => format!("QEMU {machine}, or a serial port"),
        Transport::Serial => "a serial port".to_owned(),
    }
}
