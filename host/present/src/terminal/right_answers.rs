//! Right answers of each network, by corruption and severity.

use super::style::Style;
use super::tables::{Column, write_table};
use crate::documents::robustness::{Count, Robustness};
use std::io::{self, Write};

/// Writes a row for the pictures as they are, and one for each corruption and severity.
///
/// # Errors
/// What the writer gives.
pub fn right_answers(out: &mut dyn Write, style: Style, found: &Robustness) -> io::Result<()> {
    let mut columns = vec![
        Column::text("corruption"),
        Column::number("severity"),
        Column::number("float"),
    ];
    if found.board.is_some() {
        columns.push(Column::number("int8"));
    }
    if found.baseline.is_some() {
        columns.push(Column::number("baseline"));
    }
    let line = |name: &str, severity: String, count: &Count| {
        let percent =
            |right: usize| format!("{:.1} %", 100.0 * right as f64 / count.images.max(1) as f64);
        let mut line = vec![name.to_owned(), severity, percent(count.right)];
        line.extend(count.board_right.map(percent));
        line.extend(count.baseline_right.map(percent));
        line
    };
    let mut rows = vec![line("none", String::new(), &found.clean)];
    let corrupted = found.rows.iter();
    rows.extend(corrupted.map(|row| line(&row.corruption, row.severity.to_string(), &row.count)));
    write_table(out, style, &columns, rows)
}
