//! What a question put to a float model comes to where it has no answer.

use crate::results::SaveError;
use cortexscope_explain::attribute::ExplainError;
use cortexscope_net::RequestError;

/// Why a question was not answered, or the answer not saved.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The model cannot be asked.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The answer cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for QuestionError {
    fn is_request(&self) -> bool {
        match self {
            Self::Explain(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}
