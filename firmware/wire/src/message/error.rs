//! Why a board cannot do what it was asked.

use super::{ImageFault, Mode};
use core::fmt;
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// Why a request cannot be done. The board goes on and takes the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum BoardError {
    /// The model region is empty.
    NoModel,
    /// What lies in the model region is refused.
    BadModel(ImageFault),
    /// The arena cannot hold the plan and the input.
    ArenaTooSmall {
        /// Bytes that they take.
        need_bytes: u32,
        /// Bytes of arena.
        have_bytes: u32,
    },
    /// The arena does not begin where the engine needs it to.
    ArenaMisaligned {
        /// The alignment that it needs.
        need_bytes: u32,
    },
    /// The input that was sent is not the one that was announced.
    InputCrc {
        /// Of the bytes that the board has.
        found: u32,
        /// As announced.
        expected: u32,
    },
    /// The image has no plan for this mode.
    ModeNotInImage(Mode),
    /// A tap on a tensor that the model does not have.
    UnknownTensor {
        /// The highest tensor asked for.
        tensor: u8,
        /// How many there are.
        tensors: u8,
    },
    /// A class that the model does not have.
    ClassOutOfRange {
        /// The class asked for.
        class: u16,
        /// How many there are.
        classes: u16,
    },
    /// The patch does not fit into the input.
    WindowTooLarge {
        /// Its height and width.
        window: [u16; 2],
        /// The input's height and width.
        input: [u16; 2],
    },
    /// The patch has no pixels.
    WindowEmpty,
    /// The patch would never move.
    StrideZero,
    /// A request that this firmware does not know.
    UnknownRequest,
    /// The engine cannot do this at all.
    Unsupported,
    /// The engine ran out of heap, and the board started again.
    HeapExhausted {
        /// What it was doing.
        phase: EnginePhase,
        /// Bytes that it asked for.
        need_bytes: u32,
        /// Bytes that nothing used.
        have_bytes: u32,
    },
    /// The board stopped while the engine was at work, and started again.
    EngineStopped {
        /// What it was doing.
        phase: EnginePhase,
    },
    /// The engine refused its own network or input.
    EngineFailed {
        /// What it was doing.
        phase: EnginePhase,
    },
    /// The board has no camera of its own.
    NoCamera,
}

/// What an engine that builds its network on the board does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum EnginePhase {
    /// Makes its graph of the board image.
    Build,
    /// Rewrites the graph.
    Optimise,
    /// Runs it.
    Run,
}

impl EnginePhase {
    /// Every phase, in their order.
    pub const ALL: [Self; 3] = [Self::Build, Self::Optimise, Self::Run];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Optimise => "optimise",
            Self::Run => "run",
        }
    }
}

impl fmt::Display for EnginePhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoModel => f.write_str("the board holds no model"),
            Self::BadModel(fault) => {
                write!(f, "the board refuses the model that it holds: {fault}")
            }
            Self::ArenaTooSmall {
                need_bytes,
                have_bytes,
            } => write!(
                f,
                "this needs {need_bytes} bytes of arena, the board has {have_bytes}"
            ),
            Self::ArenaMisaligned { need_bytes } => {
                write!(
                    f,
                    "the board's arena does not begin at a multiple of {need_bytes}"
                )
            }
            Self::InputCrc { found, expected } => write!(
                f,
                "the board's input has the CRC {found:08x}, the request says {expected:08x}"
            ),
            Self::ModeNotInImage(mode) => {
                write!(
                    f,
                    "the model's image has no plan for the mode {mode:?} that the board's \
                     firmware can run: a small firmware runs no chains of layers; take the \
                     other mode, or the fast firmware"
                )
            }
            Self::UnknownTensor { tensor, tensors } => {
                write!(
                    f,
                    "the model has {tensors} tensors, none with index {tensor}"
                )
            }
            Self::ClassOutOfRange { class, classes } => {
                write!(
                    f,
                    "the model has {classes} classes, none with index {class}"
                )
            }
            Self::WindowTooLarge {
                window: [wh, ww],
                input: [h, w],
            } => {
                write!(f, "a patch of {wh}×{ww} does not fit an input of {h}×{w}")
            }
            Self::WindowEmpty => f.write_str("the patch must be at least 1×1"),
            Self::StrideZero => f.write_str("a patch with stride 0 never moves"),
            Self::UnknownRequest => f.write_str("the firmware does not know this request"),
            Self::Unsupported => f.write_str("the board's engine cannot do this"),
            Self::HeapExhausted {
                phase,
                need_bytes,
                have_bytes,
            } => write!(
                f,
                "the board's engine ran out of heap in its {phase} phase: it asked for \
                 {need_bytes} bytes and {have_bytes} were free; the board has started again"
            ),
            Self::EngineStopped { phase } => write!(
                f,
                "the board stopped in the {phase} phase of its engine, and has started again"
            ),
            Self::EngineFailed { phase } => {
                write!(f, "the board's engine failed in its {phase} phase")
            }
            Self::NoCamera => f.write_str("the board has no camera"),
        }
    }
}

impl core::error::Error for BoardError {}
