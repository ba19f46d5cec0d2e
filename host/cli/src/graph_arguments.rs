//! What a user says of a network beside its file.

use super::common::wrong;
use super::full::sides;
use clap::Args;
use cortexscope_net::RequestError;
use cortexscope_net::reader::{Hint, ReadError};
use cortexscope_present::causes::in_words;

/// Which output of a network is read, and for which size of its input.
#[derive(Args, Clone)]
pub(super) struct GraphArgs {
    /// Rows and columns of the input, if the file leaves them open or its input is a
    /// vector: 28, or 28x32.
    #[arg(long, value_name = "HxW", value_parser = sides)]
    size: Option<[usize; 2]>,
    /// Take this output of the network, if it has several [default: the first].
    #[arg(long, value_name = "NAME")]
    output_name: Option<String>,
}

impl GraphArgs {
    /// The same for the reader.
    pub fn hint(&self) -> Hint {
        Hint {
            size: self.size,
            output: self.output_name.clone(),
            ..Hint::default()
        }
    }
}

/// Why the network in the file called `model` cannot be read, in the same words for every
/// command.
pub(super) fn of_model(model: &impl std::fmt::Display, error: ReadError) -> anyhow::Error {
    if error.is_request() {
        wrong(format!("{model}: {}", in_words(&error)))
    } else {
        error.into()
    }
}
