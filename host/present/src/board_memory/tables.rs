//! A board's memory as tables, for people.

use super::BoardMemory;
use crate::documents::memory::{Build, Linked, Stack};
use crate::terminal::{Column, Style, write_table};
use cortexscope_draw::number::grouped;
use cortexscope_rig::elf::size::Section;
use cortexscope_rig::measure::{Measurement, OcclusionMeasurement};
use cortexscope_rig::session::{HeapUse, Mode};
use std::io::{self, Write};

/// Writes where a board's flash and RAM go.
///
/// # Errors
/// `out` takes no more.
pub fn write(out: &mut dyn Write, style: Style, memory: &BoardMemory) -> io::Result<()> {
    let document = &memory.document;
    let origin = &document.origin;
    let title = format!("{} on {}", origin.model, origin.board);
    writeln!(out, "{}, engine {}", style.strong(&title), origin.engine)?;
    writeln!(out, "\n{}", style.strong("as linked"))?;
    sections(out, style, &document.linked)?;
    if let Some(firmware) = &document.firmware {
        let title = "what takes it, from the ELF file";
        writeln!(out, "\n{}", style.strong(title))?;
        causes(out, style, &firmware.sections)?;
    }
    if !document.builds.is_empty() {
        writeln!(out, "\n{}", style.strong("the firmware without a model"))?;
        sizes(out, style, &document.builds)?;
    }
    if !document.heap.is_empty() {
        writeln!(out, "\n{}", style.strong("heap"))?;
        heap(out, style, &document.heap)?;
    }
    for measurement in &document.modes {
        let title = format!(
            "{}: planned and measured, in bytes",
            measurement.mode.name()
        );
        writeln!(out, "\n{}", style.strong(&title))?;
        layers(out, style, measurement, memory.unit)?;
    }
    writeln!(out, "\n{}", style.strong("stack"))?;
    stack(out, style, &document.stack)?;
    writeln!(out, "\n{}", style.strong("the price of each mode"))?;
    prices(out, style, &document.modes, &document.occlusion)
}

/// What each build takes.
fn sizes(out: &mut dyn Write, style: Style, builds: &[Build]) -> io::Result<()> {
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

/// Flash and RAM as the linker gave them.
fn sections(out: &mut dyn Write, style: Style, linked: &Linked) -> io::Result<()> {
    let rows = [
        ("code (.text)", linked.text_bytes, 0),
        ("constants (.rodata)", linked.rodata_bytes, 0),
        ("initialised (.data)", linked.data_bytes, linked.data_bytes),
        ("board image", linked.image_bytes, 0),
        ("zeroed (.bss)", 0, linked.bss_bytes),
        ("arena", 0, linked.arena_bytes),
        ("stack", 0, linked.stack_bytes),
        ("heap", 0, linked.heap_bytes),
        ("the part has", linked.flash_bytes, linked.ram_bytes),
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

/// The stack: what it has, what was measured, and what it never exceeds.
fn stack(out: &mut dyn Write, style: Style, stack: &Stack) -> io::Result<()> {
    let columns = [Column::text(""), Column::number("bytes")];
    let line = |name: &str, bytes| vec![name.to_owned(), number(bytes)];
    let mut rows = vec![
        line("room", Some(stack.room_bytes).filter(|&bytes| bytes > 0)),
        line("at most, measured", stack.measured_bytes),
        line("never more, by the ELF file", stack.bound_bytes),
    ];
    for frame in stack.path.iter().chain(&stack.interrupt).flatten() {
        rows.push(line(&format!("  {}", frame.function), Some(frame.bytes)));
    }
    write_table(out, style, &columns, rows)?;
    if let Some(why) = &stack.no_bound {
        writeln!(out, "no bound: {why}")?;
    }
    Ok(())
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
