//! The plan that a board runs.

use super::shape::{Described, Shape};
use serde::{Deserialize, Serialize};

/// Which layers the plan keeps whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Convolutions before a max-pool exist one row at a time.
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

impl From<cortexscope_rig::session::Mode> for Mode {
    fn from(mode: cortexscope_rig::session::Mode) -> Self {
        match mode {
            cortexscope_rig::session::Mode::Fused => Self::Fused,
            cortexscope_rig::session::Mode::Tapped => Self::Tapped,
        }
    }
}
