//! What can be wrong with a request or a run.

use thiserror::Error;
use tract_onnx::prelude::{TractError, TypedNode};

/// Why a graph cannot be differentiated, or a plan not run.
#[derive(Debug, Error)]
pub enum AdjointError {
    /// There is no derivative, or no rule of relevance, for an operator.
    #[error("cannot go backward through `{node}` ({operator}): {why}")]
    Unsupported {
        /// The node's name.
        node: String,
        /// The operator's name in tract.
        operator: String,
        /// What is missing.
        why: &'static str,
    },
    /// A tensor has a size that is not a number.
    #[error("`{node}` has the shape {shape}: fix every size before planning")]
    OpenShape {
        /// The node that writes it.
        node: String,
        /// The shape as tract prints it.
        shape: String,
    },
    /// A tensor on the way is not `f32`.
    #[error("`{node}` writes {datum_type}: only f32 is differentiated")]
    DatumType {
        /// The node that writes it.
        node: String,
        /// What it writes.
        datum_type: String,
    },
    /// There is no such value in the graph.
    #[error("the graph has no node `{0}`")]
    NoNode(String),
    /// The objective does not depend on a value that it is to be differentiated
    /// with respect to.
    #[error("the objective does not depend on `{0}`")]
    Unrelated(String),
    /// A request names nothing to read or nothing to differentiate.
    #[error("a plan needs at least one value to {0}")]
    Nothing(&'static str),
    /// A run got the wrong inputs.
    #[error("input {index} has the shape {have:?}, the graph wants {need:?}")]
    Input {
        /// Its number.
        index: usize,
        /// Its sizes.
        have: Vec<usize>,
        /// The graph's.
        need: Vec<usize>,
    },
    /// A run got too many or too few inputs.
    #[error("{have} inputs were given, the graph has {need}")]
    Inputs {
        /// How many were given.
        have: usize,
        /// How many the graph has.
        need: usize,
    },
    /// An objective did not fit the values it was given.
    #[error("the objective {0}")]
    Objective(String),
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {why}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system says.
        why: String,
    },
    /// tract says why.
    #[error("tract: {0}")]
    Tract(String),
}

impl From<TractError> for AdjointError {
    fn from(error: TractError) -> Self {
        // What follows the first line are graphs with all of their constants.
        let said = format!("{error:#}");
        Self::Tract(said.lines().next().unwrap_or_default().to_owned())
    }
}

/// The error that says why `node` ends the way.
pub(crate) fn unsupported(node: &TypedNode, why: &'static str) -> AdjointError {
    AdjointError::Unsupported {
        node: node.name.clone(),
        operator: node.op.name().into_owned(),
        why,
    }
}
