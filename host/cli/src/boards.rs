//! `cortexscope boards`.

use super::common::{ctrl_c, print_json};
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_present::documents::boards::{Board, Boards as Document};
use cortexscope_rig::attached::Attached;
use std::io::Write;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// How often it is looked what is attached.
const LOOK: Duration = Duration::from_secs(1);

/// List the boards, whether each can be used now, which models it can hold, and what is
/// attached: serial ports, drives of boot loaders, other USB devices that are known, debug
/// probes.
#[derive(Args)]
pub(super) struct Boards {
    /// Go on, and print again whenever something is plugged in or taken away.
    #[arg(long)]
    watch: bool,
    /// Print one JSON document on stdout; with --watch, one after the other.
    #[arg(long)]
    json: bool,
}

impl Boards {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut attached = Attached::look();
        self.print(&attached)?;
        if !self.watch {
            return Ok(ExitCode::SUCCESS);
        }
        let cancel = ctrl_c()?;
        while !cancel.is_cancelled() {
            thread::sleep(LOOK);
            let now = Attached::look();
            if now != attached {
                attached = now;
                self.print(&attached)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, attached: &Attached) -> anyhow::Result<()> {
        let document = Document::of(attached);
        if self.json {
            return print_json(&document);
        }
        let mut out = crate::printer::stdout();
        writeln!(out, "{}", boards(&document.boards))?;
        for line in document.boards.iter().filter_map(short_of) {
            writeln!(out, "{line}")?;
        }
        if let Some(board) = document.boards.iter().find(|board| holds_all(board)) {
            let models: Vec<&str> = board.holds.iter().map(|held| held.model.as_str()).collect();
            writeln!(
                out,
                "the others hold every shipped model: {}",
                models.join(", ")
            )?;
        }
        section(
            &mut out,
            "serial ports",
            document
                .ports
                .iter()
                .map(|port| format!("{}  {}", port.path, port.what)),
        )?;
        section(
            &mut out,
            "drives",
            document.drives.iter().map(|drive| match &drive.board {
                Some(board) => format!("{}  `cortexscope flash --board {board}`", drive.path),
                None => format!("{}  no firmware for a {}", drive.path, drive.board_id),
            }),
        )?;
        let devices = document.devices.iter().map(|device| device.what.clone());
        section(&mut out, "other USB devices", devices)?;
        section(&mut out, "debug probes", document.probes.iter().cloned())
    }
}

fn boards(boards: &[Board]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["board", "core", "flash", "RAM", "reached", "now"]);
    let memory = |bytes: Option<u32>| {
        let text = bytes.map_or("–".to_owned(), |bytes| format!("{} KB", bytes / 1024));
        Cell::new(text).set_alignment(CellAlignment::Right)
    };
    for board in boards {
        table.add_row([
            Cell::new(&board.name),
            Cell::new(&board.core),
            memory(board.flash_bytes),
            memory(board.ram_bytes),
            Cell::new(&board.reached),
            Cell::new(&board.state),
        ]);
    }
    table
}

/// Whether a board holds every shipped model in every mode.
fn holds_all(board: &Board) -> bool {
    let mut holds = board.holds.iter();
    holds.all(|holds| holds.fits_fused && holds.fits_tapped)
}

/// What a board cannot hold; nothing if it holds every shipped model in every mode.
fn short_of(board: &Board) -> Option<String> {
    let held = board.holds.iter().filter_map(|holds| {
        let how = match (holds.fits_fused, holds.fits_tapped) {
            (true, true) => "",
            (true, false) => " (fused)",
            (false, _) => return None,
        };
        Some(format!("{}{how}", holds.model))
    });
    let held: Vec<String> = held.collect();
    if holds_all(board) {
        return None;
    }
    let held = if held.is_empty() {
        "none".to_owned()
    } else {
        held.join(", ")
    };
    Some(format!(
        "{} holds of the shipped models: {held}",
        board.name
    ))
}

/// A heading and its lines, indented; nothing without lines.
fn section(
    out: &mut impl Write,
    heading: &str,
    lines: impl Iterator<Item = String>,
) -> anyhow::Result<()> {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        writeln!(out, "{heading}")?;
    }
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
