//! Experiments with neurons: each takes a request, saves its pictures, arrays and receipt, and
//! gives its document.

pub mod autoencoders;
pub mod control;
pub mod demonstration;
pub mod encoding;
pub mod evolution;
pub mod laboratory;
pub mod planting;
mod progress;
pub mod similarity;
pub mod sites;
pub mod trials;

pub use progress::{Progress, Watch};

use crate::documents::Document;
use cortexscope_draw::Drawing;
use std::path::PathBuf;

/// What an experiment found, and its files.
#[derive(Clone, Debug)]
pub struct SavedExperiment<D: Document> {
    /// The receipt, as it was written.
    pub document: D,
    /// Its pictures, as they were drawn.
    pub drawings: Vec<Drawing>,
    /// The file of the receipt; `None` where no folder was asked for.
    pub receipt: Option<PathBuf>,
}
