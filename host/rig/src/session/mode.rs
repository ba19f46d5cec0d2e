//! The plan that a board runs.

use cortexscope_net::described::{Described, Shape};
use cortexscope_wire::message;
use serde::{Deserialize, Serialize};

/// Which layers the plan keeps whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A convolution before a max-pool, and every layer of a chain but the last, exists as some
    /// rows at a time.
    Fused,
    /// Every layer is kept whole.
    Tapped,
}

impl Mode {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Tapped => "tapped",
        }
    }
}

impl Described for Mode {
    fn shape() -> Shape {
        Shape::OneOf(&["fused", "tapped"])
    }
}

impl From<Mode> for message::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Fused => Self::Fused,
            Mode::Tapped => Self::Tapped,
        }
    }
}

impl From<Mode> for cortexscope_core::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Fused => Self::Fused,
            Mode::Tapped => Self::Tapped,
        }
    }
}
