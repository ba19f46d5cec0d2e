//! `cortexscope fool`.

use super::board_of_model::{board_rig, image_of};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::FloatModelArgs;
use super::progress;
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::percent;
use cortexscope_draw::{Theme, tile_grid};
use cortexscope_explain::attack::{Judge, Pixels, Victim};
use cortexscope_explain::fool::{Climb, CppnGenome, DirectGenome, Evolution, Fooled, Progress};
use cortexscope_explain::fool::{climb, evolve};
use cortexscope_net::input::ModelSpec;
use cortexscope_net::output::{make_folder, write};
use cortexscope_present::documents::Document;
use cortexscope_present::documents::fool as documents;
use cortexscope_present::dump;
use cortexscope_present::scene::fool as scene;
use cortexscope_rig::session::Cancel;
use cortexscope_study::attack::BoardJudge;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Finds pictures without sense that a model takes for each of its classes.
#[derive(Args)]
pub(super) struct FoolCommand {
    /// How pictures are found.
    #[arg(value_enum)]
    method: FoolMethod,
    #[command(flatten)]
    model: FloatModelArgs,
    /// Ask the int8 network on this board instead of the float model: direct and cppn.
    #[arg(long)]
    board: Option<String>,
    /// End when every class has a picture of this probability.
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.9999)]
    confidence: f64,
    /// Generations at most; for gradient steps for each class.
    #[arg(long, default_value_t = 200)]
    generations: usize,
    /// Children in each generation.
    #[arg(long, value_name = "CHILDREN", default_value_t = 400)]
    offspring: usize,
    /// Length of a step of gradient, in pixels from 0 to 1.
    #[arg(long, value_name = "LENGTH", default_value_t = 0.5)]
    step: f64,
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for the sheet, the pictures, the arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FoolMethod {
    /// Evolution of the pixels themselves.
    Direct,
    /// Evolution of small networks that draw pictures.
    Cppn,
    /// Gradient ascent from noise.
    Gradient,
}

impl FoolMethod {
    fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Cppn => "cppn",
            Self::Gradient => "gradient",
        }
    }

    /// What the paper calls it.
    fn in_paper(self) -> &'static str {
        match self {
            Self::Direct => "MAP-elites, directly encoded",
            Self::Cppn => "MAP-elites, encoded by CPPNs",
            Self::Gradient => "gradient ascent",
        }
    }
}

/// What was asked, float model or board.
struct Asked {
    model: String,
    sha256: String,
    spec: ModelSpec,
    fooled: Fooled,
}

