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

impl From<Option<Cell>> for Cell {
    fn from(cell: Option<Cell>) -> Self {
        cell.unwrap_or(Self::None)
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
    columns: Vec<(&'static str, bool, usize)>,
    /// As many cells as there are columns.
    rows: Vec<Vec<Cell>>,
}

/// A table that grows column by column: the head of a column, what stands in it for a row `R`
/// and what below it are said in one place.
pub struct Columns<'a, R> {
    of: &'a [R],
    heads: Vec<(&'static str, bool, usize)>,
    rows: Vec<Vec<Cell>>,
    /// What stands below each column.
    sums: Vec<Cell>,
    has_sum: bool,
}

impl<'a, R> Columns<'a, R> {
    /// No columns yet, for these rows.
    pub fn of(rows: &'a [R]) -> Self {
        Self {
            of: rows,
            heads: Vec::new(),
            rows: vec![Vec::new(); rows.len()],
            sums: Vec::new(),
            has_sum: false,
        }
    }

    /// One more column, of texts.
    pub fn text<C: Into<Cell>>(self, name: &'static str, cell: impl Fn(&R) -> C) -> Self {
        self.column((name, false, 0), cell)
    }

    /// One more column, of numbers.
    pub fn number<C: Into<Cell>>(self, name: &'static str, cell: impl Fn(&R) -> C) -> Self {
        self.column((name, true, 0), cell)
    }

    fn column<C: Into<Cell>>(
        mut self,
        head: (&'static str, bool, usize),
        cell: impl Fn(&R) -> C,
    ) -> Self {
        for (of, row) in self.of.iter().zip(&mut self.rows) {
            row.push(cell(of).into());
        }
        self.heads.push(head);
        self.sums.push(Cell::None);
        self
    }

    /// The last column is shown where the terminal has `width` columns.
    pub fn from(mut self, width: usize) -> Self {
        if let Some((_, _, from)) = self.heads.last_mut() {
            *from = width;
        }
        self
    }

    /// What stands below the last column, in a row below the others.
    pub fn sum(mut self, sum: impl Into<Cell>) -> Self {
        if let Some(last) = self.sums.last_mut() {
            *last = sum.into();
            self.has_sum = true;
        }
        self
    }

    /// The table.
    pub fn table(mut self) -> Table {
        if self.has_sum {
            self.rows.push(self.sums);
        }
        Table {
            columns: self.heads,
            rows: self.rows,
        }
    }
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
        let rows = [("conv 5×5, Relu", Some(1_234_u64)), ("a|b", None)];
        let columns = Columns::of(&rows).text("layer", |row| row.0);
        let table = columns.number("weights", |row| row.1).table();
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
    fn a_column_has_its_own_sum() {
        let table = Columns::of(&[1_u64, 2])
            .text("layer", |row| format!("l{row}"))
            .sum("sum")
            .number("weights", |row| *row)
            .sum(3_u64)
            .number("left", |_| 0_u64)
            .table();
        assert_eq!(table.rows.len(), 3);
        assert_eq!(table.rows[2], ["sum".into(), 3_u64.into(), Cell::None]);
    }

    #[test]
    fn markdown_aligns_numbers_and_escapes_bars() {
        assert_eq!(
            written(Format::Markdown),
            "| layer | weights |\n| --- | ---: |\n| conv 5×5, Relu | 1,234 |\n| a\\|b |  |\n"
        );
    }
}
