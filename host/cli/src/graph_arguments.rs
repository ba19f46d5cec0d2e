//! What a user says of a network beside its file.

use super::full::sides;
use clap::Args;
use cortexscope_net::reader::Hint;

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
