//! A picture as layers remember it: one picture of all, an array for each layer and the
//! receipt.

use crate::documents::invert::{Invert, InvertResult};
use crate::dump::file_name;
use crate::question::QuestionError;
use crate::results::{ResultFolder, SaveError};
use crate::scene::inversion::{layout, tiles};
use cortexscope_draw::tile_grid;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::invert::{Inversion, Inverted, Memory, invert, noise};
use cortexscope_net::input::FloatInput;
use cortexscope_net::output;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Searches that belong into one picture and one receipt.
#[derive(Clone, Copy, Debug)]
pub struct InversionRequest<'a> {
    /// What is remembered, in the model's units.
    pub input: &'a FloatInput,
    /// Where the searches begin; noise if none.
    pub start: Option<&'a FloatInput>,
    /// One search for each layer, alike but for the layer.
    pub searches: &'a [Inversion],
    /// A `.npy` file for the gradient at the start; for one layer.
    pub gradient: Option<&'a Path>,
    /// The folder that all other files go into.
    pub folder: &'a Path,
}

/// How far the searches have come.
#[derive(Clone, Copy, Debug)]
pub struct InversionProgress<'a> {
    /// Steps of all searches that are behind.
    pub steps: usize,
    /// The layer that remembers now.
    pub layer: &'a str,
    /// The value of its objective.
    pub value: f64,
}

/// What was found, and its files.
#[derive(Clone, Debug)]
pub struct SavedInversion {
    /// The receipt, as it was written.
    pub document: Invert,
    /// The picture of all layers.
    pub picture: PathBuf,
    /// The file of the receipt.
    pub receipt: PathBuf,
}

/// Finds for each layer an input that it cannot tell from the given one, and writes
/// `INPUT.invert.png`, `INPUT.invert.LAYER.npy` and `INPUT.invert.json` into the folder.
/// `watch` is told before each step and may end the work.
///
/// # Errors
/// [`QuestionError`].
///
/// # Panics
/// There is no search.
pub fn invert_layers(
    model: &FloatModel,
    request: &InversionRequest<'_>,
    watch: &mut dyn FnMut(InversionProgress<'_>) -> ControlFlow<()>,
) -> Result<SavedInversion, QuestionError> {
    let results = ResultFolder::begin(request.folder)?;
    let base = format!("{}.invert", file_name(&request.input.name));
    let values = &request.input.values;
    let start = request.start.map(|start| start.values.as_slice());
    let mut found: Vec<Inverted> = Vec::new();
    let mut documents = Vec::new();
    for search in request.searches {
        let name = &model.layer(search.layer).name;
        let begun = Instant::now();
        if let Some(path) = request.gradient {
            let mut memory = Memory::of(model, values, search)?;
            let at = start.map_or_else(|| noise(model, search), <[f32]>::to_vec);
            let objective = memory.objective(&at)?;
            let shape = model.input_shape().map(|size| size as u64);
            output::npy(path, &shape, &objective.gradient).map_err(SaveError::from)?;
        }
        let before = found.len().saturating_mul(search.steps);
        let one = invert(model, values, start, search, &mut |step| {
            watch(InversionProgress {
                steps: before.saturating_add(step.step),
                layer: name,
                value: step.value,
            })
        })?;
        let array = format!("{base}.{}.npy", file_name(name));
        let array = results.array(&array, &model.input_shape(), &one.input)?;
        documents.push(InvertResult {
            layer: name.clone(),
            terms: one.terms.to_vec(),
            start_terms: one.start.to_vec(),
            values: one.values.clone(),
            array: array.display().to_string(),
            gradient: request.gradient.map(|path| path.display().to_string()),
            seconds: begun.elapsed().as_secs_f64(),
        });
        found.push(one);
    }
    let names = documents.iter().map(|result| result.layer.as_str());
    let shown: Vec<(&str, &Inverted)> = names.zip(&found).collect();
    let drawing = tile_grid(&tiles(model, values, &shown), layout(model));
    let drawing = drawing.map_err(SaveError::from)?;
    let picture = results.drawing(&format!("{base}.png"), &drawing, 2)?;
    let document = document(model, request, &picture, documents);
    let receipt = results.receipt(&format!("{base}.json"), &document)?;
    results.commit()?;
    Ok(SavedInversion {
        document,
        picture,
        receipt,
    })
}

fn document(
    model: &FloatModel,
    request: &InversionRequest<'_>,
    picture: &Path,
    results: Vec<InvertResult>,
) -> Invert {
    let of = &request.searches[0];
    Invert {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        input: request.input.argument.clone(),
        start: request.start.map(|start| start.argument.clone()),
        sigma: of.sigma,
        alpha: of.alpha,
        alpha_weight: of.alpha_weight,
        beta: of.beta,
        tv_weight: of.tv_weight,
        tv_border:
            "at the last row and column the missing difference is 0 and the other one counts"
                .to_owned(),
        first_step: of.first_step,
        momentum: of.momentum,
        steps: of.steps,
        noise: of.noise,
        seed: of.seed,
        picture: picture.display().to_string(),
        terms: results
            .first()
            .map_or_else(Vec::new, |one| one.terms.clone()),
        results,
    }
}
