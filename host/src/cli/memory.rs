//! `cortexscope memory`.

use super::common::{BoardArgs, print_json};
use super::input;
use crate::measure::{Measurement, measure};
use crate::model_files::ModelFiles;
use crate::session::MemoryReport;
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

/// What the linker and the plan say of a board's memory, and what was measured.
#[derive(Args)]
pub(super) struct Memory {
    #[command(flatten)]
    board: BoardArgs,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Memory {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.board.model()?;
        let digit = input::open(&["mnist:0".to_owned()], &model).map_or_else(
            |_| vec![0; model.image.model().input().bytes()],
            |mut digits| digits.remove(0).values,
        );
        let mut rig = self.board.open()?;
        let report = rig.memory()?.report;
        let measured = measure(&mut rig, &digit)?;
        let board = rig.session.board().clone();
        if self.json {
            print_json(&json!({
                "schema": "cortexscope.memory.1",
                "board": board.name,
                "engine": board.engine,
                "elf_build_id": board.elf_build_id_hex(),
                "model": rig.model.name,
                "model_sha256": rig.model.hash_hex(),
                "linked": linked(&report),
                "modes": measured.iter().map(document).collect::<Vec<_>>(),
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        writeln!(
            std::io::stdout(),
            "{} on {}, engine {}",
            rig.model.name,
            board.name,
            board.engine
        )?;
        writeln!(std::io::stdout(), "{}", sections(&report))?;
        for measurement in &measured {
            writeln!(std::io::stdout(), "{}", layers(&rig.model, measurement))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn linked(report: &MemoryReport) -> Value {
    let sections = &report.sections;
    json!({
        "flash_bytes": sections.flash_bytes,
        "ram_bytes": sections.ram_bytes,
        "text_bytes": sections.text_bytes,
        "rodata_bytes": sections.rodata_bytes,
        "data_bytes": sections.data_bytes,
        "bss_bytes": sections.bss_bytes,
        "stack_bytes": sections.stack_bytes,
        "heap_bytes": sections.heap_bytes,
        "arena_bytes": report.arena_bytes,
        "input_bytes": report.input_bytes,
        "model_region_bytes": report.model_region_bytes,
        "image_bytes": report.image_bytes,
    })
}

fn document(measurement: &Measurement) -> Value {
    let layers = measurement.layers.iter().map(|layer| {
        json!({
            "name": layer.name,
            "offset": layer.offset,
            "bytes": layer.bytes,
            "planned_arena_bytes": layer.planned_arena_bytes,
            "measured_arena_bytes": layer.measured_arena_bytes,
            "stack_bytes": layer.stack_bytes,
            "instructions": layer.count,
        })
    });
    json!({
        "mode": measurement.mode_name(),
        "planned_arena_bytes": measurement.planned_arena_bytes,
        "measured_arena_bytes": measurement.measured_arena_bytes,
        "stack_bytes": measurement.stack_bytes,
        "layers": layers.collect::<Vec<_>>(),
    })
}

/// Flash and RAM as the linker gave them.
fn sections(report: &MemoryReport) -> Table {
    let mut table = table(["linked", "flash", "RAM"]);
    let sections = &report.sections;
    let rows = [
        ("code (.text)", sections.text_bytes, 0),
        ("constants (.rodata)", sections.rodata_bytes, 0),
        (
            "initialised (.data)",
            sections.data_bytes,
            sections.data_bytes,
        ),
        ("board image", report.image_bytes, 0),
        ("zeroed (.bss)", 0, sections.bss_bytes),
        ("arena", 0, report.arena_bytes),
        ("stack", 0, sections.stack_bytes),
        ("heap", 0, sections.heap_bytes),
    ];
    for (name, flash, ram) in rows {
        table.add_row([Cell::new(name), number(Some(flash)), number(Some(ram))]);
    }
    let part = |bytes: u32| {
        if bytes == 0 {
            "–".to_owned()
        } else {
            bytes.to_string()
        }
    };
    table.add_row([
        Cell::new("the part has"),
        Cell::new(part(sections.flash_bytes)).set_alignment(CellAlignment::Right),
        Cell::new(part(sections.ram_bytes)).set_alignment(CellAlignment::Right),
    ]);
    table
}

/// One mode: planned beside measured.
fn layers(model: &ModelFiles, measurement: &Measurement) -> Table {
    let mode = measurement.mode_name();
    let title = format!("{} {mode}", model.name);
    let mut table = table([title.as_str(), "offset", "bytes", "stack", "instructions"]);
    for layer in &measurement.layers {
        table.add_row([
            Cell::new(&layer.name),
            number(layer.offset),
            number(layer.bytes),
            number(layer.stack_bytes),
            number(layer.count),
        ]);
    }
    table.add_row([
        Cell::new("arena, planned"),
        Cell::new(""),
        number(Some(measurement.planned_arena_bytes)),
    ]);
    table.add_row([
        Cell::new("arena, measured"),
        Cell::new(""),
        number(measurement.measured_arena_bytes),
        number(measurement.stack_bytes),
    ]);
    table
}

fn table<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    table
}

fn number<T: ToString>(value: Option<T>) -> Cell {
    let text = value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    Cell::new(text).set_alignment(CellAlignment::Right)
}
