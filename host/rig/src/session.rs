//! A session with a board: whatever the link does to the bytes on their way,
//! results are whole and right, or there is an error that says what to do.
//!
//! | module | what it does |
//! |---|---|
//! | `open` | who is there, and is it who was asked for |
//! | `infer`, `occlude`, `capture`, `memory` | one request each, its results typed |
//! | `expect`, `parts` | how much an honest board can send, and nothing beyond it |
//! | `host_end`, `board_state` | frames, time-outs, repeats: what makes the link reliable |
//! | [`logs`] | the board's defmt stream, decoded |
//! | [`Cancel`], [`Statistics`] | stop it from outside; what it took |
//!
//! ```
//! use cortexscope_rig::board::native::NativeBoard;
//! use cortexscope_rig::session::{Options, Session};
//!
//! let board = NativeBoard::start(&[], 64 * 1024);
//! let session = Session::open(Box::new(board), Options::default())?;
//! assert_eq!(session.board().name, "native");
//! assert!(session.model().is_err(), "nothing was flashed");
//! # Ok::<(), cortexscope_rig::session::SessionError>(())
//! ```
//!
//! # A board that lies
//!
//! Nothing that a board says is believed. Its numbers of tensors and classes and the
//! length of its input must be those of the model with the same hash. Each result is
//! bounded before its first byte is kept, by the model and by the request; a part with
//! nothing in it, a part out of turn and an answer before its request end the session.
//! Text is escaped where it comes in. A request ends with an error once nothing that
//! belongs to it came for [`Options::patience`]; a log does not count. What one request
//! can take in time is therefore the number of its results times that patience.
//!
//! Architecture invariant: neither this module nor its callers know which link
//! they use.

pub mod logs;

mod board_state;
mod cancel;
mod capture;
mod error;
mod expect;
mod form;
mod host_end;
mod identity;
mod infer;
mod memory;
mod mode;
mod occlude;
mod open;
mod parts;
mod statistics;

pub use cancel::{Cancel, CtrlCError};
pub use error::SessionError;
pub use expect::{Expectations, ExpectedModel};
pub use identity::BoardIdentity;
pub use infer::{InferRequest, Inference, LayerCost, Progress};
pub use memory::{HeapUse, Memory};
pub use mode::Mode;
pub use occlude::{LECTURE_PATCH, MapProgress, OccludeRequest, OcclusionMap, patch_for};
pub use open::{Options, Session};
pub use statistics::Statistics;

pub use cortexscope_wire::message::{
    BoardError, CameraIdentity, CounterKind, MemoryReport, ModelIdentity, Sections, TensorSet,
};
