//! `cortexscope ascend`.

use super::ascend_parameters::AscentArgs;
use super::common::{blame, ctrl_c, print_json, stage, wrong};
use super::explain::ClassValueArg;
use super::full::FloatModelArgs;
use super::progress;
use anyhow::Context;
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_draw::{Theme, tile_grid};
use cortexscope_explain::ascend::{Ascent, Climb, climb};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Aim, Target};
use cortexscope_present::documents;
use cortexscope_present::documents::Document;
use cortexscope_present::documents::ascend::AscentResult;
use cortexscope_present::dump;
use cortexscope_present::scene::ascent::{Display, Seen, tiles};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Finds an input that raises a map, a neuron or a class score as far as possible.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct AscendCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// LAYER:CHANNEL (the sum of a map), LAYER:CHANNEL:Y:X (one neuron) or class:K; may be
    /// given several times.
    #[arg(long, value_name = "TARGET", required = true)]
    target: Vec<String>,
    /// Which value of a class is raised.
    #[arg(long, value_enum, default_value_t)]
    class_value: ClassValueArg,
    #[command(flatten)]
    parameters: AscentArgs,
    /// Save a picture of the input every STEPS steps.
    #[arg(long, value_name = "STEPS")]
    frames: Option<usize>,
    /// How inputs are shown [default: in their range where they have bounds, signed
    /// otherwise].
    #[arg(long, value_enum)]
    display: Option<Display>,
    /// The folder for the picture, the arrays, the frames and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

/// One climb and what it was.
struct Run {
    target: String,
    aim: Aim,
    ascent: Ascent,
    climb: Climb,
    probability: Option<f64>,
    array: PathBuf,
    frames: Option<PathBuf>,
    seconds: f64,
}

impl AscendCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.frames == Some(0) {
            return Err(wrong("--frames: give a number of steps from 1 up"));
        }
        let targets = self.target.iter().map(|text| text.parse::<Target>());
        let targets = targets.collect::<Result<Vec<_>, _>>().map_err(blame)?;
        let model = self.model.open()?;
        let aims = targets
            .iter()
            .map(|target| target.aim(&model, self.class_value.into()));
        let aims = aims.collect::<Result<Vec<_>, _>>().map_err(blame)?;
        let ascents = self.parameters.ascents(&model)?;
        let staged = stage(&self.output)?;

        let cancel = ctrl_c()?;
        let ascent = &ascents[0];
        let display = self.display.unwrap_or(Display::suited(ascent.bound));
        let most = ascent.octaves.count.saturating_mul(ascent.stop.steps);
        let all = most.saturating_mul(aims.len() * ascents.len());
        let bar = progress::bar(all, "steps");
        let mut runs: Vec<Run> = Vec::new();
        for (target, aim) in self.target.iter().zip(&aims) {
            for ascent in &ascents {
                let name = format!("{}.seed-{}", dump::file_name(target), ascent.seed);
                let [base, written] =
                    [self.output.as_path(), staged.path()].map(|folder| folder.join(&name));
                let frames = self.frames.map(|_| base.with_added_extension("frames"));
                let frames_written = written.with_added_extension("frames");
                if frames.is_some() {
                    std::fs::create_dir(&frames_written)
                        .with_context(|| format!("cannot make {}", frames_written.display()))?;
                }
                let begun = Instant::now();
                let before = most.saturating_mul(runs.len());
                let mut failed = None;
                let climbed = climb(&model, aim, ascent, &mut |step| {
                    bar.set_position(before.saturating_add(step.total) as u64);
                    bar.set_message(format!("{} {}", aim.words, significant(step.value as f32)));
                    let due = self
                        .frames
                        .is_some_and(|every| step.total.is_multiple_of(every));
                    if due {
                        let path = frames_written.join(format!("{:05}.png", step.total));
                        let picture = display.picture(&model.spec.input, step.input);
                        failed = picture.save(&path).err().map(|error| (path, error));
                    }
                    if cancel.is_cancelled() || failed.is_some() {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                });
                if let Some((path, error)) = failed {
                    let cannot = format!("cannot write {}", path.display());
                    return Err(anyhow::Error::from(error).context(cannot));
                }
                let climb = climbed.map_err(blame)?;
                let array = base.with_added_extension("npy");
                dump::npy(
                    &written.with_added_extension("npy"),
                    &model.input_shape().map(|n| n as u64),
                    &climb.input,
                )?;
                runs.push(Run {
                    target: target.clone(),
                    aim: aim.clone(),
                    ascent: ascent.clone(),
                    probability: aim.probability(&model, &climb.input)?,
                    climb,
                    array,
                    frames,
                    seconds: begun.elapsed().as_secs_f64(),
                });
            }
        }
        bar.finish_and_clear();

        let picture = self.output.join("ascend.png");
        let seen = runs.iter().map(|run| Seen {
            aim: &run.aim,
            climb: &run.climb,
            seed: run.ascent.seed,
            probability: run.probability,
        });
        let seen: Vec<Seen<'_>> = seen.collect();
        let statement = self.parameters.statement(&ascents[0]);
        let grid = tiles(&model, &seen, &statement, display);
        let layout = cortexscope_present::scene::ascent::layout(&model);
        let drawing = tile_grid(&grid, layout)?;
        let density = if layout.px_per_value == 1 { 2 } else { 1 };
        let png = drawing.png(Theme::Light, density)?;
        write(&staged.path().join("ascend.png"), &png)?;
        let document = self.document(&model, &runs, &picture);
        let receipt = self.output.join("ascend.json");
        write(
            &staged.path().join("ascend.json"),
            document.to_text()?.as_bytes(),
        )?;
        staged.commit().map_err(blame)?;
        if self.json {
            print_json(&document)?;
        } else {
            let mut out = std::io::stdout().lock();
            for run in &runs {
                writeln!(
                    out,
                    "{}, seed {}: {} from {}, {}",
                    run.aim.words,
                    run.ascent.seed,
                    significant(run.climb.score as f32),
                    significant(run.climb.start as f32),
                    last(&run.climb)
                )?;
            }
            for note in runs.iter().flat_map(|run| &run.climb.notes) {
                writeln!(out, "note: {note}")?;
            }
            writeln!(out, "{}\n{}", picture.display(), receipt.display())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn document(
        &self,
        model: &FloatModel,
        runs: &[Run],
        picture: &Path,
    ) -> documents::ascend::Ascend {
        let results = runs.iter().map(|run| AscentResult {
            target: run.target.clone(),
            climbed: run.aim.words.clone(),
            seed: run.ascent.seed,
            start: run.climb.start,
            value: run.climb.score,
            probability: run.probability,
            penalty: run.climb.penalty,
            steps: run.climb.values.len(),
            stopped: run.climb.stopped.iter().map(ToString::to_string).collect(),
            notes: run.climb.notes.iter().map(ToString::to_string).collect(),
            values: run.climb.values.clone(),
            array: run.array.display().to_string(),
            frames: run
                .frames
                .as_ref()
                .map(|folder| folder.display().to_string()),
            seconds: run.seconds,
        });
        documents::ascend::Ascend {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            parameters: self.parameters.document(&runs[0].ascent),
            picture: picture.display().to_string(),
            results: results.collect(),
        }
    }
}

fn last(climb: &Climb) -> String {
    let last = climb.stopped.last();
    last.map_or_else(String::new, ToString::to_string)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
