//! What an experiment tells while it runs.

use std::ops::ControlFlow;

/// How far an experiment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// What was assumed, or what is done next.
    Note(&'a str),
    /// Work of which the amount is known.
    Work {
        /// What is counted.
        unit: &'static str,
        /// What is being done; empty where the unit says it.
        doing: &'a str,
        /// Units that are done.
        done: usize,
        /// Units in all.
        all: usize,
    },
}

/// Told how far an experiment is; `Break` ends the work.
pub type Watch<'a> = &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>;
