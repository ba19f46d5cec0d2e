//! A search in words.

use crate::brain::board::say_board;
use cortexscope_draw::number::{grouped, significant};
use cortexscope_present::documents::evolve::Evolve;
use std::io::Write;
use std::path::Path;

pub(super) fn say(document: &Evolve, receipt: Option<&Path>) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let rate = |rate: f64| significant(rate as f32);
    let noise = match document.noise.as_str() {
        "none" => String::new(),
        noise => format!(", noise {noise}"),
    };
    writeln!(
        out,
        "{}: {} ({}) over {}{noise}, {} queries, seed {}",
        document.neuron,
        document.optimiser,
        document.preset,
        document.generator,
        grouped(document.queries_spent as u64),
        document.seed
    )?;
    writeln!(
        out,
        "  best {} (measured {}), last generation {} on average; rate 0 is {}",
        rate(document.best_clean),
        rate(document.best_measured),
        rate(document.last_generation_mean_clean),
        rate(document.zero)
    )?;
    if let Some(best) = document.natural_best {
        writeln!(
            out,
            "  best natural image {}, after {} queries of its own",
            rate(best),
            grouped(document.natural_queries as u64)
        )?;
    }
    if let (Some(space), Some(pixels)) = (document.optimum_in_space, document.optimum_in_pixels) {
        writeln!(
            out,
            "  by the gradient {} in the same space and {} in pixels",
            rate(space),
            rate(pixels)
        )?;
    }
    for note in &document.notes {
        writeln!(out, "  note: {note}")?;
    }
    let prediction = document.prediction.as_ref();
    if let Some((prediction, spearman)) =
        prediction.and_then(|found| Some((found, found.spearman?)))
    {
        writeln!(
            out,
            "  likeness to the evolved image orders the rates of {} natural images with Spearman's ρ {}",
            grouped(prediction.images as u64),
            rate(spearman)
        )?;
    }
    if document.neuron_seconds > 0.0 {
        writeln!(
            out,
            "  {:.2} s for the queries, and the search itself {:.3} s: {:.1} % of that",
            document.neuron_seconds,
            document.search_seconds,
            100.0 * document.search_seconds / document.neuron_seconds
        )?;
    }
    if let Some(board) = &document.board {
        say_board(&mut out, board)?;
    }
    let pictures = document.pictures.iter();
    for path in pictures.chain([&document.image, &document.trace]) {
        writeln!(out, "{path}")?;
    }
    if let Some(receipt) = receipt {
        writeln!(out, "{}", receipt.display())?;
    }
    Ok(())
}
