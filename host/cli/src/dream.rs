//! `cortexscope dream`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::{FloatModelArgs, one_input, one_input_at, sides};
use super::preparation::ShowInputArgs;
use super::progress;
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::significant;
use cortexscope_explain::ascend::Octaves;
use cortexscope_explain::dream::{Canvas, Dream, DreamStep, Dreamt, Objective, dream, gradient};
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::output::{make_folder, write};
use cortexscope_present::documents::Document;
use cortexscope_present::documents::dream as document;
use cortexscope_present::dump;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Frame, RgbImage, RgbaImage};
use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Makes what a layer sees in a picture stronger (Mordvintsev et al. 2015). Defaults are
/// those of the authors' notebook.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct DreamCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy array (taken as it is), or mnist:N.
    input: String,
    /// The layer that dreams, by the name of its node or of its tensor.
    #[arg(long)]
    layer: String,
    /// One of its maps instead of all.
    #[arg(long, value_name = "CHANNEL")]
    map: Option<usize>,
    /// What is raised.
    #[arg(long, value_enum, default_value_t)]
    objective: ObjectiveArg,
    /// Another picture: features that are most like its own are raised instead.
    #[arg(long, value_name = "INPUT", conflicts_with_all = ["objective", "map"])]
    guide: Option<String>,
    /// Steps in each octave.
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// Resolutions from coarse to fine.
    #[arg(long, default_value_t = 4, value_name = "N")]
    octaves: usize,
    /// How much finer each octave is than the one before.
    #[arg(long, default_value_t = 1.4, value_name = "RATIO")]
    octave_ratio: f64,
    /// Mean step of a pixel, in levels of 0..255.
    #[arg(long, default_value_t = 1.5)]
    rate: f64,
    /// Shift the picture by at most this many pixels before each step.
    #[arg(long, default_value_t = 32, value_name = "PIXELS")]
    jitter: usize,
    /// Rows and columns of the picture, 512 or 512x768 [default: the model's own].
    #[arg(long, value_name = "HxW", value_parser = sides)]
    canvas: Option<[usize; 2]>,
    /// Rows and columns of a tile at most; larger pictures are computed in tiles.
    #[arg(long, default_value_t = 512, value_name = "PIXELS")]
    tile: usize,
    /// Seed of the jitter.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Save a picture every STEPS steps.
    #[arg(long, value_name = "STEPS")]
    frames: Option<usize>,
    /// Save all steps as an animated GIF.
    #[arg(long)]
    clip: bool,
    /// Write the gradient of the objective at the input, with respect to the model's input,
    /// to this .npy file.
    #[arg(long, value_name = "NPY")]
    gradient: Option<PathBuf>,
    /// The folder for the picture, the array, the frames and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ObjectiveArg {
    /// Half the sum of squares of the layer's values.
    #[default]
    HalfSquare,
    /// Their mean.
    Mean,
}

/// What is written while a dream goes on.
struct Frames<'a> {
    model: &'a FloatModel,
    every: Option<usize>,
    folder: Option<PathBuf>,
    clip: Option<(PathBuf, GifEncoder<File>)>,
    size: [usize; 2],
}

