//! A neuron by the names that a user writes.

use cortexscope_explain::target::Target;
use cortexscope_record::{RigChoice, Tape};
use cortexscope_rig::board::{NATIVE, Port};
use std::path::PathBuf;
use std::time::Duration;

/// Who answers a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeuronChoice {
    /// A unit of a network.
    Unit {
        /// A shipped model, or the path of a float ONNX.
        model: String,
        /// The unit.
        target: Target,
        /// The board that is asked instead of the float model.
        board: Option<BoardChoice>,
    },
    /// A neuron that was fitted.
    Fitted {
        /// The folder of the fit.
        folder: PathBuf,
        /// The neuron, from 0.
        neuron: usize,
    },
    /// A program that answers over its standard input and output.
    Program(ProgramChoice),
}

/// A board that runs the compiled model beside a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardChoice {
    /// Its name; a recording that is replayed names its own.
    pub board: Option<String>,
    /// The serial port of a real board.
    pub port: Option<Port>,
    /// Whether the session is recorded or replayed.
    pub tape: Tape,
}

/// A program, and what it sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramChoice {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Time that it may take for a batch.
    pub patience: Duration,
    /// Of which size its images are.
    pub seen_by: SeenBy,
}

/// What says how large the images of a program are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenBy {
    /// They are as this network takes them: a shipped model, or the path of a float ONNX.
    Model(String),
    /// Rows and columns of grey images.
    Sides([usize; 2]),
}

impl BoardChoice {
    /// The same in the terms of a rig, with a compiled `model`.
    pub(super) fn rig(&self, model: &str) -> RigChoice {
        RigChoice {
            port: self.port.clone(),
            tape: self.tape.clone(),
            ..RigChoice::of(self.board.as_deref().unwrap_or(NATIVE), model)
        }
    }
}

impl NeuronChoice {
    /// The unit, where one is asked for.
    pub(super) fn target(&self) -> Option<&Target> {
        match self {
            Self::Unit { target, .. } => Some(target),
            Self::Fitted { .. } | Self::Program(_) => None,
        }
    }
}
