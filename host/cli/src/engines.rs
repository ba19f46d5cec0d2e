//! The engines of one board, side by side.

use super::common::{BoardArgs, blame, ctrl_c, print_json};
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_present::documents;
use cortexscope_present::documents::memory::Linked;
use cortexscope_record::RigChoice;
use cortexscope_rig::board::Engine;
use cortexscope_rig::measure::{SAMPLE, measure_engine, sample_input};
use cortexscope_rig::session::Memory;
use cortexscope_wire::message::EnginePhase;
use std::io::Write;
use std::process::ExitCode;

/// What one engine costs on a board.
struct Cost {
    engine: String,
    elf_build_id: Option<String>,
    memory: Memory,
    stack_bytes: Option<u32>,
    arena_bytes: Option<u32>,
    heap_bytes: Option<u32>,
    count: Option<u64>,
    unit: Option<&'static str>,
}

/// Prints what each of `engines` takes of the board for one inference.
///
/// # Errors
/// The board cannot be opened; most often its firmware has not been built.
pub(super) fn compare(
    args: &BoardArgs,
    engines: &[Engine],
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let model = args.model()?;
    let costs = engines
        .iter()
        .map(|&engine| measure(args, engine, model.clone()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if as_json {
        print_json(&documents::engines::Engines {
            board: args.kind()?.name.to_owned(),
            model: args.model.clone(),
            input: SAMPLE.to_owned(),
            engines: costs.iter().map(Cost::document).collect(),
        })?;
    } else {
        let mut stdout = crate::printer::stdout();
        writeln!(stdout, "{} on {}", args.model, args.kind()?.name)?;
        writeln!(stdout, "{}", table(&costs))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(args: &BoardArgs, engine: Engine, model: ModelFiles) -> anyhow::Result<Cost> {
    let choice = RigChoice {
        engine,
        ..args.choice()
    };
    let mut rig = choice.open(model, ctrl_c()?).map_err(blame)?;
    let sample = sample_input(&rig.model).map_err(blame)?;
    let measured = measure_engine(&mut rig, &sample)?;
    let board = rig.session.board();
    Ok(Cost {
        engine: board.engine.clone(),
        elf_build_id: board.elf_build_id_hex(),
        memory: measured.memory,
        stack_bytes: measured.stack_bytes,
        arena_bytes: measured.arena_bytes,
        heap_bytes: measured.heap_bytes,
        count: measured.count,
        unit: board.count_unit(),
    })
}

impl Cost {
    fn flash_bytes(&self) -> u32 {
        self.memory.firmware_flash_bytes()
    }

    fn document(&self) -> documents::engines::Engine {
        documents::engines::Engine {
            engine: self.engine.clone(),
            elf_build_id: self.elf_build_id.clone(),
            firmware_flash_bytes: self.flash_bytes(),
            stack_bytes: self.stack_bytes,
            arena_bytes: self.arena_bytes,
            heap_bytes: self.heap_bytes,
            instructions: self.count.unwrap_or(0),
            count: self.count,
            heap: self.memory.heap.clone(),
            linked: Linked::from(&self.memory),
        }
    }
}

/// One row a cost, one column an engine.
fn table(costs: &[Cost]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    let names = costs.iter().map(|cost| cost.engine.clone());
    table.set_header(std::iter::once(String::new()).chain(names));
    let mut row = |name: &str, value: &dyn Fn(&Cost) -> Option<u64>| {
        let cells = costs.iter().map(|cost| {
            let text = value(cost).map_or_else(|| "–".to_owned(), |value| value.to_string());
            Cell::new(text).set_alignment(CellAlignment::Right)
        });
        table.add_row(std::iter::once(Cell::new(name)).chain(cells));
    };
    row("flash: code", &|cost| {
        Some(cost.memory.report.sections.text_bytes.into())
    });
    row("flash: constants", &|cost| {
        Some(cost.memory.report.sections.rodata_bytes.into())
    });
    row("flash: firmware in all", &|cost| {
        Some(cost.flash_bytes().into())
    });
    row("flash: board image", &|cost| {
        Some(cost.memory.report.image_bytes.into())
    });
    row("RAM: variables", &|cost| {
        let sections = &cost.memory.report.sections;
        Some((sections.data_bytes + sections.bss_bytes).into())
    });
    row("RAM: stack, measured", &|cost| {
        cost.stack_bytes.map(Into::into)
    });
    row("RAM: arena, measured", &|cost| {
        cost.arena_bytes.filter(|&bytes| bytes > 0).map(Into::into)
    });
    for phase in EnginePhase::ALL.map(EnginePhase::name) {
        row(&format!("RAM: heap at its fullest, {phase}"), &|cost| {
            let mut phases = cost.memory.heap.iter();
            phases
                .find(|found| found.phase == phase)
                .map(|found| found.peak_bytes.into())
        });
    }
    row("RAM: heap between two runs", &|cost| {
        cost.memory.heap.last().map(|last| last.live_bytes.into())
    });
    let unit = costs.iter().find_map(|cost| cost.unit);
    let name = format!("{} of one inference", unit.unwrap_or("count"));
    row(&name, &|cost| cost.count);
    table
}