impl FoolCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        self.check()?;
        make_folder(&self.output).map_err(blame)?;
        let cancel = ctrl_c()?;
        let begun = Instant::now();
        let asked = match &self.board {
            None => self.float(&cancel)?,
            Some(board) => self.board(board, &cancel)?,
        };
        let document = self.write(&asked, begun.elapsed().as_secs_f64())?;
        let receipt = self
            .output
            .join(format!("fool.{}.json", self.method.name()));
        write(&receipt, document.to_text()?.as_bytes())?;
        if self.json {
            print_json(&document)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut out = std::io::stdout().lock();
        for class in &document.classes {
            let probability = percent(class.probability as f32);
            writeln!(
                out,
                "{}: {probability} after {} queries",
                class.label, class.queries
            )?;
        }
        for note in &document.notes {
            writeln!(out, "note: {note}")?;
        }
        writeln!(out, "{}\n{}", document.picture, receipt.display())?;
        Ok(ExitCode::SUCCESS)
    }

    fn check(&self) -> anyhow::Result<()> {
        if !(self.confidence > 0.0 && self.confidence <= 1.0) {
            return Err(wrong(
                "--confidence: give a probability greater than 0, at most 1",
            ));
        }
        if self.generations == 0 || self.offspring == 0 {
            return Err(wrong(
                "--generations and --offspring: give numbers from 1 up",
            ));
        }
        if !(self.step.is_finite() && self.step > 0.0) {
            return Err(wrong("--step: give a number greater than 0"));
        }
        if self.board.is_some() && self.method == FoolMethod::Gradient {
            return Err(wrong(
                "--board: a board gives no gradient; use direct or cppn, which ask for scores alone",
            ));
        }
        Ok(())
    }

    fn float(&self, cancel: &Cancel) -> anyhow::Result<Asked> {
        let model = self.model.open()?;
        let stop = || cancel.is_cancelled();
        let mut victim = Victim::new(&model, &stop).map_err(blame)?;
        let fooled = if self.method == FoolMethod::Gradient {
            let parameters = Climb {
                steps: self.generations,
                rate: self.step,
                confidence: self.confidence,
                seed: self.seed,
            };
            let bar = progress::bar(victim.classes, "classes");
            let mut told = |now: Progress| {
                bar.set_position(now.done as u64);
                ControlFlow::Continue(())
            };
            let found = climb(&mut victim, &parameters, &mut told).map_err(blame)?;
            bar.finish_and_clear();
            found
        } else {
            self.evolved(&mut victim, model.input_shape())
                .map_err(blame)?
        };
        Ok(Asked {
            model: model.name.clone(),
            sha256: model.sha256_hex(),
            spec: model.spec.clone(),
            fooled,
        })
    }

    fn board(&self, board: &str, cancel: &Cancel) -> anyhow::Result<Asked> {
        let mut rig = board_rig(board, &image_of(&self.model.model), cancel.clone())?;
        let spec = rig.model.spec.clone();
        let (model, sha256) = (rig.model.name.clone(), rig.model.hash_hex());
        let mut judge = BoardJudge::new(&mut rig);
        let fooled = self.evolved(&mut judge, spec.input.shape())?;
        Ok(Asked {
            model,
            sha256,
            spec,
            fooled,
        })
    }

    fn evolved<J: Judge>(&self, judge: &mut J, shape: [usize; 3]) -> Result<Fooled, J::Error> {
        let evolution = Evolution {
            generations: self.generations,
            offspring: self.offspring,
            confidence: self.confidence,
            seed: self.seed,
        };
        let bar = progress::bar(self.generations, "generations");
        let mut told = |now: Progress| {
            bar.set_position(now.done as u64);
            bar.set_message(format!("{} classes reached", now.reached));
            ControlFlow::Continue(())
        };
        let fooled = if self.method == FoolMethod::Cppn {
            evolve::<CppnGenome, _>(judge, shape, &evolution, &mut told)
        } else {
            evolve::<DirectGenome, _>(judge, shape, &evolution, &mut told)
        };
        bar.finish_and_clear();
        fooled
    }

    fn write(&self, asked: &Asked, seconds: f64) -> anyhow::Result<documents::Fool> {
        let Asked { spec, fooled, .. } = asked;
        let method = self.method.name();
        let pixels = Pixels::of(&spec.input);
        let values = |levels: &[u8]| pixels.values(levels);
        let base = self.output.join(format!("fool.{method}"));
        let picture = base.with_added_extension("png");
        let tiles = scene::sheet(spec, &asked.model, method, &fooled.champions, &values);
        let drawing = tile_grid(&tiles, scene::layout(&spec.input))?;
        write(&picture, &drawing.png(Theme::Light, 2)?)?;
        let shape = spec.input.shape().map(|size| size as u64);
        let mut classes = Vec::new();
        for (class, champion) in fooled.champions.iter().enumerate() {
            let array = base.with_added_extension(format!("class-{class}.npy"));
            let values = values(&champion.levels);
            dump::npy(&array, &shape, &values)?;
            let picture = base.with_added_extension(format!("class-{class}.png"));
            let cannot = || format!("cannot write {}", picture.display());
            spec.input
                .picture(&values)
                .save(&picture)
                .with_context(cannot)?;
            let label = spec.output.labels.get(class).cloned();
            classes.push(documents::FoolingImage {
                class,
                label: label.unwrap_or_else(|| class.to_string()),
                probability: champion.probability,
                queries: champion.queries,
                array: array.display().to_string(),
                picture: picture.display().to_string(),
            });
        }
        let missed = fooled.champions.len() - fooled.reached(self.confidence);
        let mut notes = Vec::new();
        if missed > 0 {
            notes.push(format!(
                "{missed} of {} classes stayed below {}: try more --generations, or another --seed",
                fooled.champions.len(),
                percent(self.confidence as f32)
            ));
        }
        let evolves = self.method != FoolMethod::Gradient;
        Ok(documents::Fool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: asked.model.clone(),
            model_sha256: asked.sha256.clone(),
            preprocessing: spec.input.to_string(),
            board: self.board.clone(),
            method: method.to_owned(),
            paper: format!(
                "Nguyen, Yosinski and Clune 2015, {}",
                self.method.in_paper()
            ),
            seed: self.seed,
            confidence: self.confidence,
            most_generations: self.generations,
            offspring: evolves.then_some(self.offspring),
            step: (!evolves).then_some(self.step),
            generations: fooled.generations,
            queries: fooled.queries,
            picture: picture.display().to_string(),
            classes,
            notes,
            seconds,
        })
    }
}
