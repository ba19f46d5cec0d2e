//! Ascents of a float model, with their arrays, their frames, one picture of all results
//! and the receipt.

use crate::documents::ascend::{Ascend, AscentResult, Parameters};
use crate::dump::file_name;
use crate::results::{ResultFolder, SaveError};
use crate::scene::ascent::{Display, Seen, layout, statement, tiles};
use cortexscope_draw::{Drawing, tile_grid};
use cortexscope_explain::ascend::{Ascent, Climb, Preset, Step, climb};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::{FloatModel, FloatModelError};
use cortexscope_explain::target::Aim;
use cortexscope_net::RequestError;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Why not every ascent was made and saved.
#[derive(Debug, thiserror::Error)]
pub enum AscendError {
    /// An ascent cannot be made.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The model cannot be run on a result.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for AscendError {
    fn is_request(&self) -> bool {
        match self {
            Self::Explain(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// What is ascended.
#[derive(Clone, Debug)]
pub struct AscentTarget {
    /// As the user wrote it.
    pub name: String,
    /// What it is in the model.
    pub aim: Aim,
}

/// Ascents that belong into one picture and one receipt.
#[derive(Clone, Copy, Debug)]
pub struct AscentRequest<'a> {
    /// What is ascended, each with every seed.
    pub targets: &'a [AscentTarget],
    /// The preset that the ascent changes.
    pub preset: Preset,
    /// What the user called the start image, if it is not the preset's.
    pub from: Option<&'a str>,
    /// The ascent; `seeds` take the place of its seed.
    pub ascent: &'a Ascent,
    /// Seeds of noise and jitter, an ascent for each.
    pub seeds: &'a [u64],
    /// A picture of the input is saved each time that this many steps were made.
    pub frames_every: Option<usize>,
    /// How inputs are shown; what suits the bound if none.
    pub display: Option<Display>,
    /// The folder that all files go into.
    pub folder: &'a Path,
}

/// How far the ascents have come.
#[derive(Clone, Copy, Debug)]
pub struct AscentProgress<'a> {
    /// Steps of all ascents that are behind; an ascent that ended early counts as whole.
    pub steps: usize,
    /// What is ascended now.
    pub words: &'a str,
    /// Its value less the penalties.
    pub value: f64,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Ascended {
    /// The receipt, as it was written.
    pub document: Ascend,
    /// The picture of all results.
    pub picture: PathBuf,
    /// The file of the receipt.
    pub receipt: PathBuf,
}

impl AscentRequest<'_> {
    /// Steps of all ascents together, at most.
    pub fn steps_at_most(&self) -> usize {
        let ascents = self.targets.len() * self.seeds.len();
        self.steps_each().saturating_mul(ascents)
    }

    fn steps_each(&self) -> usize {
        let Ascent { octaves, stop, .. } = self.ascent;
        octaves.count.saturating_mul(stop.steps)
    }

    fn display(&self) -> Display {
        self.display.unwrap_or(Display::suited(self.ascent.bound))
    }
}

/// One ascent, and what came out.
struct Made<'a> {
    target: &'a AscentTarget,
    seed: u64,
    climb: Climb,
    probability: Option<f64>,
    array: PathBuf,
    frames: Option<PathBuf>,
    seconds: f64,
}

/// Makes every ascent of `request`, and writes `TARGET.seed-SEED.npy`, the frames,
/// `ascend.png` and `ascend.json` into its folder. `watch` is told before each step and may
/// end the work.
///
/// # Errors
/// [`AscendError`].
pub fn ascend(
    model: &FloatModel,
    request: &AscentRequest<'_>,
    watch: &mut dyn FnMut(AscentProgress<'_>) -> ControlFlow<()>,
) -> Result<Ascended, AscendError> {
    let results = ResultFolder::begin(request.folder)?;
    let mut made = Vec::new();
    for target in request.targets {
        for &seed in request.seeds {
            let before = request.steps_each().saturating_mul(made.len());
            made.push(one(model, request, &results, target, seed, &mut |step| {
                watch(AscentProgress {
                    steps: before.saturating_add(step.total),
                    words: &target.aim.words,
                    value: step.value,
                })
            })?);
        }
    }
    let density = if layout(model).px_per_value == 1 {
        2
    } else {
        1
    };
    let drawing = drawing(model, request, &made)?;
    let picture = results.drawing("ascend.png", &drawing, density)?;
    let document = document(model, request, &made, &picture);
    let receipt = results.receipt("ascend.json", &document)?;
    results.commit()?;
    Ok(Ascended {
        document,
        picture,
        receipt,
    })
}

fn one<'a>(
    model: &FloatModel,
    request: &AscentRequest<'_>,
    results: &ResultFolder,
    target: &'a AscentTarget,
    seed: u64,
    watch: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
) -> Result<Made<'a>, AscendError> {
    let base = format!("{}.seed-{seed}", file_name(&target.name));
    let frames = request.frames_every.map(|every| Frames {
        results,
        folder: format!("{base}.frames"),
        every: every.max(1),
    });
    let begun = Instant::now();
    let mut failed = None;
    let ascent = Ascent {
        seed,
        ..request.ascent.clone()
    };
    let climbed = climb(model, &target.aim, &ascent, &mut |step| {
        if let Some(frames) = &frames {
            failed = frames.save(&step, model, request.display()).err();
        }
        match failed {
            Some(_) => ControlFlow::Break(()),
            None => watch(&step),
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let climb = climbed?;
    let name = format!("{base}.npy");
    let array = results.array(&name, &model.input_shape(), &climb.input)?;
    Ok(Made {
        target,
        seed,
        probability: target.aim.probability(model, &climb.input)?,
        climb,
        array,
        frames: frames.map(|frames| results.path(&frames.folder)),
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// Pictures of the input while it is ascended.
struct Frames<'a> {
    results: &'a ResultFolder,
    folder: String,
    every: usize,
}

impl Frames<'_> {
    fn save(&self, step: &Step<'_>, model: &FloatModel, display: Display) -> Result<(), SaveError> {
        if step.total.is_multiple_of(self.every) {
            let name = format!("{}/{:05}.png", self.folder, step.total);
            let picture = display.picture(&model.spec.input, step.input);
            self.results.picture(&name, picture)?;
        }
        Ok(())
    }
}

/// All results in one picture.
fn drawing(
    model: &FloatModel,
    request: &AscentRequest<'_>,
    made: &[Made<'_>],
) -> Result<Drawing, SaveError> {
    let seen = made.iter().map(|made| Seen {
        aim: &made.target.aim,
        climb: &made.climb,
        seed: made.seed,
        probability: made.probability,
    });
    let seen: Vec<Seen<'_>> = seen.collect();
    let words = statement(request.preset, request.ascent);
    let tiles = tiles(model, &seen, &words, request.display());
    Ok(tile_grid(&tiles, layout(model))?)
}

fn document(
    model: &FloatModel,
    request: &AscentRequest<'_>,
    made: &[Made<'_>],
    picture: &Path,
) -> Ascend {
    let results = made.iter().map(|made| AscentResult {
        target: made.target.name.clone(),
        climbed: made.target.aim.words.clone(),
        seed: made.seed,
        start: made.climb.start,
        value: made.climb.score,
        probability: made.probability,
        penalty: made.climb.penalty,
        steps: made.climb.values.len(),
        stopped: made.climb.stopped.iter().map(ToString::to_string).collect(),
        notes: made.climb.notes.iter().map(ToString::to_string).collect(),
        values: made.climb.values.clone(),
        array: made.array.display().to_string(),
        frames: made
            .frames
            .as_ref()
            .map(|folder| folder.display().to_string()),
        seconds: made.seconds,
    });
    Ascend {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        parameters: Parameters::new(request.preset, request.from, request.ascent),
        picture: picture.display().to_string(),
        results: results.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::ascend::AscentChanges;
    use cortexscope_explain::float_model::Overrides;
    use cortexscope_explain::target::{ClassValue, Target};

    #[test]
    fn every_target_and_seed_has_its_files_and_its_result() {
        let folder = tempfile::tempdir().unwrap();
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let targets = ["class:3", "conv1:2"].map(|name| {
            let target: Target = name.parse().unwrap();
            let aim = target.aim(&model, ClassValue::Logit).unwrap();
            let name = name.to_owned();
            AscentTarget { name, aim }
        });
        let changes = AscentChanges {
            steps: Some(3),
            ..AscentChanges::default()
        };
        let shape = model.input_shape();
        let ascent = Preset::Lecture.with_changes(&changes, shape).unwrap();
        let request = AscentRequest {
            targets: &targets,
            preset: Preset::Lecture,
            from: None,
            ascent: &ascent,
            seeds: &[0, 7],
            frames_every: Some(2),
            display: None,
            folder: folder.path(),
        };
        let mut steps = Vec::new();
        let made = ascend(&model, &request, &mut |progress| {
            steps.push(progress.steps);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(request.steps_at_most(), 12);
        assert_eq!(steps, (0..12).collect::<Vec<_>>());
        let results = &made.document.results;
        let named = results.iter().map(|one| (one.target.as_str(), one.seed));
        let all = [
            ("class:3", 0),
            ("class:3", 7),
            ("conv1:2", 0),
            ("conv1:2", 7),
        ];
        assert_eq!(named.collect::<Vec<_>>(), all);
        assert_ne!(
            results[0].values, results[1].values,
            "the seed changes the noise"
        );
        assert!(results[0].probability.is_some() && results[2].probability.is_none());
        for file in [
            "class_3.seed-7.npy",
            "class_3.seed-7.frames/00000.png",
            "class_3.seed-7.frames/00002.png",
            "ascend.png",
            "ascend.json",
        ] {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
        let between = folder.path().join("class_3.seed-7.frames/00001.png");
        assert!(!between.exists());
        assert_eq!(made.document.parameters.from, "zero");

        let stopped = ascend(&model, &request, &mut |_| ControlFlow::Break(()));
        assert!(matches!(
            stopped,
            Err(AscendError::Explain(ExplainError::Interrupted))
        ));
    }
}
