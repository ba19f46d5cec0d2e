//! Why a network is not compiled, or its files not saved.

use crate::fit::DoesNotFit;
use cortexscope_compile::board_image::EmitError;
use cortexscope_compile::{AccuracyError, CompileError, SourceError};
use cortexscope_net::RequestError;
use cortexscope_net::input::DataError;
use cortexscope_net::output::OutputError;
use cortexscope_record::ChoiceError;
use cortexscope_rig::drive::DriveError;

/// Why a network is not compiled, or its files not saved.
#[derive(Debug, thiserror::Error)]
pub enum CompilationError {
    /// The file, or its description, cannot be read.
    #[error(transparent)]
    Source(Box<SourceError>),
    /// There is no such board to make a UF2 file for.
    #[error(transparent)]
    Board(#[from] ChoiceError),
    /// No UF2 file can be made for the board.
    #[error(transparent)]
    Uf2(Box<DriveError>),
    /// The board has no room for the network.
    #[error(transparent)]
    Fit(#[from] DoesNotFit),
    /// The data cannot be used.
    #[error(transparent)]
    Data(Box<DataError>),
    /// There are not so many test digits.
    #[error("--accuracy has to be from 1 to {most}")]
    TestDigits {
        /// How many there are.
        most: usize,
    },
    /// The network cannot be compiled, or the work was interrupted.
    #[error(transparent)]
    Compile(Box<CompileError>),
    /// It does not fit a board image.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// Accuracy cannot be measured.
    #[error(transparent)]
    Accuracy(Box<AccuracyError>),
    /// The files cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl RequestError for CompilationError {
    fn is_request(&self) -> bool {
        match self {
            Self::Source(error) => error.is_request(),
            Self::Board(error) => error.is_request(),
            Self::Uf2(error) => matches!(**error, DriveError::NoDrive { .. }),
            Self::Fit(error) => error.is_request(),
            Self::Data(error) => error.is_request(),
            Self::TestDigits { .. } => true,
            Self::Output(error) => error.is_request(),
            Self::Compile(_) | Self::Emit(_) | Self::Accuracy(_) => false,
        }
    }
}

impl From<SourceError> for CompilationError {
    fn from(error: SourceError) -> Self {
        Self::Source(Box::new(error))
    }
}

impl From<DriveError> for CompilationError {
    fn from(error: DriveError) -> Self {
        Self::Uf2(Box::new(error))
    }
}

impl From<DataError> for CompilationError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl From<CompileError> for CompilationError {
    fn from(error: CompileError) -> Self {
        Self::Compile(Box::new(error))
    }
}

impl From<AccuracyError> for CompilationError {
    fn from(error: AccuracyError) -> Self {
        Self::Accuracy(Box::new(error))
    }
}
