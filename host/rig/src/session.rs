//! A session with a board: whatever the link does to the bytes on their way,
//! results are whole and right, or there is an error that says what to do.
//!
//! | module | what it does |
//! |---|---|
//! | `open` | who is there, and is it who was asked for |
//! | `infer`, `occlude`, `capture` | one request each, its results typed |
//! | `connection` | frames, time-outs, repeats: what makes the link reliable |
//! | [`logs`] | the board's defmt stream, decoded |
//! | [`Cancel`], [`Statistics`] | stop it from outside; what it took |
//!
//! ```
//! use cortexscope::board::native::NativeBoard;
//! use cortexscope::session::{Options, Session};
//!
//! let board = NativeBoard::start(&[], 64 * 1024);
//! let session = Session::open(Box::new(board), Options::default())?;
//! assert_eq!(session.board().name, "native");
//! assert!(session.model().is_err(), "nothing was flashed");
//! # Ok::<(), cortexscope::session::SessionError>(())
//! ```
//!
//! Architecture invariant: neither this module nor its callers know which link
//! they use.

pub mod logs;

mod cancel;
mod capture;
mod connection;
mod error;
mod identity;
mod infer;
mod memory;
mod occlude;
mod open;
mod statistics;

pub use cancel::Cancel;
pub use error::SessionError;
pub use identity::BoardIdentity;
pub use infer::{InferRequest, Inference, LayerCost, Progress};
pub use memory::{HeapUse, Memory};
pub use occlude::{MapProgress, OccludeRequest, OcclusionMap};
pub use open::{Expectations, Options, Session};
pub use statistics::Statistics;

pub use cortexscope_wire::message::{
    BoardError, CameraIdentity, CounterKind, MemoryReport, Mode, ModelIdentity, Sections, TensorSet,
};
