//! What the reader of a climb has to know.

use std::fmt;

/// What the reader of a climb has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClimbNote {
    /// The gradient was 0 at every step, so that the target moved nothing.
    NoGradient {
        /// Steps that were made.
        steps: usize,
    },
}

impl fmt::Display for ClimbNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGradient { steps } => write!(
                f,
                "the gradient of the target was 0 at all {steps} steps, so the ascent found nothing. A rectifier before the target is closed there: start elsewhere with --noise 1, --from INPUT or another --seed, or ascend the layer before the rectifier"
            ),
        }
    }
}
