//! The document of a search.

use super::error::EvolutionError;
use super::files::SearchFiles;
use super::subject::Subject;
use crate::documents::evolve::{
    Category, Evolve, EvolveGeneration, EvolveParameter, LikenessPrediction, NaturalImage,
    board_queries, notes,
};
use crate::scene::evolution::SHOWN;
use cortexscope_brain::evolve::{Experiment, Settings};
use cortexscope_brain::generator::Generator;
use cortexscope_brain::noise::Noise;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_explain::target::Target;

/// What a search was.
pub(super) struct Context<'a> {
    pub neuron: &'a str,
    pub target: Option<&'a Target>,
    pub settings: &'a Settings,
    pub generator: &'a dyn Generator,
    pub stimuli: Option<&'a Stimuli>,
    /// Answers that a checkpoint held.
    pub held: usize,
}

impl Context<'_> {
    /// The search, its preset, the image space and the noise, in words.
    pub fn search(&self) -> String {
        let Settings { preset, noise, .. } = self.settings;
        let (optimiser, generator) = (preset.optimiser, self.generator.name());
        let noise = match noise {
            Noise::None => String::new(),
            noise => format!(", noise {noise}"),
        };
        format!("{optimiser} ({}) over {generator}{noise}", preset.name)
    }
}

pub(super) fn document(
    found: &Experiment,
    context: &Context<'_>,
    files: &SearchFiles,
    subject: &mut Subject,
) -> Result<Evolve, EvolutionError> {
    let board = subject.board().map(board_queries).transpose()?;
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
    let pictures = files.pictures.iter();
    Ok(Evolve {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        neuron: context.neuron.to_owned(),
        model: model.map(|model| model.name.clone()),
        model_sha256: model.map(|model| model.sha256_hex()),
        target: context.target.map(Target::to_string),
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
        image: files.image.display().to_string(),
        trace: files.trace.display().to_string(),
        pictures: pictures.map(|path| path.display().to_string()).collect(),
    })
}
