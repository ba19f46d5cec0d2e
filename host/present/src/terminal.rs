//! The report's contents on a terminal: predictions, maps, occlusion, cost and
//! memory, in the width and colours that the terminal has.
//!
//! Every function writes to a `&mut dyn Write` in a [`Style`].

mod maps;
mod right_answers;
mod scores;
mod style;
mod tables;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use maps::{activation_maps, occlusion};
pub use right_answers::right_answers;
pub use scores::{class_scores, memory_bars};
pub use style::Style;
pub use tables::{Column, write_table};
pub use tables::{cost, layer_memory, sections};

use crate::report::{InputResult, ReportData, Run};
use cortexscope_draw::{MapRole, Palette, Scale};

/// Writes one input: what was seen, the class scores, the occlusion map and
/// every layer's maps.
///
/// # Errors
/// What the writer gives.
pub fn trial(out: &mut dyn Write, style: Style, trial: &InputResult, run: &Run) -> io::Result<()> {
    writeln!(out, "{}", style.strong(&trial.name))?;
    for note in &trial.notes {
        for line in style.dim_lines(note) {
            writeln!(out, "{line}")?;
        }
    }
    for stimulus in trial
        .layers
        .iter()
        .filter(|maps| maps.role == MapRole::Stimulus)
    {
        activation_maps(out, style, stimulus, Scale::Shared)?;
    }
    writeln!(out)?;
    class_scores(out, style, &trial.scores)?;
    if let Some(count) = run.counted(trial.count) {
        let count = cortexscope_draw::number::grouped(count);
        writeln!(out, "{count} {}", run.counter.unit())?;
    }
    if let Some(map) = &trial.occlusion {
        writeln!(out)?;
        occlusion(out, style, map, Palette::Lecture)?;
    }
    for layer in trial
        .layers
        .iter()
        .filter(|maps| maps.role == MapRole::Activation)
    {
        writeln!(out)?;
        activation_maps(out, style, layer, Scale::Shared)?;
    }
    Ok(())
}

/// Writes the whole report.
///
/// # Errors
/// What the writer gives.
pub fn report(out: &mut dyn Write, style: Style, data: &ReportData) -> io::Result<()> {
    for one in &data.trials {
        trial(out, style, one, &data.run)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", style.strong("cost"))?;
    cost(out, style, data)?;
    let memory = &data.memory;
    writeln!(out, "\n{}", style.strong("memory"))?;
    memory_bars(out, style, &memory.bars)?;
    for gap in &memory.gaps {
        for line in style.dim_lines(gap) {
            writeln!(out, "{line}")?;
        }
    }
    if !memory.layers.is_empty() {
        layer_memory(out, style, &memory.layers)?;
    }
    if !memory.sections.is_empty() {
        sections(out, style, &memory.sections)?;
    }
    Ok(())
}
