//! Bars: class probabilities and memories.

use std::io::{self, Write};

use super::style::Style;
use cortexscope_draw::number::{bytes, percent};
use cortexscope_draw::{ClassScores, MemoryBar, Role, Theme};

/// Longest bar, in characters.
const BAR_CELLS: usize = 40;
/// Longest label that is shown whole.
const LABEL_CELLS: usize = 24;

/// Writes the prediction and a bar for each class.
///
/// # Errors
/// What the writer gives. Scores without classes are said, not drawn.
pub fn class_scores(out: &mut dyn Write, style: Style, scores: &ClassScores) -> io::Result<()> {
    if let Err(error) = scores.check() {
        return writeln!(out, "{}", style.text(&error.to_string()));
    }
    let Some(predicted) = scores.predicted() else {
        return Ok(());
    };
    let truth = match scores.expected.and_then(|class| scores.labels.get(class)) {
        Some(_) if scores.expected == Some(predicted) => ", right".to_owned(),
        Some(label) => format!(", wrong: label {label}"),
        None => String::new(),
    };
    let prediction = format!(
        "→ {}, {}{truth}",
        scores.labels[predicted],
        percent(scores.probabilities[predicted])
    );
    writeln!(out, "{}", style.strong(&prediction))?;
    let shown = scores.shown();
    let label = |class: usize| -> String {
        style
            .text(&scores.labels[class])
            .chars()
            .take(LABEL_CELLS)
            .collect()
    };
    let widest = shown
        .iter()
        .map(|&class| label(class).chars().count())
        .max()
        .unwrap_or(0);
    for class in shown {
        let probability = scores.probabilities[class];
        let length = style.bar(probability.into(), BAR_CELLS.min(style.width / 2));
        let role = if class == predicted {
            Role::Accent
        } else {
            Role::Dim
        };
        let bar = style.coloured(Theme::Dark.colour(role), &length);
        let mark = if class == predicted { "*" } else { " " };
        let percent = style.text(&percent(probability));
        let line = format!("{mark} {:>widest$} {percent:>8}  {bar}", label(class));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes each memory as a bar to scale and its parts in bytes.
///
/// # Errors
/// What the writer gives.
pub fn memory_bars(out: &mut dyn Write, style: Style, memories: &[MemoryBar]) -> io::Result<()> {
    let widest = memories
        .iter()
        .map(|memory| memory.name.chars().count())
        .max()
        .unwrap_or(0);
    for memory in memories {
        let (used, capacity) = (memory.used_bytes(), memory.capacity_bytes);
        let share = used as f64 / capacity.max(1) as f64;
        let cells = BAR_CELLS.min(style.width / 3);
        let bar = style.bar(share, cells);
        let rest = cells.saturating_sub(bar.chars().count());
        let verdict = if used > capacity {
            ", does not fit"
        } else {
            ""
        };
        writeln!(
            out,
            "{:<widest$} [{}{}] {} of {} ({:.1} %){verdict}",
            style.text(&memory.name),
            style.coloured(Theme::Dark.colour(Role::Accent), &bar),
            " ".repeat(rest),
            bytes(used),
            bytes(capacity),
            share * 100.0
        )?;
        let mut line = " ".repeat(widest);
        for segment in &memory.segments {
            let part = style.text(&format!("{} {}", segment.name, bytes(segment.bytes)));
            if line.chars().count() + 2 + part.chars().count() > style.width {
                writeln!(out, "{line}")?;
                line = " ".repeat(widest);
            }
            line.push_str("  ");
            line.push_str(&part);
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}
