//! The document of `cortexscope demo`.

use super::Document;
use super::origin::Origin;
use cortexscope_net::described;
use cortexscope_rig::session::{Mode, Statistics};

described! {
    /// What a demonstration found, and where its report is.
    pub struct Demo {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// Path of the HTML report.
        pub report: String,
        /// One entry for each input, in the order of the command line.
        pub trials: Vec<InputResult>,
        /// The arena, one entry for each plan that the board image has.
        pub memory: Vec<Arena>,
        /// What the link to the board went through.
        pub link: Statistics,
    }

    /// One input.
    pub struct InputResult {
        /// The input's name.
        pub input: String,
        /// Path of the folder with its pictures.
        pub pictures: String,
        /// The input's true class; `null` if it is not known.
        pub expected: Option<usize>,
        /// The class with the greatest logit.
        pub class: usize,
        /// The label of that class.
        pub label: String,
        /// Softmax of the logits, one probability for each class.
        pub probabilities: Vec<f32>,
        /// Instructions of the inference; cycles on a board that counts cycles; `null` on a
        /// board that counts neither.
        pub instructions: Option<u64>,
        /// The occlusion map.
        pub occlusion: Occlusion,
    }

    /// The occlusion map of one input.
    pub struct Occlusion {
        /// Rows and columns of the patch.
        pub window: [u16; 2],
        /// Rows and columns from one position to the next.
        pub stride: [u16; 2],
        /// Grey level that fills the patch, from 0 (black) to 255 (white).
        pub fill: u8,
        /// The class whose probability is mapped.
        pub class: u16,
        /// Probability of the class without a patch.
        pub base_probability: f32,
        /// Multiply-accumulates that the board did.
        pub macs_done: u64,
        /// Multiply-accumulates of one whole inference for each position.
        pub macs_full: u64,
        /// Instructions of the whole map; cycles on a board that counts cycles; `null` on a
        /// board that counts neither.
        pub instructions: Option<u64>,
    }

    /// The arena of one plan.
    pub struct Arena {
        /// The plan: `fused` or `tapped`.
        pub mode: Mode,
        /// Bytes of arena in the plan.
        pub planned_arena_bytes: u32,
        /// Bytes of arena up to the last one written, found by painting; `null` if the board
        /// cannot tell.
        pub measured_arena_bytes: Option<u32>,
    }
}

impl Document for Demo {
    const NAME: &'static str = "demo";
}
