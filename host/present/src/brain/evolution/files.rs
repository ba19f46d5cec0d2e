//! The arrays and pictures of a search.

use crate::results::{ResultFolder, SaveError};
use crate::scene::evolution::{self as scene, Words};
use cortexscope_brain::evolve::Experiment;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_draw::{Drawing, intervals, response_trace, tile_grid};
use cortexscope_explain::float_model::FloatModel;
use std::path::PathBuf;

/// What was written.
pub(super) struct SearchFiles {
    pub image: PathBuf,
    pub trace: PathBuf,
    pub pictures: Vec<PathBuf>,
}

/// Saves arrays and pictures, and gives the pictures as they were drawn.
pub(super) fn write(
    results: &ResultFolder,
    found: &Experiment,
    stimuli: Option<&Stimuli>,
    shape: [usize; 3],
    words: Words<'_>,
    model: Option<&FloatModel>,
) -> Result<(SearchFiles, Vec<Drawing>), SaveError> {
    let evolution = &found.evolution;
    let image = results.array("evolved.npy", &shape, &evolution.best_image)?;
    let rates = [evolution.clean.as_slice(), &evolution.measured].concat();
    let trace = results.array("evolution.npy", &[2, evolution.queries_spent()], &rates)?;
    let layout = scene::layout(shape);
    let mut pictures = Vec::new();
    let mut drawings = Vec::new();
    let mut save = |name: &str, drawing: Drawing| -> Result<(), SaveError> {
        pictures.push(results.drawing(name, &drawing, 2)?);
        drawings.push(drawing);
        Ok(())
    };
    let trace_drawn = response_trace(&scene::trace(found, words))?;
    save("evolution.png", trace_drawn)?;
    let images = scene::images(found, stimuli, shape, words);
    save("evolution-images.png", tile_grid(&images, layout)?)?;
    if let Some(tiles) = stimuli.and_then(|stimuli| scene::natural(found, stimuli, words)) {
        save("evolution-natural.png", tile_grid(&tiles, layout)?)?;
    }
    let label =
        |class: usize| model.map_or_else(|| class.to_string(), |model| model.short_label(class));
    if let Some(rates) = scene::categories(found, words, label) {
        save("evolution-categories.png", intervals(&rates)?)?;
    }
    if let Some(rates) = stimuli.and_then(|stimuli| scene::likeness(found, stimuli, words)) {
        save("evolution-likeness.png", intervals(&rates)?)?;
    }
    let files = SearchFiles {
        image,
        trace,
        pictures,
    };
    Ok((files, drawings))
}
