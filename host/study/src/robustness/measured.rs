//! What was measured: right answers, for each corruption and severity.

use cortexscope_corrupt::Kind;
use serde::{Deserialize, Serialize};

/// Right answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Inputs.
    pub images: usize,
    /// Right answers of the float model.
    pub right: usize,
    /// Right answers of the int8 network.
    pub board_right: Option<usize>,
    /// Right answers of the baseline.
    pub baseline_right: Option<usize>,
}

/// One corruption with one severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// From 1 to 5.
    pub severity: u8,
    /// Right answers.
    pub count: Count,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Without a corruption.
    pub clean: Count,
    /// One for each corruption and severity.
    pub rows: Vec<Row>,
}
