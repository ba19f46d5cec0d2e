//! What int8 costs, layer by layer, and what helps.
//!
//! The float network runs in tract. The int8 network is compiled here, put on a board, and
//! every layer's bytes come from there. Of each layer it is measured
//!
//! - how much of the float values is left: signal to quantisation noise, in decibels;
//! - how much of them lies outside of what the int8 can say;
//! - whether channels say nothing, and how unlike the channels' scales are;
//! - on how many inputs the class changes, if the float network goes on from the board's
//!   bytes of this layer. So the first layer that costs accuracy is found by measuring,
//!   not by a guess from its noise.
//!
//! Then what may help is tried: each remedy is compiled, and measured on the same inputs.

mod advice;
mod float_answers;
mod layers;
mod remedies;

pub use advice::advice;
pub use layers::LayerHealth;
pub use remedies::{Outcome, Remedy};

use std::ops::ControlFlow;

use crate::data::{Data, DataError, DataInput};
use cortexscope_compile::board_image::EmitError;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_compile::{CompileError, Compiled, Options, Source, compile_with};
use cortexscope_net::input::{ModelSpec, Pick};
use cortexscope_rig::board::{BoardKind, Engine, FarEnd};
use cortexscope_rig::session::{Cancel, SessionError};
use cortexscope_rig::{Rig, RigError};
use std::path::PathBuf;

/// What is examined, and by which inputs.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The float network.
    pub source: Source<'a>,
    /// Its name.
    pub name: &'a str,
    /// How it wants its input.
    pub spec: &'a ModelSpec,
    /// Inputs `[C, H, W]` to calibrate with.
    pub calibration: &'a [Vec<f32>],
    /// Inputs to measure on.
    pub inputs: &'a [Case],
    /// The board whose bytes are looked at.
    pub board: &'static BoardKind,
}

/// An input to measure on.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// `[C, H, W]` in the float model's units.
    pub values: Vec<f32>,
    /// Its class, where that is known.
    pub label: Option<usize>,
}

/// At most `most` inputs of `data`, spread evenly over all.
///
/// # Errors
/// An input cannot be read.
pub fn spread_cases(data: &Data, most: usize) -> Result<Vec<Case>, DataError> {
    let inputs = data.set().inputs(Pick::Spread(most))?;
    let case = |input: DataInput| Case {
        values: input.values,
        label: input.label,
    };
    inputs.map(|input| input.map(case)).collect()
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Right answers of the float network; `None` where an input has no label.
    pub float_right: Option<usize>,
    /// Every layer, in order.
    pub layers: Vec<LayerHealth>,
    /// The first layer from which on at least half of all changed classes are changed, as a
    /// place in `layers`; `None` where no class changes.
    pub first_costly: Option<usize>,
    /// What was tried, the network as it is compiled by default first.
    pub remedies: Vec<Remedy>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The network is not one for a board, or the work was interrupted.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It does not fit a board image.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// The board does not start.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// The board does not answer.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// There is nothing to measure on.
    #[error("there are no inputs to measure on")]
    NoInputs,
}

/// Told what is being done, how much of it is done, and how much there is.
pub type Report<'r> = &'r mut dyn FnMut(&str, usize, usize) -> ControlFlow<()>;

/// Examines a network.
///
/// # Errors
/// [`DoctorError`].
pub fn examine(
    subject: &Subject<'_>,
    cancel: &Cancel,
    report: Report<'_>,
) -> Result<Diagnosis, DoctorError> {
    if subject.inputs.is_empty() {
        return Err(DoctorError::NoInputs);
    }
    let mut patient = Patient::new(subject, Options::default(), subject.board, cancel, report)?;
    let found = layers::examine(subject, &mut patient, report)?;
    let layers::LayerFindings {
        layers,
        float,
        outcome,
    } = found;
    let remedies = remedies::try_all(subject, outcome, &float, cancel, report)?;
    let most = layers.iter().map(|layer| layer.changed).max().unwrap_or(0);
    let first_costly = layers
        .iter()
        .position(|layer| most > 0 && 2 * layer.changed >= most);
    Ok(Diagnosis {
        float_right: float.right(subject.inputs),
        layers,
        first_costly,
        remedies,
    })
}

/// A compiled network on a board.
struct Patient {
    compiled: Compiled,
    rig: Rig,
}

impl Patient {
    fn new(
        subject: &Subject<'_>,
        options: Options,
        board: &'static BoardKind,
        cancel: &Cancel,
        report: Report<'_>,
    ) -> Result<Self, DoctorError> {
        let mut calibrating = |progress: cortexscope_compile::Progress| {
            report("calibrating", progress.done, progress.total)
        };
        let compiled = compile_with(
            &subject.source,
            subject.name,
            subject.spec,
            subject.calibration,
            options,
            &mut calibrating,
        )?;
        let files = ModelFiles {
            name: subject.name.to_owned(),
            image: compiled.image()?,
            image_path: PathBuf::from(format!("{}.ctx", subject.name)).into(),
            int8_onnx: compiled.int8_onnx.clone(),
            spec: subject.spec.clone(),
            assumed: None,
        };
        let far_end = FarEnd::Here { sensor: Vec::new() };
        let rig = Rig::open(board, Engine::Static, files, far_end, cancel.clone())?;
        Ok(Self { compiled, rig })
    }
}

/// Signal and noise, summed over values.
#[derive(Clone, Copy, Debug, Default)]
struct Noise {
    signal: f64,
    noise: f64,
}

impl Noise {
    fn add(&mut self, expected: f32, found: f32) {
        self.signal += f64::from(expected).powi(2);
        self.noise += (f64::from(expected) - f64::from(found)).powi(2);
    }

    /// In decibels; `None` where there is no signal or no noise.
    fn decibels(self) -> Option<f64> {
        let ratio = self.signal / self.noise;
        (ratio.is_finite() && ratio > 0.0).then(|| 10.0 * ratio.log10())
    }
}

fn interrupted(flow: ControlFlow<()>) -> Result<(), DoctorError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(CompileError::Interrupted.into()),
    }
}
