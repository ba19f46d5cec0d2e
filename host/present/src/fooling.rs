//! Pictures without sense that a network takes for each of its classes: a sheet, the
//! pictures, their arrays and the receipt.

use crate::documents::fool::{Fool, FoolingImage};
use crate::results::{ResultFolder, SaveError};
use crate::scene::fool as scene;
use cortexscope_draw::number::percent;
use cortexscope_draw::tile_grid;
use cortexscope_explain::attack::{Judge, Pixels, Victim};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::fool::{
    Climb, CppnGenome, DirectGenome, Evolution, Fooled, Progress, climb, evolve,
};
use cortexscope_net::RequestError;
use cortexscope_net::input::ModelSpec;
use cortexscope_rig::Rig;
use cortexscope_rig::session::SessionError;
use cortexscope_study::attack::BoardJudge;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How pictures are found (Nguyen, Yosinski and Clune 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoolMethod {
    /// Evolution of the pixels themselves.
    Direct,
    /// Evolution of small networks that draw pictures.
    Cppn,
    /// Gradient ascent from noise.
    Gradient,
}

impl FoolMethod {
    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
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

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub struct FoolRequest<'a> {
    /// How.
    pub method: FoolMethod,
    /// The search ends when every class has a picture of this probability.
    pub confidence: f64,
    /// The greatest number of generations; for the gradient, of steps for each class.
    pub generations: usize,
    /// Children in each generation.
    pub offspring: usize,
    /// Length of a step of the gradient, in pixels from 0 to 1.
    pub step: f64,
    /// Seed of everything that is random.
    pub seed: u64,
    /// The folder that all files go into.
    pub folder: &'a Path,
}

/// Why pictures were not found, or not saved.
#[derive(Debug, thiserror::Error)]
pub enum FoolError {
    /// The float model cannot be asked.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The board cannot be asked.
    #[error(transparent)]
    Board(#[from] SessionError),
    /// A board gives no gradient.
    #[error("a board gives no gradient; use direct or cppn, which ask for scores alone")]
    NoGradient,
    /// The pictures cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for FoolError {
    fn is_request(&self) -> bool {
        match self {
            Self::Explain(error) => error.is_request(),
            Self::Board(_) => false,
            Self::NoGradient => true,
            Self::Save(error) => error.is_request(),
        }
    }
}

/// The receipt, and its file.
#[derive(Clone, Debug)]
pub struct FoolingImages {
    /// The receipt, as it was written.
    pub document: Fool,
    /// Its file.
    pub receipt: PathBuf,
}

/// Finds a picture for each class of a float model, and writes `fool.METHOD.png`,
/// `fool.METHOD.class-K.png` and `.npy`, and `fool.METHOD.json` into the folder. `watch` is
/// told of generations, or of classes where the method is the gradient; `stop` ends the work.
///
/// # Errors
/// [`FoolError`].
pub fn fool(
    model: &FloatModel,
    request: &FoolRequest<'_>,
    stop: &(dyn Fn() -> bool + Sync),
    watch: &mut dyn FnMut(Progress),
) -> Result<FoolingImages, FoolError> {
    let results = ResultFolder::begin(request.folder)?;
    let begun = Instant::now();
    let mut victim = Victim::new(model, stop)?;
    let fooled = if request.method == FoolMethod::Gradient {
        let parameters = Climb {
            steps: request.generations,
            rate: request.step,
            confidence: request.confidence,
            seed: request.seed,
        };
        climb(&mut victim, &parameters, &mut |now| {
            watch(now);
            ControlFlow::Continue(())
        })?
    } else {
        evolved(&mut victim, model.input_shape(), request, watch)?
    };
    let found = Found {
        model: &model.name,
        sha256: model.sha256_hex(),
        spec: &model.spec,
        board: None,
        fooled: &fooled,
        seconds: begun.elapsed().as_secs_f64(),
    };
    Ok(found.save(request, results)?)
}

/// The same for the int8 network on the board of `rig`, which is called `board`.
///
/// # Errors
/// [`FoolError`].
pub fn fool_board(
    rig: &mut Rig,
    board: &str,
    request: &FoolRequest<'_>,
    watch: &mut dyn FnMut(Progress),
) -> Result<FoolingImages, FoolError> {
    if request.method == FoolMethod::Gradient {
        return Err(FoolError::NoGradient);
    }
    let results = ResultFolder::begin(request.folder)?;
    let begun = Instant::now();
    let spec = rig.model.spec.clone();
    let (model, sha256) = (rig.model.name.clone(), rig.model.hash_hex());
    let mut judge = BoardJudge::new(rig);
    let fooled = evolved(&mut judge, spec.input.shape(), request, watch)?;
    let found = Found {
        model: &model,
        sha256,
        spec: &spec,
        board: Some(board),
        fooled: &fooled,
        seconds: begun.elapsed().as_secs_f64(),
    };
    Ok(found.save(request, results)?)
}

fn evolved<J: Judge>(
    judge: &mut J,
    shape: [usize; 3],
    request: &FoolRequest<'_>,
    watch: &mut dyn FnMut(Progress),
) -> Result<Fooled, J::Error> {
    let evolution = Evolution {
        generations: request.generations,
        offspring: request.offspring,
        confidence: request.confidence,
        seed: request.seed,
    };
    let mut told = |now: Progress| {
        watch(now);
        ControlFlow::Continue(())
    };
    if request.method == FoolMethod::Cppn {
        evolve::<CppnGenome, _>(judge, shape, &evolution, &mut told)
    } else {
        evolve::<DirectGenome, _>(judge, shape, &evolution, &mut told)
    }
}

/// What was found, of a float model or a board.
struct Found<'a> {
    model: &'a str,
    sha256: String,
    spec: &'a ModelSpec,
    board: Option<&'a str>,
    fooled: &'a Fooled,
    seconds: f64,
}

impl Found<'_> {
    fn save(
        self,
        request: &FoolRequest<'_>,
        results: ResultFolder,
    ) -> Result<FoolingImages, SaveError> {
        let Found { spec, fooled, .. } = self;
        let method = request.method.name();
        let pixels = Pixels::of(&spec.input);
        let values = |levels: &[u8]| pixels.values(levels);
        let tiles = scene::sheet(spec, self.model, method, &fooled.champions, &values);
        let drawing = tile_grid(&tiles, scene::layout(&spec.input))?;
        let picture = results.drawing(&format!("fool.{method}.png"), &drawing, 2)?;
        let mut classes = Vec::new();
        for (class, champion) in fooled.champions.iter().enumerate() {
            let base = format!("fool.{method}.class-{class}");
            let values = values(&champion.levels);
            let array = results.array(&format!("{base}.npy"), &spec.input.shape(), &values)?;
            let shown = spec.input.picture(&values);
            let picture = results.picture(&format!("{base}.png"), shown)?;
            let label = spec.output.labels.get(class).cloned();
            classes.push(FoolingImage {
                class,
                label: label.unwrap_or_else(|| class.to_string()),
                probability: champion.probability,
                queries: champion.queries,
                array: array.display().to_string(),
                picture: picture.display().to_string(),
            });
        }
        let evolves = request.method != FoolMethod::Gradient;
        let document = Fool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.model.to_owned(),
            onnx_sha256: self.board.is_none().then(|| self.sha256.clone()),
            image_sha256: self.board.map(|_| self.sha256.clone()),
            model_sha256: self.sha256,
            preprocessing: spec.input.to_string(),
            board: self.board.map(str::to_owned),
            method: method.to_owned(),
            paper: format!(
                "Nguyen, Yosinski and Clune 2015, {}",
                request.method.in_paper()
            ),
            seed: request.seed,
            confidence: request.confidence,
            most_generations: request.generations,
            offspring: evolves.then_some(request.offspring),
            step: (!evolves).then_some(request.step),
            generations: fooled.generations,
            queries: fooled.queries,
            picture: picture.display().to_string(),
            classes,
            notes: notes(fooled, request.confidence),
            seconds: self.seconds,
        };
        let receipt = results.receipt(&format!("fool.{method}.json"), &document)?;
        results.commit()?;
        Ok(FoolingImages { document, receipt })
    }
}

fn notes(fooled: &Fooled, confidence: f64) -> Vec<String> {
    let missed = fooled.champions.len() - fooled.reached(confidence);
    let note = format!(
        "{missed} of {} classes stayed below {}: try more --generations, or another --seed",
        fooled.champions.len(),
        percent(confidence as f32)
    );
    (missed > 0).then_some(note).into_iter().collect()
}
