//! How often the float and the int8 network are right.

use thiserror::Error;

use super::error::CompileError;
use super::float_net::FloatNet;
use super::float_run::FloatRun;
use super::judge::{Judge, JudgeError};
use super::progress::{Progress, Report, Stage, tell};
use crate::data::{InputSpec, MnistSet};

/// Right answers of both networks on the same inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Labelled inputs.
    pub images: usize,
    /// Right answers of the float network.
    pub float_right: usize,
    /// Right answers of the int8 network.
    pub int8_right: usize,
    /// Inputs on which both give the same class, right or wrong.
    pub agree: usize,
}

/// Why accuracy cannot be measured.
#[derive(Debug, Error)]
pub enum AccuracyError {
    /// The float network does not run.
    #[error(transparent)]
    Float(#[from] CompileError),
    /// The int8 network does not run.
    #[error(transparent)]
    Int8(#[from] JudgeError),
}

impl Accuracy {
    /// Percent of right answers of the float network.
    pub fn float_percent(&self) -> f64 {
        percent(self.float_right, self.images)
    }

    /// Percent of right answers of the int8 network.
    pub fn int8_percent(&self) -> f64 {
        percent(self.int8_right, self.images)
    }
}

/// Runs both networks, in tract, on the digits `range` of `set`.
///
/// # Errors
/// A network that tract cannot run, or an interruption.
pub fn accuracy(
    net: &FloatNet,
    int8_onnx: &[u8],
    spec: &InputSpec,
    set: &MnistSet,
    range: std::ops::Range<usize>,
    report: Report<'_>,
) -> Result<Accuracy, AccuracyError> {
    let float = FloatRun::logits(net)?;
    let int8 = Judge::new(int8_onnx)?;
    let total = range.len();
    let mut found = Accuracy::default();
    for index in range {
        let (Some(input), Some(label)) = (set.input(index, spec), set.label(index)) else {
            break;
        };
        let expected = float.run(&input)?;
        let expected = class_of(expected.first().map_or(&[], Vec::as_slice));
        let class = class_of(&int8.run(&int8.quantise(&input))?.logits);
        found.images += 1;
        found.float_right += usize::from(expected == Some(label.into()));
        found.int8_right += usize::from(class == Some(label.into()));
        found.agree += usize::from(class == expected);
        let progress = Progress {
            stage: Stage::Accuracy,
            done: found.images,
            total,
        };
        tell(report, progress)?;
    }
    Ok(found)
}

/// The first of the greatest logits.
pub fn class_of(logits: &[f32]) -> Option<usize> {
    let classes = logits.iter().enumerate();
    let greatest = classes.reduce(|best, next| if next.1 > best.1 { next } else { best });
    greatest.map(|(class, _)| class)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_wins() {
        assert_eq!(class_of(&[1.0, 3.0, 3.0, -1.0]), Some(1));
        assert_eq!(class_of(&[]), None);
    }
}
