//! The engines of one board, side by side.

use super::MemoryError;
use crate::documents::engines::{Engine as EngineDocument, Engines};
use crate::documents::memory::Linked;
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_record::{RigChoice, Tape};
use cortexscope_rig::board::Engine;
use cortexscope_rig::measure::{EngineMeasurement, SAMPLE, measure_engine, sample_input};
use cortexscope_rig::session::Cancel;
use cortexscope_wire::message::EnginePhase;
use std::io::{self, Write};

/// What each engine of a board costs.
#[derive(Clone, Debug)]
pub struct EngineCosts {
    /// The document.
    pub document: Engines,
    /// The engines, in the order of the board's facts.
    pub costs: Vec<EngineCost>,
}

/// What one engine costs on a board.
#[derive(Clone, Debug)]
pub struct EngineCost {
    /// The engine's own name.
    pub engine: String,
    /// GNU build ID of the firmware, in hexadecimal; `None` if it has none.
    pub elf_build_id: Option<String>,
    /// What was measured.
    pub measured: EngineMeasurement,
    /// What the board counts; `None` on a board that counts nothing.
    pub unit: Option<&'static str>,
}

/// Measures what each of the board's engines takes for one inference of `model`, with the
/// input [`SAMPLE`]. The engine of `choice` does not matter.
///
/// # Errors
/// [`MemoryError`]: most often the board's firmware has not been built.
pub fn engine_costs(
    choice: &RigChoice,
    model: &ModelFiles,
    cancel: &Cancel,
) -> Result<EngineCosts, MemoryError> {
    if choice.tape != Tape::None {
        return Err(MemoryError::Tape);
    }
    let board = choice.board()?;
    let costs = board.engines.iter();
    let costs = costs.map(|&engine| measure(choice, engine, model.clone(), cancel.clone()));
    let costs = costs.collect::<Result<Vec<_>, _>>()?;
    Ok(EngineCosts {
        document: Engines {
            board: board.name.to_owned(),
            model: choice.model.clone(),
            input: SAMPLE.to_owned(),
            engines: costs.iter().map(EngineCost::document).collect(),
        },
        costs,
    })
}

fn measure(
    choice: &RigChoice,
    engine: Engine,
    model: ModelFiles,
    cancel: Cancel,
) -> Result<EngineCost, MemoryError> {
    let choice = RigChoice {
        engine,
        ..choice.clone()
    };
    let mut rig = choice.open(model, cancel)?;
    let sample = sample_input(&rig.model)?;
    let measured = measure_engine(&mut rig, &sample)?;
    let board = rig.session.board();
    Ok(EngineCost {
        engine: board.engine.clone(),
        elf_build_id: board.elf_build_id_hex(),
        measured,
        unit: board.count_unit(),
    })
}

impl EngineCost {
    fn document(&self) -> EngineDocument {
        let measured = &self.measured;
        EngineDocument {
            engine: self.engine.clone(),
            elf_build_id: self.elf_build_id.clone(),
            firmware_flash_bytes: measured.memory.firmware_flash_bytes(),
            stack_bytes: measured.stack_bytes,
            arena_bytes: measured.arena_bytes,
            heap_bytes: measured.heap_bytes,
            instructions: measured.count.unwrap_or(0),
            count: measured.count,
            heap: measured.memory.heap.clone(),
            linked: Linked::from(&measured.memory),
        }
    }
}

/// Writes the engines for people: one row a cost, one column an engine.
///
/// # Errors
/// `out` takes no more.
pub fn write(out: &mut dyn Write, costs: &EngineCosts) -> io::Result<()> {
    let EngineCosts { document, costs } = costs;
    writeln!(out, "{} on {}", document.model, document.board)?;
    writeln!(out, "{}", table(costs))
}

/// One row a cost, one column an engine.
fn table(costs: &[EngineCost]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    let names = costs.iter().map(|cost| cost.engine.clone());
    table.set_header(std::iter::once(String::new()).chain(names));
    let mut row = |name: &str, value: &dyn Fn(&EngineCost) -> Option<u64>| {
        let cells = costs.iter().map(|cost| {
            let text = value(cost).map_or_else(|| "–".to_owned(), |value| value.to_string());
            Cell::new(text).set_alignment(CellAlignment::Right)
        });
        table.add_row(std::iter::once(Cell::new(name)).chain(cells));
    };
    row("flash: code", &|cost| {
        Some(cost.measured.memory.report.sections.text_bytes.into())
    });
    row("flash: constants", &|cost| {
        Some(cost.measured.memory.report.sections.rodata_bytes.into())
    });
    row("flash: firmware in all", &|cost| {
        Some(cost.measured.memory.firmware_flash_bytes().into())
    });
    row("flash: board image", &|cost| {
        Some(cost.measured.memory.report.image_bytes.into())
    });
    row("RAM: variables", &|cost| {
        let sections = &cost.measured.memory.report.sections;
        Some((sections.data_bytes + sections.bss_bytes).into())
    });
    row("RAM: stack, measured", &|cost| {
        cost.measured.stack_bytes.map(Into::into)
    });
    row("RAM: arena, measured", &|cost| {
        cost.measured
            .arena_bytes
            .filter(|&bytes| bytes > 0)
            .map(Into::into)
    });
    for phase in EnginePhase::ALL.map(EnginePhase::name) {
        row(&format!("RAM: heap at its fullest, {phase}"), &|cost| {
            let mut phases = cost.measured.memory.heap.iter();
            phases
                .find(|found| found.phase == phase)
                .map(|found| found.peak_bytes.into())
        });
    }
    row("RAM: heap between two runs", &|cost| {
        cost.measured
            .memory
            .heap
            .last()
            .map(|last| last.live_bytes.into())
    });
    let unit = costs.iter().find_map(|cost| cost.unit);
    let name = format!("{} of one inference", unit.unwrap_or("count"));
    row(&name, &|cost| cost.measured.count);
    table
}
