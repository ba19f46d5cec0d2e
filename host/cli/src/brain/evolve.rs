//! `cortexscope brain evolve`.

mod document;
mod subject;

use super::board::exit_code;
use super::tell;
use crate::common::{TapeArgs, blame, ctrl_c, wrong};
use crate::port::PortArgs;
use crate::progress;
use clap::Args;
use cortexscope_brain::data::Images;
use cortexscope_brain::evolve::{Checkpoint, Experiment, Plan, Settings, Stage, Zero, experiment};
use cortexscope_brain::generator::{COMPONENTS, Decoder, Generator, Linear, Pixels};
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::preset;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_draw::number::{grouped, significant};
use cortexscope_draw::{Drawing, intervals, response_trace, tile_grid};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::Pick;
use cortexscope_net::output::make_folder;
use cortexscope_present::results::{ResultFolder, SaveError};
use cortexscope_present::scene::evolution::{self as scene, Words};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use subject::Subject;

/// The file of the receipt.
const RECEIPT: &str = "evolution.json";

/// Evolves an image that drives a neuron, by its rates alone (XDREAM).
#[derive(Args)]
#[command(mut_arg("port", |port| port.requires("board")))]
pub(in crate::brain) struct Evolve {
    /// A shipped model or the path of a float ONNX.
    #[arg(long, required_unless_present_any = ["program", "fit"])]
    model: Option<String>,
    /// The neuron: LAYER:CHANNEL (the sum of a map), LAYER:CHANNEL:Y:X (one unit) or class:K.
    #[arg(long, required_unless_present_any = ["program", "fit"])]
    target: Option<String>,
    /// Ask a neuron of this folder that `brain fit` wrote instead.
    #[arg(
        long,
        value_name = "DIR",
        requires = "neuron",
        conflicts_with_all = ["model", "target", "board", "program"]
    )]
    fit: Option<PathBuf>,
    /// The neuron of the fit, from 0.
    #[arg(long, value_name = "N", requires = "fit")]
    neuron: Option<usize>,
    /// Ask the int8 network on this board instead of the float model; the board image lies
    /// beside that.
    #[arg(long)]
    board: Option<String>,
    #[command(flatten)]
    port: PortArgs,
    #[command(flatten)]
    tape: TapeArgs,
    /// Ask a program over its standard input and output instead, one JSON line a batch.
    #[arg(long, conflicts_with_all = ["board", "target"])]
    program: Option<PathBuf>,
    /// An argument of the program; may be given several times.
    #[arg(
        long,
        value_name = "ARGUMENT",
        requires = "program",
        allow_hyphen_values = true
    )]
    program_argument: Vec<String>,
    /// Seconds that the program may take for a batch.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    patience: f64,
    /// Rows and columns of the program's images, where no model says it: 28, or 28x32.
    #[arg(long, value_name = "HxW", value_parser = crate::full::sides)]
    size: Option<[usize; 2]>,
    /// The search: ga, cma-es, diagonal-cma, sphere, spsa, fdgd or random.
    #[arg(long, default_value = "ga")]
    optimiser: String,
    /// Whose settings the search uses, for instance xdream for ga or hansen for cma-es [default:
    /// the first of the optimiser; an unknown name lists them].
    #[arg(long)]
    preset: Option<String>,
    /// The image space: pixels, dct (64 low frequencies), pca (50 components of the natural
    /// images), decoder (a shipped network that makes digits of 16 values), or the path of an
    /// ONNX decoder.
    #[arg(long, default_value = "dct")]
    generator: String,
    /// Noise on what the search sees: none, poisson:SCALE (spikes for a rate of 1) or
    /// multiplicative:SIGMA.
    #[arg(long, default_value = "none")]
    noise: String,
    /// Images that the neuron is asked about.
    #[arg(long, default_value_t = 3000)]
    queries: usize,
    /// Seed of the search and of the noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Natural images: mnist (the 10,000 test digits), a folder of pictures, a .npy array of
    /// inputs, or none [default: those that --fit was fitted to, mnist for grey models of
    /// 28×28, otherwise none].
    #[arg(long)]
    images: Option<String>,
    /// Natural images to take, from the first on.
    #[arg(long, value_name = "COUNT")]
    natural: Option<usize>,
    /// The neuron's own rate that counts as 0: natural-median or a number [default:
    /// natural-median, and 0 for a program].
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    rate_zero: Option<String>,
    /// Steps of each climb along the gradient.
    #[arg(long, value_name = "STEPS", default_value_t = 200)]
    gradient_steps: usize,
    /// Write the neuron's answers to this file, and go on from it where it is there.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The folder for the pictures, the arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

