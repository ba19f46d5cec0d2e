//! A board's memory: as linked, as planned and as measured; of one engine, or of all engines
//! of a board side by side.

mod engines;
mod tables;

pub use engines::{EngineCost, EngineCosts, engine_costs, write as write_engines};
pub use tables::write;

use crate::documents::memory::{Build, Firmware, Linked, Memory, Stack};
use crate::documents::origin::Origin;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::RequestError;
use cortexscope_net::input::InputError;
use cortexscope_record::{ChoiceError, RigChoice, Tape};
use cortexscope_rig::board::{FirmwareError, firmware_builds, firmware_file};
use cortexscope_rig::elf::size::{self, SizeError};
use cortexscope_rig::elf::stack::stack_bound;
use cortexscope_rig::measure::{
    Measurement, OcclusionMeasurement, SAMPLE, measure, measure_occlusion, sample_input,
};
use cortexscope_rig::session::{Cancel, LECTURE_PATCH, SessionError};

/// Why a board's memory is not known.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The board is not known, or cannot be reached.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The model takes no input to measure with.
    #[error(transparent)]
    Sample(Box<InputError>),
    /// The board does not answer as it should.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The firmware cannot be read.
    #[error(transparent)]
    Firmware(#[from] FirmwareError),
    /// The firmware cannot be taken apart.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// All engines were asked for, and one recording.
    #[error("each engine has a session of its own: name one with --engine to record or replay it")]
    Tape,
}

impl RequestError for MemoryError {
    fn is_request(&self) -> bool {
        match self {
            Self::Choice(error) => error.is_request(),
            Self::Sample(error) => error.is_request(),
            Self::Tape => true,
            Self::Session(_) | Self::Firmware(_) | Self::Size(_) => false,
        }
    }
}

impl From<InputError> for MemoryError {
    fn from(error: InputError) -> Self {
        Self::Sample(Box::new(error))
    }
}

/// A board's memory with one engine.
#[derive(Clone, Debug)]
pub struct BoardMemory {
    /// The document.
    pub document: Memory,
    /// What the board counts; `None` on a board that counts nothing.
    pub unit: Option<&'static str>,
}

/// Measures `model` on the board of `choice` with its engine, and takes its firmware apart.
/// What is measured is measured with the input [`SAMPLE`].
///
/// # Errors
/// [`MemoryError`].
pub fn board_memory(
    choice: &RigChoice,
    model: ModelFiles,
    cancel: Cancel,
) -> Result<BoardMemory, MemoryError> {
    let sample = sample_input(&model)?;
    let mut rig = choice.open(model, cancel)?;
    let memory = rig.memory()?;
    let modes = measure(&mut rig, &sample)?;
    let occlusion = measure_occlusion(&mut rig, &sample, LECTURE_PATCH)?;
    // The firmware that was recorded need not be the one that is built here.
    let (elf, builds) = match choice.tape {
        Tape::Replay(_) => (None, Vec::new()),
        Tape::None | Tape::Record(_) => {
            let board = choice.board()?;
            let elf = firmware_file(board, choice.engine)?;
            (elf, firmware_builds(board)?)
        }
    };
    let sections = elf.as_deref().map(size::sections).transpose()?;
    let bound = elf.as_deref().map(stack_bound);
    let builds = builds.into_iter().map(|build| Build {
        size: build.size.to_owned(),
        flash_bytes: build.linked.flash_bytes,
        ram_bytes: build.linked.ram_bytes,
    });
    let linked = Linked::from(&memory);
    let stack = Stack::new(
        linked.stack_bytes,
        deepest(&modes, &occlusion),
        bound.as_ref(),
    );
    Ok(BoardMemory {
        unit: rig.session.board().count_unit(),
        document: Memory {
            origin: Origin::from(&rig),
            input: SAMPLE.to_owned(),
            linked,
            modes,
            firmware: sections.map(|sections| Firmware { sections }),
            builds: builds.collect(),
            stack,
            heap: memory.heap,
            occlusion,
        },
    })
}

/// The greatest depth of the stack in everything that was measured.
fn deepest(measured: &[Measurement], occlusion: &OcclusionMeasurement) -> Option<u32> {
    let modes = measured.iter().map(|measurement| measurement.stack_bytes);
    modes.chain([occlusion.stack_bytes]).max().flatten()
}
