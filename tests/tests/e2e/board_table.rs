//! Every board beside every model: what is computed to fit runs, and takes what was planned;
//! `docs/measured.md` has the numbers. `UPDATE=1` writes its table anew.

use crate::command_line::json;
use cortexscope_draw::number::grouped;
use cortexscope_rig::board::{Transport, find};
use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measured.md");
const HEAD: &str =
    "| board | model | fits | flash | RAM | arena planned | measured | an inference |";

/// Rises and falls of a count that stay unnoticed, in parts of a hundred: those of
/// `cortexscope bench --check`. Acknowledgements of the host arrive at other moments.
const SAME_PERCENT: u64 = 2;

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// One row of the page's table. Without `count`, the one of this run.
fn line(row: &Value, count: Option<u64>) -> String {
    let number = |value: &Value| value.as_u64().map_or("–".to_owned(), grouped);
    let run = &row["run"];
    let fits = match (&row["fits_fused"], &row["fits_tapped"]) {
        (_, Value::Bool(true)) => "yes",
        (Value::Bool(true), _) => "fused only",
        _ => "no",
    };
    let count = count.map_or_else(|| number(&run["count"]), grouped);
    let unit = run["unit"].as_str().map(|unit| format!(" {unit}"));
    format!(
        "| `{}` | `{}` | {fits} | {} | {} | {} | {} | {count}{} |",
        text(row, "board"),
        text(row, "model"),
        number(&row["flash_bytes"]),
        number(&row["ram_bytes"]),
        number(&run["planned_arena_bytes"]),
        number(&run["measured_arena_bytes"]),
        unit.unwrap_or_default(),
    )
}

/// The count that a row of the page ends in.
fn stated(line: &str) -> Option<u64> {
    let cell = line.trim_end_matches('|').rsplit('|').next()?;
    let digits = cell.split_whitespace().next()?.replace(',', "");
    digits.parse().ok()
}

#[test]
fn what_fits_runs_and_takes_what_was_planned() {
    let models = ["lenet5", "lecture-lenet"];
    let document = json(&["bench", "--boards", "--json"]);
    let rows = document["rows"].as_array().expect("a list of rows");
    let mut ran = 0;
    for row in rows {
        let board = find(text(row, "board")).expect("a known board");
        assert!(models.contains(&text(row, "model")), "{row}");
        let is_emulated = matches!(board.transport, Transport::Qemu { .. });
        let fits = row["fits_fused"] == true;
        assert_eq!(row["run"].is_object(), is_emulated && fits, "{row}");
        if is_emulated && fits {
            let run = &row["run"];
            ran += 1;
            assert_eq!(
                run["planned_arena_bytes"], run["measured_arena_bytes"],
                "{row}"
            );
            assert_eq!(run["unit"], "instructions", "{row}");
            assert_eq!(run["counted_by"], "QEMU", "{row}");
            let mode = if row["fits_tapped"] == true {
                "tapped"
            } else {
                "fused"
            };
            assert_eq!(run["mode"], mode, "{row}");
        }
    }
    // The smallest has 16 KB of RAM.
    let emulated = |row: &&Value| text(row, "board") == "microbit";
    let fitting = rows
        .iter()
        .filter(emulated)
        .filter(|row| row["fits_fused"] == true);
    assert!(fitting.count() > 0, "{document}");
    assert!(ran >= 9, "{document}");
    holds(rows);
}

/// Compares the page with `rows`, or writes it.
fn holds(rows: &[Value]) {
    let page = std::fs::read_to_string(PAGE).expect("a page of the book");
    let (before, rest) = page.split_once(HEAD).expect("the table's head");
    let is_row = |line: &&str| line.starts_with('|');
    let old: Vec<&str> = rest.lines().skip(1).take_while(is_row).collect();
    let is_update = std::env::var_os("UPDATE").is_some();
    let lines: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let stated = old.get(index + 1).and_then(|line| stated(line));
            let found = row["run"]["count"].as_u64();
            let kept = stated
                .zip(found)
                .filter(|_| !is_update)
                .filter(|&(stated, found)| 100 * stated.abs_diff(found) <= SAME_PERCENT * stated);
            line(row, kept.map(|(stated, _)| stated))
        })
        .collect();
    let rule = "|---|---|---|---|---|---|---|---|".to_owned();
    let table = [vec![rule], lines].concat();
    if is_update {
        let behind: Vec<&str> = rest.lines().skip(1).skip_while(is_row).collect();
        let text = format!(
            "{before}{HEAD}\n{}\n{}\n",
            table.join("\n"),
            behind.join("\n")
        );
        std::fs::write(PAGE, text).expect("the page can be written");
        return;
    }
    assert_eq!(old, table, "write it anew with UPDATE=1");
}
