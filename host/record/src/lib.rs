//! Recordings of sessions with a board. A [`Recorder`] is a link that writes down what
//! crosses another link; a [`Replay`] is a link that answers from such a file. Neither
//! the session nor anybody above it knows the difference.
//!
//! | layer | module | what it does |
//! |---|---|---|
//! | a rig by names | [`RigChoice`] | board, model, engine, port and tape as a user writes them, and the rig that they mean |
//! | a rig | [`open()`] | a rig with a board, with a board that is recorded, or with a recording |
//! | links | [`Recorder`], [`Replay`] | requests and answers to a file, and from it |
//! | file | [`container`] | entries with a checksum that covers all before them |
//!
//! ```
//! use cortexscope_compile::model_files::ModelFiles;
//! use cortexscope_record::{Tape, open};
//! use cortexscope_rig::board::{Engine, FarEnd, find};
//! use cortexscope_rig::session::{Cancel, Mode, TensorSet};
//!
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("digit.ctxtape");
//! let native = find("native").ok_or("the native board is always there")?;
//! let infer = |tape: Tape| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
//!     let model = ModelFiles::open("lecture-lenet")?;
//!     let input = vec![0; model.image.model().input().bytes()];
//!     let here = FarEnd::Here { sensor: Vec::new() };
//!     let mut rig = open(native, Engine::Static, model, here, &tape, Cancel::default())?;
//!     Ok(rig.infer(&input, Mode::Fused, TensorSet::NONE, &mut |_| {})?.logits)
//! };
//! let recorded = infer(Tape::Record(file.clone()))?;
//! let replayed = infer(Tape::Replay(file))?;
//! assert_eq!(recorded, replayed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is recorded, and why the bytes of the wire are not
//!
//! Two sessions that ask the same never exchange the same bytes. The host draws the
//! number of its session; how often it acknowledges, grants credit, repeats a request or
//! asks for a resend depends on time; frames arrive late, twice or damaged; logs come
//! between results wherever there was room. None of that belongs to what was asked and
//! answered. So a recorder undoes the protocol as a session does, and writes what is
//! left: each request once, and the events and logs that answered it, once and in their
//! order. A replay speaks the protocol anew, with the session number and the
//! acknowledgements of the host that asks.
//!
//! A request is looked up by its bytes, from the place of the last one on, and from the
//! beginning where it does not come again. So a session that asks the same in the same
//! order gets every answer in its order, also where the same request was answered
//! differently each time, as pictures of a camera are. A request for a result holds the
//! CRC of its input, so that an answer is never one to another input. Parts of inputs are
//! acknowledged and need no answer. A request that is not in the file is an error that
//! says what was asked and where it was looked for.
//!
//! # A file that was cut short or damaged
//!
//! Each entry's checksum covers the checksum before it: an entry that is changed, left
//! out or moved is noticed, and everything up to it is still good. A replay answers from
//! that part, and [`Replay::ending`] says where it ends. Nothing in a file makes a replay
//! hold more than its list of requests, which is bounded, and one answer's next frames.

pub mod container;

mod choice;
mod open;
mod recorder;
mod replay;

pub use choice::{ChoiceError, RigChoice};
pub use container::{About, ContainerError, Ending, about};
pub use open::{OpenError, Tape, open};
pub use recorder::Recorder;
pub use replay::Replay;
