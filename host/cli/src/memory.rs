//! `cortexscope memory`.

mod stack;

use super::common::{BoardArgs, blame, print_json, wrong};
use anyhow::Context;
use clap::Args;
use cortexscope_draw::number::grouped;
use cortexscope_present::documents::memory as documents;
use cortexscope_present::documents::origin::Origin;
use cortexscope_present::terminal::{Column, Style, write_table};
use cortexscope_rig::board::{BoardKind, Engine, Transport, firmware_elf, small_firmware_elf};
use cortexscope_rig::elf::linked::linked;
use cortexscope_rig::elf::size::{self, Section};
use cortexscope_rig::elf::stack::stack_bound;
use cortexscope_rig::measure::{Measurement, OcclusionMeasurement, SAMPLE};
use cortexscope_rig::measure::{measure, measure_occlusion, sample_input};
use cortexscope_rig::session::{HeapUse, LECTURE_PATCH, MemoryReport, Mode};
use stack::Stack;
use std::io::{self, Write};
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
        let engines = self.board.kind()?.engines;
        if self.board.engine.is_none() && engines.len() > 1 {
            if !self.board.tape.is_none() {
                return Err(wrong(
                    "each engine has a session of its own: name one with --engine to record or \
                     replay it",
                ));
            }
            return super::engines::compare(&self.board, engines, self.json);
        }
        let model = self.board.model()?;
        let sample = sample_input(&model).map_err(blame)?;
        let mut rig = self.board.open(model)?;
        let memory = rig.memory()?;
        let measured = measure(&mut rig, &sample)?;
        let occlusion = measure_occlusion(&mut rig, &sample, LECTURE_PATCH)?;
        let board = rig.session.board().clone();
        let elf = match self.board.tape.replay {
            // The firmware that was recorded need not be the one that is built here.
            Some(_) => None,
            None => firmware_file(self.board.kind()?, self.board.choice().engine)?,
        };
        let firmware = elf.as_deref().map(size::sections).transpose()?;
        let builds = match self.board.tape.replay {
            Some(_) => Vec::new(),
            None => builds(self.board.kind()?)?,
        };
        let stack = Stack {
            room_bytes: memory.report.sections.stack_bytes,
            measured_bytes: deepest(&measured, &occlusion),
            bound: elf.as_deref().map(stack_bound),
        };
        if self.json {
            print_json(&documents::Memory {
                origin: Origin::from(&rig),
                input: SAMPLE.to_owned(),
                linked: documents::Linked::from(&memory),
                modes: measured,
                firmware: firmware.map(|sections| documents::Firmware { sections }),
                builds,
                stack: stack.document(),
                heap: memory.heap,
                occlusion,
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        let style = Style::of_stdout();
        let out = &mut crate::printer::stdout();
        let title = format!("{} on {}", rig.model.name, board.name);
        writeln!(out, "{}, engine {}", style.strong(&title), board.engine)?;
        writeln!(out, "\n{}", style.strong("as linked"))?;
        sections(out, style, &memory.report)?;
        if let Some(firmware) = &firmware {
            writeln!(
                out,
                "\n{}",
                style.strong("what takes it, from the ELF file")
            )?;
            causes(out, style, firmware)?;
        }
        if !builds.is_empty() {
            writeln!(out, "\n{}", style.strong("the firmware without a model"))?;
            sizes(out, style, &builds)?;
        }
        if !memory.heap.is_empty() {
            writeln!(out, "\n{}", style.strong("heap"))?;
            heap(out, style, &memory.heap)?;
        }
        for measurement in &measured {
            let title = format!(
                "{}: planned and measured, in bytes",
                measurement.mode.name()
            );
            writeln!(out, "\n{}", style.strong(&title))?;
            layers(out, style, measurement, board.count_unit())?;
        }
        writeln!(out, "\n{}", style.strong("stack"))?;
        stack.write(out, style)?;
        writeln!(out, "\n{}", style.strong("the price of each mode"))?;
        prices(out, style, &measured, &occlusion)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The ELF file of the firmware with `engine` that `board` runs; none for a board
/// without one.
fn firmware_file(board: &BoardKind, engine: Engine) -> anyhow::Result<Option<Vec<u8>>> {
    if board.transport == Transport::InProcess {
        return Ok(None);
    }
    let path = firmware_elf(board, engine);
    let elf = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(elf))
}

/// The builds of the static engine's firmware for `board` that are there.
fn builds(board: &BoardKind) -> anyhow::Result<Vec<documents::Build>> {
    if board.transport == Transport::InProcess {
        return Ok(Vec::new());
    }
    let fast = Some(firmware_elf(board, Engine::Static)).filter(|path| path.is_file());
    let mut builds = Vec::new();
    for (size, path) in [("fast", fast), ("small", small_firmware_elf(board))] {
        let Some(path) = path else { continue };
        let elf =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let firmware = linked(&elf).with_context(|| {
            format!(
                "{} is not an ELF file: build the firmware again with `cargo xtask firmware`",
                path.display()
            )
        })?;
        builds.push(documents::Build {
            size: size.to_owned(),
            flash_bytes: firmware.flash_bytes,
            ram_bytes: firmware.ram_bytes,
        });
    }
    Ok(builds)
}

/// What each build takes.
fn sizes(out: &mut dyn Write, style: Style, builds: &[documents::Build]) -> io::Result<()> {
    let columns = [
        Column::text("size"),
        Column::number("flash B"),
        Column::number("RAM B"),
    ];
    let rows = builds.iter().map(|build| {
        vec![
            build.size.clone(),
            number(Some(build.flash_bytes)),
            number(Some(build.ram_bytes)),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}

/// The greatest depth of the stack in everything that was measured.
fn deepest(measured: &[Measurement], occlusion: &OcclusionMeasurement) -> Option<u32> {
    let modes = measured.iter().map(|measurement| measurement.stack_bytes);
    modes.chain([occlusion.stack_bytes]).max().flatten()
}

/// Flash and RAM as the linker gave them.
fn sections(out: &mut dyn Write, style: Style, report: &MemoryReport) -> io::Result<()> {
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
        ("the part has", sections.flash_bytes, sections.ram_bytes),
    ];
    let columns = [
        Column::text(""),
        Column::number("flash B"),
        Column::number("RAM B"),
    ];
    let some = |bytes: u32| number(Some(bytes).filter(|&bytes| bytes > 0));
    let rows = rows
        .into_iter()
        .map(|(name, flash, ram)| vec![name.to_owned(), some(flash), some(ram)]);
    write_table(out, style, &columns, rows.collect())
}

/// Each section, and what of it is for what.
fn causes(out: &mut dyn Write, style: Style, firmware: &[Section]) -> io::Result<()> {
    let columns = [
        Column::text("section"),
        Column::text("for"),
        Column::number("flash B"),
        Column::number("RAM B"),
    ];
    let line = |section: &Section, name: &str, cause: &str, bytes: u64| {
        let part = |takes: bool| number(Some(bytes).filter(|_| takes));
        let (flash, ram) = (part(section.is_flash), part(section.is_ram));
        vec![name.to_owned(), cause.to_owned(), flash, ram]
    };
    let mut rows = Vec::new();
    for section in firmware {
        if let [part] = section.causes[..] {
            rows.push(line(section, &section.name, part.cause.words(), part.bytes));
            continue;
        }
        rows.push(line(section, &section.name, "", section.bytes));
        for part in &section.causes {
            rows.push(line(section, "", part.cause.words(), part.bytes));
        }
    }
    let total = |takes: fn(&Section) -> bool| {
        let sizes = firmware.iter().filter(|section| takes(section));
        number(Some(sizes.map(|section| section.bytes).sum::<u64>()))
    };
    rows.push(vec![
        "sum".to_owned(),
        String::new(),
        total(|section| section.is_flash),
        total(|section| section.is_ram),
    ]);
    write_table(out, style, &columns, rows)
}

fn heap(out: &mut dyn Write, style: Style, phases: &[HeapUse]) -> io::Result<()> {
    let columns = [
        Column::text("phase"),
        Column::number("in use at its end, B"),
        Column::number("at most, B"),
        Column::number("allocations"),
    ];
    let rows = phases.iter().map(|phase| {
        vec![
            phase.phase.clone(),
            number(Some(phase.live_bytes)),
            number(Some(phase.peak_bytes)),
            number(Some(phase.allocations)),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}

/// One mode: planned beside measured.
fn layers(
    out: &mut dyn Write,
    style: Style,
    measurement: &Measurement,
    unit: Option<&'static str>,
) -> io::Result<()> {
    let columns = [
        Column::text("layer"),
        Column::number("offset"),
        Column::number("bytes"),
        Column::number("in use, planned"),
        Column::number("measured"),
        Column::number("stack"),
        Column::number(unit.unwrap_or("not counted")).from(80),
    ];
    let mut rows: Vec<Vec<String>> = measurement
        .layers
        .iter()
        .map(|layer| {
            vec![
                layer.name.clone(),
                number(layer.offset),
                number(layer.bytes),
                number(layer.planned_arena_bytes),
                number(layer.measured_arena_bytes),
                number(layer.stack_bytes),
                number(layer.count),
            ]
        })
        .collect();
    rows.push(vec![
        "arena".to_owned(),
        String::new(),
        String::new(),
        number(Some(measurement.planned_arena_bytes)),
        number(measurement.measured_arena_bytes),
        number(measurement.stack_bytes),
        String::new(),
    ]);
    write_table(out, style, &columns, rows)
}

/// What each mode takes of RAM, and beside the smallest.
fn prices(
    out: &mut dyn Write,
    style: Style,
    measured: &[Measurement],
    occlusion: &OcclusionMeasurement,
) -> io::Result<()> {
    let columns = [
        Column::text("mode"),
        Column::number("arena B"),
        Column::number("measured"),
        Column::number("above the smallest"),
        Column::text("for").from(90),
    ];
    let modes = measured.iter().map(|measurement| {
        let what = match measurement.mode {
            Mode::Fused => "rows of fused layers are tapped as they are made",
            Mode::Tapped => "every layer is kept whole",
        };
        let (planned, measured) = (
            measurement.planned_arena_bytes,
            measurement.measured_arena_bytes,
        );
        (measurement.mode.name(), planned, measured, what)
    });
    let [height, width] = occlusion.window;
    let changed = format!(
        "keeps each step's output, and the part of it that a {height}x{width} patch changes"
    );
    let occlusion = (
        "occlusion",
        occlusion.planned_arena_bytes,
        occlusion.measured_arena_bytes,
        &*changed,
    );
    let modes: Vec<_> = modes.chain([occlusion]).collect();
    let least = modes
        .iter()
        .map(|&(_, planned, ..)| planned)
        .min()
        .unwrap_or(0);
    let rows = modes.into_iter().map(|(name, planned, measured, what)| {
        vec![
            name.to_owned(),
            number(Some(planned)),
            number(measured),
            number(Some(planned - least)),
            what.to_owned(),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}

fn number<T: Into<u64>>(value: Option<T>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| grouped(value.into()))
}