impl Frames<'_> {
    fn take(&mut self, step: &DreamStep<'_>) -> anyhow::Result<()> {
        let is_due = self
            .every
            .is_some_and(|every| step.total.is_multiple_of(every));
        if let (true, Some(folder)) = (is_due, &self.folder) {
            let path = folder.join(format!("{:05}.png", step.total));
            save(&picture(self.model, step.canvas), &path)?;
        }
        self.add_to_clip(step.canvas)
    }

    fn add_to_clip(&mut self, canvas: &Canvas) -> anyhow::Result<()> {
        if let Some((path, clip)) = &mut self.clip {
            let image = picture(self.model, &canvas.resized(self.size));
            let colours = RgbaImage::from_fn(image.width(), image.height(), |x, y| {
                let [red, green, blue] = image.get_pixel(x, y).0;
                image::Rgba([red, green, blue, 255])
            });
            clip.encode_frame(Frame::new(colours))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

impl DreamCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.frames == Some(0) {
            return Err(wrong("--frames: give a number of steps from 1 up"));
        }
        let model = self.model.open()?;
        let layer = model.find(&self.layer).map_err(blame)?;
        let input = match self.canvas {
            Some(size) => one_input_at(&self.input, &model, size)?,
            None => one_input(&self.input, &model, &ShowInputArgs::default())?,
        };
        let [channels, height, width] = model.input_shape();
        let canvas = Canvas {
            size: self.canvas.unwrap_or([height, width]),
            values: input.values,
        };
        let settings = self.settings(&model, layer)?;
        settings.check(&model).map_err(blame)?;
        make_folder(&self.output).map_err(blame)?;
        let base = self.output.join(format!(
            "{}.dream.{}",
            dump::file_name(&input.name),
            dump::file_name(&self.layer)
        ));
        let mut frames = self.frames(&model, &base, canvas.size)?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(self.steps.saturating_mul(self.octaves), "steps");
        let begun = Instant::now();
        let shape = [channels, canvas.size[0], canvas.size[1]].map(|n| n as u64);
        if let Some(path) = &self.gradient {
            let (_, slopes) = gradient(&model, &canvas, &settings).map_err(blame)?;
            dump::npy(path, &shape, &slopes)?;
        }
        let mut failed = None;
        let found = dream(&model, &canvas, &settings, &mut |step| {
            bar.set_position(step.total as u64);
            bar.set_message(significant(step.value as f32));
            failed = frames.take(&step).err();
            if cancel.is_cancelled() || failed.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let found = found.map_err(blame)?;
        bar.finish_and_clear();
        frames.add_to_clip(&found.canvas)?;
        let path = base.with_added_extension("png");
        save(&picture(&model, &found.canvas), &path)?;
        let array = base.with_added_extension("npy");
        dump::npy(&array, &shape, &found.canvas.values)?;
        let document = document::Dream {
            picture: path.display().to_string(),
            array: array.display().to_string(),
            frames: frames
                .folder
                .as_ref()
                .map(|path| path.display().to_string()),
            clip: frames
                .clip
                .as_ref()
                .map(|(path, _)| path.display().to_string()),
            shape: [channels, canvas.size[0], canvas.size[1]],
            seconds: begun.elapsed().as_secs_f64(),
            ..self.document(&model, &settings, &found)
        };
        let receipt = base.with_added_extension("json");
        write(&receipt, document.to_text()?.as_bytes())?;
        if self.json {
            print_json(&document)?;
        } else {
            let mut out = std::io::stdout().lock();
            let [start, value] = [found.start, found.value].map(|one| significant(one as f32));
            let (name, layer) = (settings.objective.name(), &self.layer);
            writeln!(
                out,
                "{name} of {layer}: {value} from {start}, {:.2} s",
                document.seconds
            )?;
            for note in &document.notes {
                writeln!(out, "  note: {note}")?;
            }
            writeln!(
                out,
                "{}\n{}\n{}",
                path.display(),
                array.display(),
                receipt.display()
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn settings(&self, model: &FloatModel, layer: LayerId) -> anyhow::Result<Dream> {
        let objective = match (&self.guide, self.objective) {
            (Some(guide), _) => {
                let guide = one_input(guide, model, &ShowInputArgs::default())?;
                let features = model.activations(&[layer], &guide.values);
                Objective::Guide {
                    features: features.map_err(blame)?.remove(0),
                }
            }
            (None, ObjectiveArg::HalfSquare) => Objective::HalfSquare,
            (None, ObjectiveArg::Mean) => Objective::Mean,
        };
        Ok(Dream {
            layer,
            channel: self.map,
            objective,
            steps: self.steps,
            octaves: Octaves {
                count: self.octaves,
                ratio: self.octave_ratio,
            },
            rate: self.rate,
            jitter: self.jitter,
            tile: self.tile,
            seed: self.seed,
        })
    }

    fn frames<'a>(
        &self,
        model: &'a FloatModel,
        base: &Path,
        size: [usize; 2],
    ) -> anyhow::Result<Frames<'a>> {
        let folder = self.frames.map(|_| base.with_added_extension("frames"));
        if let Some(folder) = &folder {
            make_folder(folder).map_err(blame)?;
        }
        let clip = if self.clip {
            let path = base.with_added_extension("gif");
            let cannot = || format!("cannot write {}", path.display());
            let mut clip = GifEncoder::new(File::create(&path).with_context(cannot)?);
            clip.set_repeat(Repeat::Infinite).with_context(cannot)?;
            Some((path, clip))
        } else {
            None
        };
        Ok(Frames {
            model,
            every: self.frames,
            folder,
            clip,
            size,
        })
    }

    fn document(&self, model: &FloatModel, of: &Dream, found: &Dreamt) -> document::Dream {
        let mut notes = Vec::new();
        if !found.has_gradient && !found.values.is_empty() {
            notes.push("the gradient was 0 at every step, so that nothing was dreamt: take another layer, or a picture that it answers to".to_owned());
        }
        document::Dream {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            input: self.input.clone(),
            layer: model.layer(of.layer).name.clone(),
            map: of.channel,
            objective: of.objective.name().to_owned(),
            guide: self.guide.clone(),
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
            gradient: self
                .gradient
                .as_ref()
                .map(|path| path.display().to_string()),
            shape: [0; 3],
            picture: String::new(),
            array: String::new(),
            frames: None,
            clip: None,
            seconds: 0.0,
        }
    }
}

/// A canvas as the model's pixels.
fn picture(model: &FloatModel, canvas: &Canvas) -> RgbImage {
    let mut spec = model.spec.input.clone();
    spec.size = canvas.size;
    spec.picture(&canvas.values)
}

fn save(picture: &RgbImage, path: &Path) -> anyhow::Result<()> {
    picture
        .save(path)
        .with_context(|| format!("cannot write {}", path.display()))
}
