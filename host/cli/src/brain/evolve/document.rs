//! What a search found, as a document and as lines.

use super::Files;
use super::subject::Subject;
use crate::brain::board::say_board;
use crate::common::blame;
use cortexscope_brain::evolve::{Experiment, Settings};
use cortexscope_brain::generator::Generator;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_draw::number::{grouped, significant};
use cortexscope_present::documents::evolve::{
    Category, Evolve, EvolveGeneration, EvolveParameter, LikenessPrediction, NaturalImage,
    board_queries, notes,
};
use cortexscope_present::scene::evolution::SHOWN;
use std::io::Write;

/// What a search was.
pub(super) struct Context<'a> {
    pub neuron: &'a str,
    pub settings: &'a Settings,
    pub generator: &'a dyn Generator,
    pub stimuli: Option<&'a Stimuli>,
    /// Answers that a checkpoint held.
    pub held: usize,
    pub files: &'a Files,
}

pub(super) fn document(
    found: &Experiment,
    context: &Context<'_>,
    subject: &mut Subject,
    target: Option<&str>,
) -> anyhow::Result<Evolve> {
    let board = subject.board().map(board_queries);
    let board = board.transpose().map_err(blame)?;
    let (settings, evolution) = (context.settings, &found.evolution);
    let model = subject.model();
    let natural = found.natural.as_ref();
    let named = |order: &[usize]| -> Vec<NaturalImage> {
        let image = |&index: &usize| {
            Some(NaturalImage {
                name: context.stimuli?.names.get(index)?.clone(),
                rate: natural?.rate(index, found.zero),
            })
        };
        order.iter().filter_map(image).collect()
    };
    let order = natural.map_or(&[][..], |natural| natural.order.as_slice());
    let label =
        |class: usize| model.map_or_else(|| class.to_string(), |model| model.short_label(class));
    let parameters = evolution.parameters.iter();
    let categories = found.categories.iter();
    let truths = [&found.in_space, &found.in_pixels];
    let best_measured = evolution.measured.get(evolution.best_query);
    let pictures = context.files.pictures.iter();
    Ok(Evolve {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        neuron: context.neuron.to_owned(),
        model: model.map(|model| model.name.clone()),
        model_sha256: model.map(|model| model.sha256_hex()),
        target: target.map(str::to_owned),
        board,
        optimiser: settings.preset.optimiser.to_owned(),
        preset: settings.preset.name.to_owned(),
        preset_source: settings.preset.source.to_owned(),
        parameters: parameters
            .map(|&(name, value)| EvolveParameter {
                name: name.to_owned(),
                value,
            })
            .collect(),
        generator: context.generator.name().to_owned(),
        dim: context.generator.dim(),
        noise: settings.noise.to_string(),
        seed: settings.seed,
        zero: found.zero,
        queries_spent: evolution.queries_spent(),
        queries_from_checkpoint: context.held,
        best_clean: evolution.best_clean(),
        best_measured: best_measured.copied().unwrap_or(0.0),
        best_query: evolution.best_query,
        last_generation_mean_clean: evolution
            .last_generation()
            .map_or(0.0, |last| last.mean_clean),
        notes: notes(&evolution.clean),
        optimum_in_space: found.in_space.as_ref().map(|truth| truth.rate),
        optimum_in_space_start: found.in_space.as_ref().map(|truth| truth.start.clone()),
        optimum_in_pixels: found.in_pixels.as_ref().map(|truth| truth.rate),
        gradients: truths
            .into_iter()
            .flatten()
            .map(|truth| truth.gradients)
            .sum(),
        natural_best: natural.and_then(|natural| natural.best(found.zero)),
        natural_queries: order.len(),
        natural_top: named(&order[..SHOWN.min(order.len())]),
        natural_bottom: named(&order[order.len().saturating_sub(SHOWN)..]),
        categories: categories
            .map(|rates| Category {
                category: label(rates.class),
                images: rates.images,
                mean: rates.mean,
                deviation: rates.deviation,
            })
            .collect(),
        prediction: found.prediction.map(|prediction| LikenessPrediction {
            pearson: prediction.pearson,
            spearman: prediction.spearman,
            images: prediction.images,
        }),
        generations: evolution
            .generations
            .iter()
            .map(|made| EvolveGeneration {
                before: made.before,
                images: made.images,
                mean_clean: made.mean_clean,
                best_clean: made.best_clean,
                mean_measured: made.mean_measured,
                best_measured: made.best_measured,
            })
            .collect(),
        neuron_seconds: evolution.neuron_time.as_secs_f64(),
        search_seconds: evolution.search_time.as_secs_f64(),
        image: context.files.image.display().to_string(),
        trace: context.files.trace.display().to_string(),
        pictures: pictures.map(|path| path.display().to_string()).collect(),
    })
}

pub(super) fn say(document: &Evolve, search: &str, files: &Files) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let rate = |rate: f64| significant(rate as f32);
    writeln!(
        out,
        "{}: {search}, {} queries, seed {}",
        document.neuron,
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
    files.list(&mut out)?;
    Ok(())
}