impl Evolve {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Evolved {
            document,
            search,
            files,
            ..
        } = self.make()?;
        tell(&document, self.json, |document| {
            document::say(document, &search, &files)
        })?;
        Ok(exit_code(document.board.as_ref()))
    }

    /// Searches, and writes what was found into the folder.
    pub fn make(&self) -> anyhow::Result<Evolved> {
        let noise = self.noise.parse::<Noise>().map_err(blame)?;
        let preset = preset(&self.optimiser, self.preset.as_deref()).map_err(blame)?;
        let zero = self.zero()?;
        make_folder(&self.output).map_err(blame)?;
        let cancel = ctrl_c()?;
        let mut subject = Subject::open(self, &cancel)?;
        let stimuli = self.stimuli(&subject)?;
        let generator = self.generator(&subject, stimuli.as_ref())?;
        let settings = Settings {
            preset,
            noise,
            queries: self.queries,
            seed: self.seed,
            zero: 0.0,
        };
        let plan = Plan {
            settings,
            zero,
            stimuli: stimuli.as_ref(),
            gradient_steps: self.gradient_steps,
        };
        let mut checkpoint = match &self.checkpoint {
            Some(path) => Some(Checkpoint::open(path, &self.search(&subject)).map_err(blame)?),
            None => None,
        };
        let held = checkpoint
            .as_ref()
            .map_or(0, |file| file.len().min(self.queries));

        let bar = progress::bar(self.queries, "queries");
        let on = || progress::go_on(&cancel);
        let found = experiment(
            subject.subjects(),
            generator.as_ref(),
            &plan,
            checkpoint.as_mut(),
            &mut |made| {
                bar.set_position(made.spent as u64);
                bar.set_message(format!("rate {}", significant(made.best_clean as f32)));
                on()
            },
            &mut |stage| {
                bar.set_message(match stage {
                    Stage::Natural(count) => format!("natural image {}", grouped(count as u64)),
                    Stage::Gradient(count) => format!("gradient {}", grouped(count as u64)),
                });
                on()
            },
        )
        .map_err(blame)?;
        bar.finish_and_clear();

        let neuron = subject.description();
        let mut search = format!(
            "{} ({}) over {}",
            preset.optimiser,
            preset.name,
            generator.name()
        );
        if noise != Noise::None {
            search += &format!(", noise {noise}");
        }
        let words = Words {
            neuron: &neuron,
            search: &search,
        };
        // The checkpoint lies in the folder already; results appear beside it together.
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        let shape = generator.shape();
        let model = subject.model();
        let written = Self::write(&results, &found, stimuli.as_ref(), shape, words, model);
        let (files, drawings) = written.map_err(blame)?;
        let context = document::Context {
            neuron: &neuron,
            settings: &settings,
            generator: generator.as_ref(),
            stimuli: stimuli.as_ref(),
            held,
            files: &files,
        };
        let document = document::document(&found, &context, &mut subject, self.target.as_deref())?;
        results.receipt(RECEIPT, &document).map_err(blame)?;
        results.commit().map_err(blame)?;
        Ok(Evolved {
            document,
            drawings,
            search,
            files,
        })
    }

    fn zero(&self) -> anyhow::Result<Zero> {
        match self.rate_zero.as_deref() {
            None if self.program.is_some() => Ok(Zero::Rate(0.0)),
            None | Some("natural-median") => Ok(Zero::NaturalMedian),
            Some(text) => {
                let rate = text.parse::<f64>().ok().filter(|rate| rate.is_finite());
                let rate =
                    rate.ok_or_else(|| wrong("--rate-zero: give natural-median or a number"))?;
                Ok(Zero::Rate(rate))
            }
        }
    }

    fn stimuli(&self, subject: &Subject) -> anyhow::Result<Option<Stimuli>> {
        let spec = subject.input();
        let default = (spec.shape() == [1, 28, 28]).then_some("mnist");
        let named = match self.images.as_deref() {
            Some("none") => None,
            Some(named) => Some(named),
            None => default,
        };
        let pick = || match self.natural {
            Some(0) => Err(wrong("--natural: give 1 image or more, or --images none")),
            Some(count) => Ok(Pick::First(count)),
            None => Ok(Pick::All),
        };
        Ok(match (named, &self.images, subject.session()) {
            (_, None, Some(session)) => {
                let images = Images::open(session).map_err(blame)?;
                Some(Stimuli::of_recorded(&images, spec, pick()?).map_err(blame)?)
            }
            (Some(named), ..) => Some(Stimuli::open(named, spec, pick()?).map_err(blame)?),
            (None, ..) => None,
        })
    }

    fn generator(
        &self,
        subject: &Subject,
        stimuli: Option<&Stimuli>,
    ) -> anyhow::Result<Box<dyn Generator>> {
        let shape = subject.input().shape();
        Ok(match self.generator.as_str() {
            "pixels" => Box::new(Pixels::new(shape)),
            "dct" => Box::new(Linear::low_pass(shape)),
            "pca" => {
                let none = Stimuli::default();
                let stimuli = stimuli.unwrap_or(&none);
                Box::new(Linear::pca(stimuli, COMPONENTS).map_err(blame)?)
            }
            decoder => Box::new(Decoder::open(decoder, shape).map_err(blame)?),
        })
    }

    /// Everything that the neuron's answers depend on, for a checkpoint.
    fn search(&self, subject: &Subject) -> String {
        format!(
            "{} | {} | {:?} | {:?} {:?} | {:?} | {:?} {:?} | {} | {} | {} | {} | {:?} {:?} | {:?}",
            subject.identity(),
            subject.input(),
            self.target,
            self.board,
            self.port.parts().0,
            (&self.program, &self.program_argument),
            self.optimiser,
            self.preset,
            self.generator,
            self.noise,
            self.queries,
            self.seed,
            self.images,
            self.natural,
            self.rate_zero,
        )
    }

    /// Saves arrays and pictures.
    fn write(
        results: &ResultFolder,
        found: &Experiment,
        stimuli: Option<&Stimuli>,
        shape: [usize; 3],
        words: Words<'_>,
        model: Option<&FloatModel>,
    ) -> Result<(Files, Vec<Drawing>), SaveError> {
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
        let label = |class: usize| {
            model.map_or_else(|| class.to_string(), |model| model.short_label(class))
        };
        if let Some(rates) = scene::categories(found, words, label) {
            save("evolution-categories.png", intervals(&rates)?)?;
        }
        if let Some(rates) = stimuli.and_then(|stimuli| scene::likeness(found, stimuli, words)) {
            save("evolution-likeness.png", intervals(&rates)?)?;
        }
        let files = Files {
            image,
            trace,
            pictures,
            receipt: results.path(RECEIPT),
        };
        Ok((files, drawings))
    }
}

/// A search that was made.
pub(in crate::brain) struct Evolved {
    pub document: cortexscope_present::documents::evolve::Evolve,
    pub drawings: Vec<Drawing>,
    search: String,
    files: Files,
}

/// What was written.
struct Files {
    image: PathBuf,
    trace: PathBuf,
    pictures: Vec<PathBuf>,
    receipt: PathBuf,
}

impl Files {
    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        let arrays = [&self.image, &self.trace, &self.receipt];
        self.pictures.iter().chain(arrays)
    }

    fn list(&self, out: &mut impl Write) -> std::io::Result<()> {
        self.all()
            .try_for_each(|path| writeln!(out, "{}", path.display()))
    }
}
