//! The receipt of one input, as the report of a demonstration shows it.

use super::origin::Origin;
use cortexscope_net::described;
use cortexscope_rig::session::Mode;

described! {
    /// What is needed to get the result of one input again.
    pub struct Receipt {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// The input's name.
        pub input: String,
        /// The plan that ran: `fused` or `tapped`.
        pub mode: Mode,
        /// Seed of what was random; `null` because nothing was.
        pub seed: Option<u64>,
        /// The patch of the occlusion map.
        pub occlusion: Window,
    }

    /// The patch of an occlusion map.
    pub struct Window {
        /// Rows and columns of the patch.
        pub window: [u16; 2],
        /// Rows and columns from one position to the next.
        pub stride: [u16; 2],
        /// Grey level that fills the patch, from 0 (black) to 255 (white).
        pub fill: u8,
        /// The class whose probability is mapped.
        pub class: u16,
    }
}

impl Receipt {
    /// The receipt as JSON text, keys in alphabetical order.
    pub fn text(&self) -> String {
        let value = serde_json::to_value(self);
        value.map_or_else(|error| error.to_string(), |value| format!("{value:#}"))
    }
}
