//! The document of `cortexscope occlude`.

use super::Document;
use super::origin::Origin;
use cortexscope_net::described;

described! {
    /// How the probability of a class falls where a patch hides a part of the input.
    pub struct Occlude {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// The input's name.
        pub input: String,
        /// Rows and columns of the patch.
        pub window: [u16; 2],
        /// Rows and columns from one position to the next.
        pub stride: [u16; 2],
        /// Grey level that fills the patch, from 0 (black) to 255 (white).
        pub fill: u8,
        /// The same level as an int8 of the network's input.
        pub fill_int8: i8,
        /// The class whose probability is mapped.
        pub class: u16,
        /// The label of that class.
        pub label: String,
        /// Probability of the class without a patch.
        pub base_probability: f32,
        /// Positions from top to bottom.
        pub rows: usize,
        /// Positions from left to right.
        pub columns: usize,
        /// Probability of the class for each position, row by row.
        pub probabilities: Vec<f32>,
        /// Multiply-accumulates that the board did.
        pub macs_done: u64,
        /// Multiply-accumulates of one whole inference for each position.
        pub macs_full: u64,
        /// Instructions of the whole map; cycles on a board that counts cycles; `null` on a
        /// board that counts neither.
        pub instructions: Option<u64>,
    }
}

impl Document for Occlude {
    const NAME: &'static str = "occlude";
}
