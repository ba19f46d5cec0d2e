//! The document of `cortexscope verify`.

use super::Document;
use super::origin::Origin;
use cortexscope_net::described;
use cortexscope_rig::session::Mode;
use cortexscope_rig::verify::{LayerTally, Tally};

described! {
    /// How a board's layers compare with tract's, byte by byte. `bytes` is `images` times the
    /// sum of `layers[].bytes`.
    pub struct Verify {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// The plan that ran: `fused` or `tapped`.
        pub mode: Mode,
        /// Inputs that were compared.
        pub images: u64,
        /// Inputs whose class is known.
        pub labelled: u64,
        /// Of these, inputs that the board classified correctly.
        pub right: u64,
        /// The input, then each layer in the order of execution.
        pub layers: Vec<Layer>,
        /// Bytes that were compared, over all inputs and layers.
        pub bytes: u64,
        /// Bytes that differ from tract's, over all inputs and layers.
        pub mismatches: u64,
        /// Instructions of all inferences; cycles on a board that counts cycles; `null` on a
        /// board that counts neither.
        pub instructions: Option<u64>,
    }

    /// One tensor.
    pub struct Layer {
        /// The layer's name; the first one is the input.
        pub name: String,
        /// Bytes compared for one input. The last layer has eight for each class: accumulator
        /// and logit.
        pub bytes: u64,
        /// Bytes that differ from tract's, over all inputs.
        pub mismatches: u64,
    }
}

impl Document for Verify {
    const NAME: &'static str = "verify";
}

impl Verify {
    /// The document of what was compared in `mode`.
    pub fn new(origin: Origin, mode: Mode, tally: &Tally) -> Self {
        Self {
            origin,
            mode,
            images: tally.images,
            labelled: tally.labelled,
            right: tally.right,
            layers: tally.layers.iter().map(Layer::from).collect(),
            bytes: tally.bytes,
            mismatches: tally.mismatches,
            instructions: tally.count,
        }
    }
}

impl From<&LayerTally> for Layer {
    fn from(tally: &LayerTally) -> Self {
        Self {
            name: tally.name.clone(),
            bytes: tally.bytes,
            mismatches: tally.mismatches,
        }
    }
}
