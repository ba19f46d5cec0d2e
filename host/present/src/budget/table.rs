//! A table that can be read on a terminal, in Markdown and by a spreadsheet.

use crate::terminal::{Column, Style, write_table};
use cortexscope_draw::number::grouped;
use std::io::{self, Write};

/// How tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text(Style),
    /// Pipes and dashes.
    Markdown,
    /// Comma-separated values, numbers without groups.
    Csv,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, in groups of three for people.
    Number(u64),
    /// Nothing, or not known.
    None,
}

impl From<Option<u64>> for Cell {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Self::None, Self::Number)
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// A head and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name, whether it is a number, and the width of terminal that shows it.
    pub columns: Vec<(&'static str, bool, usize)>,
    /// As many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Writes it.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write, format: Format) -> io::Result<()> {
        match format {
            Format::Text(style) => {
                let columns: Vec<Column> = self
                    .columns
                    .iter()
                    .map(|&(name, is_number, width)| {
                        let column = if is_number {
                            Column::number(name)
                        } else {
                            Column::text(name)
                        };
                        column.from(width)
                    })
                    .collect();
                let rows = self
                    .rows
                    .iter()
                    .map(|row| row.iter().map(Cell::text).collect());
                write_table(out, style, &columns, rows.collect())
            }
            Format::Markdown => {
                let names = self.columns.iter().map(|&(name, ..)| name.to_owned());
                markdown_line(out, names)?;
                let rules = self
                    .columns
                    .iter()
                    .map(|&(_, is_number, _)| if is_number { "---:" } else { "---" }.to_owned());
                markdown_line(out, rules)?;
                for row in &self.rows {
                    markdown_line(out, row.iter().map(|cell| cell.text().replace('|', "\\|")))?;
                }
                Ok(())
            }
            Format::Csv => {
                let names = self.columns.iter().map(|&(name, ..)| quoted(name));
                writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
                for row in &self.rows {
                    let cells = row.iter().map(|cell| match cell {
                        Cell::Text(text) => quoted(text),
                        Cell::Number(number) => number.to_string(),
                        Cell::None => String::new(),
                    });
                    writeln!(out, "{}", cells.collect::<Vec<_>>().join(","))?;
                }
                Ok(())
            }
        }
    }
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => grouped(*number),
            Self::None => String::new(),
        }
    }
}

fn markdown_line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))
}

/// RFC 4180: quoted where it has to be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let table = Table {
            columns: vec![("layer", false, 0), ("weights", true, 0)],
            rows: vec![
                vec!["conv 5×5, Relu".into(), 1_234_u64.into()],
                vec!["a|b".into(), None.into()],
            ],
        };
        let mut out = Vec::new();
        table.write(&mut out, format).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_spreadsheet_gets_plain_numbers() {
        assert_eq!(
            written(Format::Csv),
            "layer,weights\n\"conv 5×5, Relu\",1234\na|b,\n"
        );
    }

    #[test]
    fn markdown_aligns_numbers_and_escapes_bars() {
        assert_eq!(
            written(Format::Markdown),
            "| layer | weights |\n| --- | ---: |\n| conv 5×5, Relu | 1,234 |\n| a\\|b |  |\n"
        );
    }
}
