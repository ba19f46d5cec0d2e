//! `cortexscope brain evolve`.

mod print;

use super::bars::shown;
use super::board::exit_code;
use super::tell;
use crate::common::{TapeArgs, blame, ctrl_c, wrong};
use crate::port::PortArgs;
use clap::Args;
use cortexscope_brain::evolve::Zero;
use cortexscope_brain::generator::GeneratorKind;
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::preset;
use cortexscope_present::brain::SavedExperiment;
use cortexscope_present::brain::evolution::{
    BoardChoice, EvolutionRequest, NaturalImages, NeuronChoice, ProgramChoice, SeenBy, evolve_image,
};
use cortexscope_present::documents::evolve;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

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
        let SavedExperiment {
            document, receipt, ..
        } = self.make()?;
        tell(&document, self.json, |document| {
            print::say(document, receipt.as_deref())
        })?;
        Ok(exit_code(document.board.as_ref()))
    }

    /// Searches, and writes what was found into the folder.
    fn make(&self) -> anyhow::Result<SavedExperiment<evolve::Evolve>> {
        let request = self.request()?;
        let cancel = ctrl_c()?;
        let evolved = shown(&cancel, |watch| evolve_image(&request, &cancel, watch));
        evolved.map_err(blame)
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> anyhow::Result<EvolutionRequest> {
        Ok(EvolutionRequest {
            noise: self.noise.parse::<Noise>().map_err(blame)?,
            preset: preset(&self.optimiser, self.preset.as_deref()).map_err(blame)?,
            zero: self.zero()?,
            neuron: self.neuron()?,
            generator: GeneratorKind::from(self.generator.as_str()),
            queries: self.queries,
            seed: self.seed,
            images: match self.images.as_deref() {
                Some("none") => NaturalImages::None,
                Some(named) => NaturalImages::Named(named.to_owned()),
                None => NaturalImages::Usual,
            },
            natural: self.natural,
            gradient_steps: self.gradient_steps,
            checkpoint: self.checkpoint.clone(),
            folder: self.output.clone(),
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

    fn neuron(&self) -> anyhow::Result<NeuronChoice> {
        if let (Some(folder), Some(neuron)) = (&self.fit, self.neuron) {
            let folder = folder.clone();
            return Ok(NeuronChoice::Fitted { folder, neuron });
        }
        if self.model.is_some() && self.size.is_some() {
            return Err(wrong("--size is for a program without --model"));
        }
        if let Some(program) = &self.program {
            return Ok(NeuronChoice::Program(self.program(program)?));
        }
        let (Some(model), Some(target)) = (&self.model, &self.target) else {
            return Err(wrong("give --model and --target, or --program"));
        };
        let is_board = self.board.is_some() || self.tape.replay.is_some();
        Ok(NeuronChoice::Unit {
            model: model.clone(),
            target: target.parse().map_err(blame)?,
            board: is_board.then(|| BoardChoice {
                board: self.board.clone(),
                port: self.port.port(),
                tape: self.tape.tape(),
            }),
        })
    }

    fn program(&self, program: &Path) -> anyhow::Result<ProgramChoice> {
        let patience = Duration::try_from_secs_f64(self.patience).ok();
        let patience = patience.filter(|patience| !patience.is_zero());
        let patience =
            patience.ok_or_else(|| wrong("--patience: give a number of seconds greater than 0"))?;
        Ok(ProgramChoice {
            program: program.to_owned(),
            arguments: self.program_argument.clone(),
            patience,
            seen_by: match &self.model {
                Some(model) => SeenBy::Model(model.clone()),
                None => SeenBy::Sides(self.size.unwrap_or([28, 28])),
            },
        })
    }
}
