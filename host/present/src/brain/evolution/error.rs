//! Why an image was not evolved.

use crate::results::SaveError;
use cortexscope_brain::data::DataError;
use cortexscope_brain::encode::StoredError;
use cortexscope_brain::evolve::{CheckpointError, EvolveError};
use cortexscope_brain::generator::GeneratorError;
use cortexscope_brain::neuron::{NeuronError, ProgramError};
use cortexscope_brain::stimuli::StimuliError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_explain::target::TargetError;
use cortexscope_net::RequestError;
use cortexscope_record::ChoiceError;
use cortexscope_study::beside::{BesideError, BoardTargetError};
use thiserror::Error;

/// Why an image was not evolved, or not saved.
#[derive(Debug, Error)]
pub enum EvolutionError {
    /// The network cannot be opened.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The network has no such unit.
    #[error(transparent)]
    Target(Box<TargetError>),
    /// The fit cannot be opened.
    #[error(transparent)]
    Fit(#[from] StoredError),
    /// There is no compiled model beside the network.
    #[error(transparent)]
    Beside(Box<BesideError>),
    /// The board does not hold the unit.
    #[error(transparent)]
    BoardTarget(Box<BoardTargetError>),
    /// The board cannot be reached.
    #[error(transparent)]
    Board(Box<ChoiceError>),
    /// The neuron cannot be asked.
    #[error(transparent)]
    Neuron(Box<NeuronError>),
    /// Natural images of a session cannot be read.
    #[error(transparent)]
    Session(#[from] DataError),
    /// Natural images cannot be used.
    #[error(transparent)]
    Stimuli(Box<StimuliError>),
    /// Natural images are wanted, and none are taken.
    #[error("--natural: give 1 image or more, or --images none")]
    NoNaturalImages,
    /// The search did not come to its end.
    #[error(transparent)]
    Search(Box<EvolveError>),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<ProgramError> for EvolutionError {
    fn from(error: ProgramError) -> Self {
        NeuronError::from(error).into()
    }
}

impl From<TargetError> for EvolutionError {
    fn from(error: TargetError) -> Self {
        Self::Target(Box::new(error))
    }
}

impl From<BesideError> for EvolutionError {
    fn from(error: BesideError) -> Self {
        Self::Beside(Box::new(error))
    }
}

impl From<BoardTargetError> for EvolutionError {
    fn from(error: BoardTargetError) -> Self {
        Self::BoardTarget(Box::new(error))
    }
}

impl From<ChoiceError> for EvolutionError {
    fn from(error: ChoiceError) -> Self {
        Self::Board(Box::new(error))
    }
}

impl From<NeuronError> for EvolutionError {
    fn from(error: NeuronError) -> Self {
        Self::Neuron(Box::new(error))
    }
}

impl From<StimuliError> for EvolutionError {
    fn from(error: StimuliError) -> Self {
        Self::Stimuli(Box::new(error))
    }
}

impl From<EvolveError> for EvolutionError {
    fn from(error: EvolveError) -> Self {
        Self::Search(Box::new(error))
    }
}

impl From<GeneratorError> for EvolutionError {
    fn from(error: GeneratorError) -> Self {
        EvolveError::from(error).into()
    }
}

impl From<CheckpointError> for EvolutionError {
    fn from(error: CheckpointError) -> Self {
        EvolveError::from(error).into()
    }
}

impl RequestError for EvolutionError {
    fn is_request(&self) -> bool {
        match self {
            Self::Model(error) => error.is_request(),
            Self::Target(error) => error.is_request(),
            Self::Fit(error) => error.is_request(),
            Self::Beside(error) => error.is_request(),
            Self::BoardTarget(error) => error.is_request(),
            Self::Board(error) => error.is_request(),
            Self::Neuron(error) => error.is_request(),
            Self::Session(error) => error.is_request(),
            Self::Stimuli(error) => error.is_request(),
            Self::NoNaturalImages => true,
            Self::Search(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}
