//! What `cortexscope attack` prints for people.

use cortexscope_draw::number::{percent, significant};
use cortexscope_present::adversarial::{Examples, SavedSurvey};
use cortexscope_present::documents::attack::AdversarialSide;
use std::io::Write;

/// Says what a set came to; `what` was done with it.
pub(super) fn say_survey(saved: &SavedSurvey, what: &str) -> anyhow::Result<()> {
    let document = &saved.document;
    let mut out = crate::printer::stdout();
    for row in &document.results {
        let eps = size(row.eps);
        writeln!(
            out,
            "{what}{eps}: {} of {} still right; {} of the {} that were right before {}",
            row.right,
            row.images,
            row.reached,
            row.right_before,
            if document.setup.target.is_some() {
                "reached the target"
            } else {
                "are taken for another class"
            },
        )?;
    }
    for row in document.transfer.iter().flat_map(|transfer| &transfer.rows) {
        writeln!(
            out,
            "made on {}, judged by {}: {} of {} fool it ({} inputs were right on both)",
            row.made_on, row.judged_by, row.fooled, row.examples, row.right_on_both
        )?;
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    for path in saved.picture.iter().chain([&saved.receipt]) {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}

/// Says what single inputs came to; `what` was done with each.
pub(super) fn say_examples(made: &Examples, what: &str) -> anyhow::Result<()> {
    let Examples { document, receipt } = made;
    let mut out = crate::printer::stdout();
    for example in &document.examples {
        let side = |side: &AdversarialSide| {
            format!("{} ({})", side.label, percent(side.probability as f32))
        };
        let eps = size(example.eps);
        writeln!(
            out,
            "{}: {what}{eps}: {} → {}, greatest change {}",
            example.input,
            side(&example.original),
            side(&example.adversarial),
            significant(example.greatest_change as f32)
        )?;
        for note in &example.notes {
            writeln!(out, "  note: {note}")?;
        }
        writeln!(out, "{}", example.picture)?;
    }
    writeln!(out, "{}", receipt.display())?;
    Ok(())
}

/// ε, where there is one.
fn size(eps: Option<f64>) -> String {
    eps.map_or(String::new(), |eps| {
        format!(", ε {}", significant(eps as f32))
    })
}
