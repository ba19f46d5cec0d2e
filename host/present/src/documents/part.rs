//! The document of a command with `--shard`.

use super::Document;
use cortexscope_net::described;
use cortexscope_study::shard::FinishedPart;

described! {
    /// A part of a study, which `cortexscope merge` joins with the others.
    pub struct Part {
        /// The study: the command's name.
        pub study: String,
        /// Number of the part's first input, from 0.
        pub from: usize,
        /// Number of the input after its last.
        pub to: usize,
        /// Inputs of the whole study.
        pub inputs: usize,
        /// Path of the file.
        pub part: String,
    }
}

impl Document for Part {
    const NAME: &'static str = "part";
}

impl From<FinishedPart> for Part {
    fn from(part: FinishedPart) -> Self {
        Self {
            study: part.study,
            from: part.range.start,
            to: part.range.end,
            inputs: part.inputs,
            part: part.path.display().to_string(),
        }
    }
}
