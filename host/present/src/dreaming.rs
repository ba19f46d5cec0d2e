//! A layer's dream of a picture: the picture, its array, frames, an animation and the
//! receipt.

use crate::documents::dream as documents;
use crate::dump::file_name;
use crate::question::QuestionError;
use crate::results::{ResultFolder, SaveError};
use cortexscope_explain::dream::{Canvas, Dream, DreamStep, Dreamt, dream, gradient};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::FloatInput;
use cortexscope_net::output;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{DynamicImage, Frame, RgbImage};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A dream, and what of it is saved.
#[derive(Clone, Copy, Debug)]
pub struct DreamRequest<'a> {
    /// The picture that it begins with, in the model's units.
    pub input: &'a FloatInput,
    /// Its rows and columns.
    pub size: [usize; 2],
    /// The layer, as the user wrote it: it stands in the names of files.
    pub layer: &'a str,
    /// The dream.
    pub dream: &'a Dream,
    /// The picture whose features guide it, as the user named it.
    pub guide: Option<&'a str>,
    /// A picture is saved each time that this many steps were made.
    pub frames_every: Option<usize>,
    /// Whether all steps are saved as an animated GIF.
    pub is_clip: bool,
    /// A `.npy` file for the gradient at the input.
    pub gradient: Option<&'a Path>,
    /// The folder that all other files go into.
    pub folder: &'a Path,
}

/// What was dreamt, and its files.
#[derive(Clone, Debug)]
pub struct SavedDream {
    /// The receipt, as it was written.
    pub document: documents::Dream,
    /// The files of picture, array and receipt.
    pub files: [PathBuf; 3],
}

/// Dreams, and writes `INPUT.dream.LAYER.png`, `.npy`, `.json`, the frames and the `.gif` into
/// the folder. `watch` is told before each step and may end the work.
///
/// # Errors
/// [`QuestionError`].
pub fn dream_picture(
    model: &FloatModel,
    request: &DreamRequest<'_>,
    watch: &mut dyn FnMut(&DreamStep<'_>) -> ControlFlow<()>,
) -> Result<SavedDream, QuestionError> {
    request.dream.check(model)?;
    let canvas = Canvas {
        size: request.size,
        values: request.input.values.clone(),
    };
    let results = ResultFolder::begin(request.folder)?;
    let base = format!(
        "{}.dream.{}",
        file_name(&request.input.name),
        file_name(request.layer)
    );
    let mut frames = Frames::begin(model, request, &results, &base)?;
    let begun = Instant::now();
    let [channels, ..] = model.input_shape();
    let shape = [channels, canvas.size[0], canvas.size[1]];
    if let Some(path) = request.gradient {
        let (_, slopes) = gradient(model, &canvas, request.dream)?;
        let shape = shape.map(|size| size as u64);
        output::npy(path, &shape, &slopes).map_err(SaveError::from)?;
    }
    let mut failed = None;
    let found = dream(
        model,
        &canvas,
        request.dream,
        &mut |step| match frames.take(&step) {
            Ok(()) => watch(&step),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    );
    if let Some(error) = failed {
        return Err(error.into());
    }
    let found = found?;
    frames.add_to_clip(&found.canvas)?;
    let [frames, clip] = frames.end();
    let shown = picture(model, &found.canvas);
    let picture = results.picture(&format!("{base}.png"), shown)?;
    let array = results.array(&format!("{base}.npy"), &shape, &found.canvas.values)?;
    let shown = |path: &Path| path.display().to_string();
    let document = documents::Dream {
        picture: shown(&picture),
        array: shown(&array),
        frames,
        clip,
        shape,
        seconds: begun.elapsed().as_secs_f64(),
        ..document(model, request, &found)
    };
    let receipt = results.receipt(&format!("{base}.json"), &document)?;
    results.commit()?;
    Ok(SavedDream {
        document,
        files: [picture, array, receipt],
    })
}

/// What is written while a dream goes on.
struct Frames<'a> {
    model: &'a FloatModel,
    results: &'a ResultFolder,
    every: Option<usize>,
    /// The name of the folder of frames.
    folder: String,
    clip: Option<(String, GifEncoder<File>)>,
    size: [usize; 2],
}

impl<'a> Frames<'a> {
    fn begin(
        model: &'a FloatModel,
        request: &DreamRequest<'_>,
        results: &'a ResultFolder,
        base: &str,
    ) -> Result<Self, SaveError> {
        let clip = if request.is_clip {
            let name = format!("{base}.gif");
            let mut clip = GifEncoder::new(results.create(&name)?);
            let repeats = clip.set_repeat(Repeat::Infinite);
            repeats.map_err(|source| results.encode(&name, source))?;
            Some((name, clip))
        } else {
            None
        };
        Ok(Self {
            model,
            results,
            every: request.frames_every,
            folder: format!("{base}.frames"),
            clip,
            size: request.size,
        })
    }

    fn take(&mut self, step: &DreamStep<'_>) -> Result<(), SaveError> {
        if self
            .every
            .is_some_and(|every| step.total.is_multiple_of(every))
        {
            let name = format!("{}/{:05}.png", self.folder, step.total);
            self.results
                .picture(&name, picture(self.model, step.canvas))?;
        }
        self.add_to_clip(step.canvas)
    }

    fn add_to_clip(&mut self, canvas: &Canvas) -> Result<(), SaveError> {
        if let Some((name, clip)) = &mut self.clip {
            let image = picture(self.model, &canvas.resized(self.size));
            let frame = Frame::new(DynamicImage::from(image).into_rgba8());
            let encoded = clip.encode_frame(frame);
            encoded.map_err(|source| self.results.encode(name, source))?;
        }
        Ok(())
    }

    /// The paths of the folder of frames and of the clip, where there are such.
    fn end(self) -> [Option<String>; 2] {
        let path = |name: &str| self.results.path(name).display().to_string();
        let folder = self.every.map(|_| path(&self.folder));
        let clip = self.clip.as_ref().map(|(name, _)| path(name));
        [folder, clip]
    }
}

fn document(model: &FloatModel, request: &DreamRequest<'_>, found: &Dreamt) -> documents::Dream {
    let of = request.dream;
    let mut notes = Vec::new();
    if !found.has_gradient && !found.values.is_empty() {
        notes.push("the gradient was 0 at every step, so that nothing was dreamt: take another layer, or a picture that it answers to".to_owned());
    }
    documents::Dream {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        input: request.input.argument.clone(),
        layer: model.layer(of.layer).name.clone(),
        map: of.channel,
        objective: of.objective.name().to_owned(),
        guide: request.guide.map(str::to_owned),
        steps: of.steps,
        octaves: of.octaves.count,
        octave_ratio: of.octaves.ratio,
        rate: of.rate,
        jitter: of.jitter,
        tile: of.tile,
        seed: of.seed,
        sizes: found.sizes.clone(),
        start: found.start,
        value: found.value,
        values: found.values.clone(),
        notes,
        gradient: request.gradient.map(|path| path.display().to_string()),
        shape: [0; 3],
        picture: String::new(),
        array: String::new(),
        frames: None,
        clip: None,
        seconds: 0.0,
    }
}

/// A canvas as the model's pixels.
fn picture(model: &FloatModel, canvas: &Canvas) -> RgbImage {
    let mut spec = model.spec.input.clone();
    spec.size = canvas.size;
    spec.picture(&canvas.values)
}
