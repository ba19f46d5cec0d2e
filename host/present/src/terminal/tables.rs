//! Cost and memory as tables.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::style::Style;
use crate::report::{LayerMemory, ReportData, Section, extent};
use cortexscope_draw::number::grouped;

/// Writes MACs and counts of each layer, over all inputs.
///
/// # Errors
/// What the writer gives.
pub fn cost(out: &mut dyn Write, style: Style, data: &ReportData) -> io::Result<()> {
    let unit = data.run.counter.unit();
    let columns = [
        Column::text("layer"),
        Column::number("MACs"),
        Column::number(unit),
        Column::number("most"),
        Column::number("per MAC"),
    ];
    let mut rows = Vec::new();
    for layer in &data.memory.layers {
        let counted = extent(&data.trials, &layer.name);
        if layer.macs == 0 && counted.is_none() {
            continue;
        }
        let [least, most, per_mac] = match counted {
            None => [const { String::new() }; 3],
            Some([least, most]) => {
                let per_mac = match layer.macs {
                    0 => String::new(),
                    macs => format!("{:.2}", most as f64 / macs as f64),
                };
                [grouped(least), grouped(most), per_mac]
            }
        };
        rows.push(vec![
            layer.name.clone(),
            grouped(layer.macs),
            least,
            most,
            per_mac,
        ]);
    }
    write_table(out, style, &columns, rows)
}

/// Writes what each layer takes of flash and RAM. A narrow terminal gets the
/// columns that matter most.
///
/// # Errors
/// What the writer gives.
pub fn layer_memory(out: &mut dyn Write, style: Style, layers: &[LayerMemory]) -> io::Result<()> {
    let optional = |value: Option<u64>| value.map_or_else(String::new, grouped);
    let columns = [
        Column::text("layer"),
        Column::text("shape").from(80),
        Column::number("weights"),
        Column::number("biases").from(110),
        Column::number("MACs"),
        Column::number("f32 B").from(110),
        Column::number("bytes"),
        Column::number("offset"),
        Column::number("steps").from(110),
        Column::number("scratch").from(110),
        Column::number("flash").from(80),
        Column::number("stack").from(80),
    ];
    let rows = layers.iter().map(|layer| {
        let steps = layer.lifetime.map_or_else(String::new, |[first, last]| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}–{last}")
            }
        });
        vec![
            layer.name.clone(),
            layer.shape.clone(),
            grouped(layer.weights),
            grouped(layer.biases),
            grouped(layer.macs),
            grouped(layer.activation_f32_bytes),
            grouped(layer.activation_bytes),
            optional(layer.arena_offset_bytes),
            steps,
            grouped(layer.scratch_bytes),
            grouped(layer.flash_bytes),
            optional(layer.stack_bytes),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}

/// Writes what the linker placed.
///
/// # Errors
/// What the writer gives.
pub fn sections(out: &mut dyn Write, style: Style, sections: &[Section]) -> io::Result<()> {
    let columns = [
        Column::text("section"),
        Column::number("flash, B"),
        Column::number("RAM, B"),
    ];
    let rows = sections.iter().map(|section| {
        vec![
            section.name.clone(),
            grouped(section.flash_bytes),
            grouped(section.ram_bytes),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}

/// A column of a table.
pub struct Column {
    name: &'static str,
    alignment: CellAlignment,
    /// Characters that a terminal must have for this column.
    least_width: usize,
}

impl Column {
    /// Left-aligned.
    pub const fn text(name: &'static str) -> Self {
        Self {
            name,
            alignment: CellAlignment::Left,
            least_width: 0,
        }
    }

    /// Right-aligned.
    pub const fn number(name: &'static str) -> Self {
        Self {
            name,
            alignment: CellAlignment::Right,
            least_width: 0,
        }
    }

    /// Left out where the terminal is narrower.
    pub const fn from(self, least_width: usize) -> Self {
        Self {
            least_width,
            ..self
        }
    }
}

/// Writes a table with a dim head, a row a line.
///
/// # Errors
/// What the writer gives.
pub fn write_table(
    out: &mut dyn Write,
    style: Style,
    columns: &[Column],
    rows: Vec<Vec<String>>,
) -> io::Result<()> {
    let line = |texts: Vec<String>| {
        texts
            .into_iter()
            .zip(columns)
            .filter(|(_, column)| column.least_width <= style.width)
            .map(|(text, column)| Cell::new(style.text(&text)).set_alignment(column.alignment))
            .collect::<Vec<_>>()
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(line(
        columns
            .iter()
            .map(|column| column.name.to_owned())
            .collect(),
    ));
    for row in rows {
        table.add_row(line(row));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for (number, text) in table.lines().enumerate() {
        let text = text.trim_end();
        writeln!(
            out,
            "{}",
            if number == 0 {
                style.dim(text)
            } else {
                text.to_owned()
            }
        )?;
    }
    Ok(())
}
