//! `cortexscope dream`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::{FloatModelArgs, one_input, one_input_at, sides};
use super::preparation::ShowInputArgs;
use super::progress;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::significant;
use cortexscope_explain::ascend::Octaves;
use cortexscope_explain::dream::{Dream, Objective};
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_present::dreaming::{DreamRequest, SavedDream, dream_picture};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

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
        let settings = self.settings(&model, layer)?;
        let [_, height, width] = model.input_shape();
        let request = DreamRequest {
            input: &input,
            size: self.canvas.unwrap_or([height, width]),
            layer: &self.layer,
            dream: &settings,
            guide: self.guide.as_deref(),
            frames_every: self.frames,
            is_clip: self.clip,
            gradient: self.gradient.as_deref(),
            folder: &self.output,
        };
        let cancel = ctrl_c()?;
        let all = self.steps.saturating_mul(self.octaves);
        let bar = progress::bar(all, "steps");
        let mut watch = progress::watch(&bar, &cancel);
        let made = dream_picture(&model, &request, &mut |step| {
            bar.set_message(significant(step.value as f32));
            watch(step.total, all)
        });
        let SavedDream { document, files } = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&document)?;
        } else {
            let mut out = crate::printer::stdout();
            let [start, value] =
                [document.start, document.value].map(|one| significant(one as f32));
            let (name, layer) = (settings.objective.name(), &self.layer);
            writeln!(
                out,
                "{name} of {layer}: {value} from {start}, {:.2} s",
                document.seconds
            )?;
            for note in &document.notes {
                writeln!(out, "  note: {note}")?;
            }
            for path in &files {
                writeln!(out, "{}", path.display())?;
            }
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
}
