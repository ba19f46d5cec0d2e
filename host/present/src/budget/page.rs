//! A budget as it is printed: tables, and notes below them.

use super::Budget;
use super::answer::BudgetAnswer;
use super::table::{Format, Table};
use cortexscope_draw::number::grouped;
use std::io::{self, Write};

/// What of a budget is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetView {
    /// The layers, the arena, the link and the kernels; the lecture's table where it was asked
    /// for.
    Layers,
    /// Every board.
    Boards,
}

const BOARDS_NOTE: &str = "needed is firmware and network; RAM is variables, stack, input and \
     arena; the firmware counts as it was linked, or as board.toml states where it is not built";

const KERNELS_NOTE: &str = "the innermost loops of one inference, as they are written, and by \
     the processor's manual: estimates, without what is around the loops and without flash; \
     `bench` counts what a board takes";

impl BudgetAnswer {
    /// Writes it. As comma-separated values, it is the first table alone.
    ///
    /// # Errors
    /// `out` takes no more.
    pub fn write(&self, out: &mut dyn Write, format: Format, view: BudgetView) -> io::Result<()> {
        let budget = &self.budget;
        match (self.lecture, view) {
            (Some(lecture), _) => {
                let head = format!("{}, as the lecture has it", self.model);
                title(out, format, &head)?;
                budget.lecture(lecture).write(out, format)?;
                notes(out, format, lecture.notes)
            }
            (None, BudgetView::Boards) => {
                title(out, format, &format!("{} on every board", self.model))?;
                budget.boards().write(out, format)?;
                notes(out, format, &[BOARDS_NOTE])
            }
            (None, BudgetView::Layers) => {
                title(out, format, &self.model)?;
                budget.layers(self.mode).write(out, format)?;
                match format {
                    Format::Csv => Ok(()),
                    Format::Text(_) | Format::Markdown => self.rest(out, format),
                }
            }
        }
    }

    /// What follows the layers.
    fn rest(&self, out: &mut dyn Write, format: Format) -> io::Result<()> {
        let budget = &self.budget;
        let facts = self.facts();
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        notes(out, format, &facts)?;
        let tables: [(&str, Table); 2] = [("memory", budget.arenas()), ("link", budget.link())];
        for (name, table) in tables {
            writeln!(out)?;
            title(out, format, name)?;
            table.write(out, format)?;
        }
        if budget.kernels.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        title(out, format, "kernels of a Cortex-M4F")?;
        budget.kernels().write(out, format)?;
        notes(out, format, &[KERNELS_NOTE])
    }

    /// What is said below the layers.
    fn facts(&self) -> Vec<String> {
        let mut facts = sums(&self.budget);
        let elsewhere = &self.budget.network.not_on_a_board;
        if !self.is_architecture && elsewhere.is_empty() && !self.budget.is_exact {
            facts.push(
                "arena and flash are estimated from shapes: the weights are not read where they \
                 take over 64 MiB; --boards with --image has what a board image takes"
                    .to_owned(),
            );
        }
        facts.extend(elsewhere.iter().map(ToString::to_string));
        facts
    }
}

/// Sums in words.
fn sums(budget: &Budget) -> Vec<String> {
    let totals = &budget.ledger.totals;
    let scores = budget.network.values(budget.network.layers.len()) as u64;
    let megabytes = 4.0 * totals.values as f64 / 1e6;
    vec![
        format!(
            "parameters {}: weights {}, biases {}",
            grouped(totals.parameters()),
            grouped(totals.weights),
            grouped(totals.biases)
        ),
        format!(
            "values of one image {} ({} without the scores), input included: {megabytes:.2} MB in f32",
            grouped(totals.values),
            grouped(totals.values - scores)
        ),
        format!(
            "MACs {}; {}{} B of flash for a board image",
            grouped(totals.macs),
            if budget.is_exact { "" } else { "about " },
            grouped(budget.need.image_bytes)
        ),
        "activation, normalisation, dropout and softmax are written over their input; \
         a batch normalisation's scale and shift count, its statistics do not"
            .to_owned(),
    ]
}

fn title(out: &mut dyn Write, format: Format, text: &str) -> io::Result<()> {
    match format {
        Format::Text(style) => writeln!(out, "{}", style.strong(text)),
        Format::Markdown => writeln!(out, "### {text}\n"),
        Format::Csv => Ok(()),
    }
}

fn notes(out: &mut dyn Write, format: Format, notes: &[&str]) -> io::Result<()> {
    match format {
        Format::Csv => Ok(()),
        Format::Markdown => {
            writeln!(out)?;
            notes.iter().try_for_each(|note| writeln!(out, "- {note}"))
        }
        Format::Text(style) => {
            writeln!(out)?;
            let mut lines = notes.iter().flat_map(|note| style.dim_lines(note));
            lines.try_for_each(|line| writeln!(out, "{line}"))
        }
    }
}
