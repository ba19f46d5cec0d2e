//! The document of `cortexscope brain demo`.

use super::Document;
use cortexscope_net::described;

described! {
    /// Every experiment with neurons, one after the other, as one report.
    pub struct BrainDemo {
        /// Version of the program.
        pub version: String,
        /// Path of the HTML report.
        pub report: String,
        /// Whose neurons they are.
        pub neurons: String,
        /// The folder that `--data` named; `null` without one.
        pub data: Option<String>,
        /// Seed of everything random.
        pub seed: u64,
        /// One entry for each panel of the report.
        pub panels: Vec<DemoPanel>,
        /// Seconds that it took.
        pub seconds: f64,
    }

    /// One panel.
    pub struct DemoPanel {
        /// Its anchor on the page.
        pub id: String,
        /// Its title.
        pub title: String,
        /// The commands that do the same again.
        pub commands: Vec<String>,
    }
}

impl Document for BrainDemo {
    const NAME: &'static str = "brain-demo";
}
