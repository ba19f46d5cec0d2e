//! The inputs that a network is calibrated with.

use super::progress::{Progress, Report, Stage};
use super::warnings;
use cortexscope_net::input::InputSpec;
use cortexscope_net::input::data::{DataError, DataSet, Pick};

/// Bytes that the calibration inputs may take.
const MOST_BYTES: usize = 512 << 20;

/// Inputs to calibrate with, and what is wrong with them.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationSet {
    /// `[C, H, W]` each, in the float model's units.
    pub inputs: Vec<Vec<f32>>,
    /// What is wrong with them though they can be used; empty if nothing is.
    pub warnings: Vec<String>,
}

/// At most `limit` inputs of `data`, spread evenly over all, for a model described by `spec`;
/// fewer where they would take more than 512 MiB. `report` is told after each input and may end
/// the reading: then the set holds what was read by then.
///
/// # Errors
/// An input cannot be read.
pub fn calibration_set(
    data: &DataSet,
    limit: usize,
    spec: &InputSpec,
    report: Report<'_>,
) -> Result<CalibrationSet, DataError> {
    let mut warned = Vec::new();
    let size: usize = spec.shape().iter().product();
    let limited = limit.min(room(size));
    if limited < limit.min(data.len()) {
        warned.push(format!(
            "calibrated with {limited} inputs: more would take over {} MiB",
            MOST_BYTES >> 20
        ));
    }
    let picked = data.inputs(Pick::Spread(limited))?;
    let total = picked.len();
    let mut inputs = Vec::new();
    let mut empty = Vec::new();
    for input in picked {
        let input = input?;
        empty.extend(input.emptiness.map(|why| format!("{} ({why})", input.name)));
        inputs.push(input.values);
        let progress = Progress {
            stage: Stage::Reading,
            done: inputs.len(),
            total,
        };
        if report(progress).is_break() {
            break;
        }
    }
    if let Some(first) = empty.first() {
        warned.push(format!(
            "{} of {} pictures give an empty input, first {first}",
            empty.len(),
            inputs.len()
        ));
    }
    warned.extend(warnings::of_inputs(&inputs, spec));
    Ok(CalibrationSet {
        inputs,
        warnings: warned,
    })
}

/// How many inputs of `size` values there is room for; one in any case.
fn room(size: usize) -> usize {
    (MOST_BYTES / (4 * size.max(1))).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::ModelSpec;
    use std::ops::ControlFlow;

    #[test]
    fn inputs_are_spread_and_no_more_than_there_is_room_for() {
        assert_eq!(room(28 * 28), 171_196);
        assert_eq!(room(usize::MAX / 8), 1);
        let spec = ModelSpec::assumed([1, 28, 28]);
        let data = DataSet::open("mnist", &spec.input, &[]).unwrap();
        let mut on = |_| ControlFlow::Continue(());
        let found = calibration_set(&data, 20, &spec.input, &mut on).unwrap();
        assert_eq!(found.inputs.len(), 20);
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
        let alone = calibration_set(&data, 20, &spec.input, &mut |_| ControlFlow::Break(()));
        assert_eq!(alone.unwrap().inputs, found.inputs[..1]);
    }
}
