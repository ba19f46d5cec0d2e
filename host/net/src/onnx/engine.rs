//! tract, running a checked graph and giving the tensors that were asked for.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use thiserror::Error;
use tract_onnx::pb::{ModelProto, ValueInfoProto};
use tract_onnx::prelude::*;

/// A plan for one graph, to be run any number of times.
#[derive(Clone)]
pub struct Engine {
    plan: Arc<TypedRunnableModel>,
}

/// tract could not load or run the graph.
#[derive(Debug, Error)]
pub enum EngineError {
    /// tract says why.
    #[error("tract: {0}")]
    Tract(String),
    /// The graph has no tensor of that name.
    #[error("there is no tensor `{0}`")]
    NoTensor(String),
    /// tract panicked: its operators were not written for hostile files.
    #[error("tract stopped unexpectedly at this graph")]
    Panicked,
}

impl From<TractError> for EngineError {
    fn from(error: TractError) -> Self {
        // tract's chain of contexts ends in the cause.
        // What follows its first line are graphs with all of their constants.
        let said = format!("{error:#}");
        Self::Tract(said.lines().next().unwrap_or_default().to_owned())
    }
}

impl Engine {
    /// Plans `model` so that a run gives `outputs`, in this order.
    ///
    /// Every size in the graph has to be a number.
    ///
    /// # Errors
    /// tract cannot load the graph, or one of `outputs` is not in it.
    pub fn new<S: AsRef<str>>(model: &ModelProto, outputs: &[S]) -> Result<Self, EngineError> {
        let mut model = model.clone();
        if let Some(graph) = &mut model.graph {
            let written = graph.node.iter().flat_map(|node| &node.output);
            let read = graph.input.iter().map(|input| &input.name);
            let known: HashSet<&str> = written.chain(read).map(String::as_str).collect();
            let missing = outputs.iter().find(|name| !known.contains(name.as_ref()));
            if let Some(name) = missing {
                return Err(EngineError::NoTensor(name.as_ref().to_owned()));
            }
            graph.output = outputs
                .iter()
                .map(|name| ValueInfoProto {
                    name: name.as_ref().to_owned(),
                    ..ValueInfoProto::default()
                })
                .collect();
        }
        guarded(|| {
            let plan = tract_onnx::onnx()
                .model_for_proto_model(&model)?
                .into_optimized()?
                .into_runnable()?;
            Ok(Self { plan })
        })
    }

    /// Runs the graph on its inputs.
    ///
    /// # Errors
    /// The inputs do not fit the graph.
    pub fn run(&self, inputs: TVec<TValue>) -> Result<TVec<TValue>, EngineError> {
        guarded(|| Ok(self.plan.run(inputs)?))
    }
}

/// `work` on tract, with a panic of it as an error.
///
/// # Errors
/// That of `work`, or [`EngineError::Panicked`].
pub fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    let before = GUARDED.replace(true);
    // Nothing that the closure touches is used again after a panic.
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    done.unwrap_or(Err(EngineError::Panicked))
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread becomes an error: a program's panic hook need not
/// report it.
pub fn is_guarded() -> bool {
    GUARDED.get()
}
