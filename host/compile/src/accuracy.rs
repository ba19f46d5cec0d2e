//! How often the float and the int8 network are right.

use thiserror::Error;

use super::error::CompileError;
use super::float_net::FloatNet;
use super::float_run::FloatRun;
use super::judge::JudgeError;
use super::network::Network;
use super::progress::{Progress, Report, Stage, tell};
use crate::board_image::BoardImage;
use crate::layout::channels_last;
use cortexscope_core::{Mode, NoTap, run};
use cortexscope_net::input::data::{DataError, DataInputs};
use cortexscope_net::scores::first_greatest;

/// Right answers of both networks on the same inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Labelled inputs.
    pub images: usize,
    /// Right answers of the float network.
    pub float_right: usize,
    /// Right answers of the int8 network.
    pub int8_right: usize,
    /// Inputs on which both give the same class, right or wrong.
    pub agree: usize,
}

/// Why accuracy cannot be measured.
#[derive(Debug, Error)]
pub enum AccuracyError {
    /// The float network does not run, or the work was interrupted.
    #[error(transparent)]
    Float(#[from] CompileError),
    /// An input cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The int8 ONNX does not run.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The inputs are no images of this network.
    #[error("the engine does not run the board image on these inputs")]
    Engine,
}

impl Accuracy {
    /// Percent of right answers of the float network.
    pub fn float_percent(&self) -> f64 {
        percent(self.float_right, self.images)
    }

    /// Percent of right answers of the int8 network.
    pub fn int8_percent(&self) -> f64 {
        percent(self.int8_right, self.images)
    }
}

/// Both networks of a compiled model.
pub struct Pair<'a> {
    /// The float network, which tract runs.
    pub float: &'a FloatNet,
    /// The int8 network; its input's quantisation is used.
    pub network: &'a Network,
    /// The same as a board image, which the int8 engine runs.
    pub image: &'a BoardImage,
}

/// Runs both networks on inputs of a set; those without a label count as wrong.
///
/// # Errors
/// A network that does not run, an input that cannot be read, or an interruption.
pub fn accuracy(
    pair: &Pair<'_>,
    inputs: DataInputs<'_>,
    report: Report<'_>,
) -> Result<Accuracy, AccuracyError> {
    let float = FloatRun::logits(pair.float)?;
    let int8 = Engine::new(pair)?;
    let mut arena = vec![0_u32; int8.plan.arena_bytes().div_ceil(4)];
    let total = inputs.len();
    let mut found = Accuracy::default();
    for input in inputs {
        let input = input?;
        let expected = float.run(&input.values)?;
        let expected = first_greatest(expected.first().map_or(&[], Vec::as_slice));
        let class = int8.class(&input.values, bytemuck::cast_slice_mut(&mut arena))?;
        let is_right = |class: Option<usize>| class.is_some() && class == input.label;
        found.images += 1;
        found.float_right += usize::from(is_right(expected));
        found.int8_right += usize::from(is_right(class));
        found.agree += usize::from(class == expected);
        let progress = Progress {
            stage: Stage::Accuracy,
            done: found.images,
            total,
        };
        tell(report, progress)?;
    }
    Ok(found)
}

/// The int8 engine that the boards run.
struct Engine<'a> {
    network: &'a Network,
    model: cortexscope_core::Model<'a>,
    plan: cortexscope_core::Plan<'a>,
}

impl<'a> Engine<'a> {
    fn new(pair: &Pair<'a>) -> Result<Self, AccuracyError> {
        let model = pair.image.model();
        let plan = model.plan(Mode::Fused).ok_or(AccuracyError::Engine)?;
        Ok(Self {
            network: pair.network,
            model,
            plan,
        })
    }

    /// The class of `input`, `[C, H, W]` in the float model's units.
    fn class(&self, input: &[f32], arena: &mut [u8]) -> Result<Option<usize>, AccuracyError> {
        let input: Vec<i8> = input
            .iter()
            .map(|&real| self.network.input.quantise(real))
            .collect();
        let shape = self.model.input().shape;
        if input.len() != shape.elements() {
            return Err(AccuracyError::Engine);
        }
        let input = channels_last(&input, shape);
        run(&self.model, &self.plan, arena, &input, &mut NoTap)
            .map_err(|_| AccuracyError::Engine)?;
        let logits = self.plan.logits(arena);
        Ok(first_greatest(logits.map_err(|_| AccuracyError::Engine)?))
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
