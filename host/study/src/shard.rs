//! A study in parts: each computes a share of the inputs, on any machine, and together they
//! are the study.
//!
//! A [`Shard`] says which inputs a part has; a [`Part`] is what was found of them, in a file
//! that says what it is of; a [`Share`] keeps it in a [`PartFile`] while the work is done, so that
//! an interrupted one goes on; [`Parts`] puts the files of all together, and refuses those that
//! are not of one study, lack inputs or have some twice. A whole study is the one shard of
//! one, so that both go through the same code.

mod asked;
mod file;
mod gather;
mod range;
mod share;

pub use asked::Asked;
pub use file::{Part, PartFile, ShardError};
pub use gather::Parts;
pub use range::{Shard, ShardParseError};
pub use share::{FinishedPart, Interrupted, Keeper, Resumed, Share, ShareEnd, ShareRequest};
