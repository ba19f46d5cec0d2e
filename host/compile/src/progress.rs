//! How far the work is, for whoever waits.

use std::ops::ControlFlow;

use super::error::CompileError;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The calibration inputs are read.
    Reading,
    /// The first pass over the calibration inputs: ranges.
    Ranges,
    /// The second pass: histograms between them.
    Histograms,
    /// Both networks on labelled inputs.
    Accuracy,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Inputs done.
    pub done: usize,
    /// Inputs in all.
    pub total: usize,
}

/// Told after each input; [`ControlFlow::Break`] ends the work.
pub type Report<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Calls `report`, and ends the work where it asks for that.
pub(super) fn tell(report: Report<'_>, progress: Progress) -> Result<(), CompileError> {
    match report(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(CompileError::Interrupted),
    }
}
