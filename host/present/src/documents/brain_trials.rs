//! The document of `cortexscope brain trials`.

use super::Document;
use cortexscope_brain::trials::People;
use cortexscope_net::described;

described! {
    /// What people answered to disturbed pictures, and how many trials an experiment needs. No
    /// number about people is made without a log of trials.
    pub struct BrainTrials {
        /// Version of the program.
        pub version: String,
        /// The log; `null` where none was given.
        pub log: Option<String>,
        /// SHA-256 of the log, in hexadecimal.
        pub log_sha256: Option<String>,
        /// How many trials are needed.
        pub design: TrialDesign,
        /// The columns of a log.
        pub columns: Vec<TrialColumn>,
        /// What the log says; `null` without a log.
        pub people: Option<People>,
        /// What the reader has to know.
        pub notes: Vec<String>,
    }

    /// How many trials tell shares apart, by the normal approximation.
    pub struct TrialDesign {
        /// The level of the two-sided test.
        pub level: f64,
        /// The probability that the difference is found.
        pub power: f64,
        /// The share of steered answers that is expected.
        pub share: f64,
        /// The share without an effect.
        pub chance: f64,
        /// Trials where the share without an effect is known.
        pub trials_against_chance: u64,
        /// Trials of each arm where it is measured too, as that of `flip` is.
        pub trials_per_arm: u64,
    }

    /// A column of a log.
    pub struct TrialColumn {
        /// Its name, in the first row.
        pub name: String,
        /// What is in it.
        pub holds: String,
    }
}

impl Document for BrainTrials {
    const NAME: &'static str = "brain-trials";
}
