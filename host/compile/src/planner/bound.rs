//! When buffers live, and how many bytes a step needs at least.

use super::uses::Uses;
use super::{Problem, Sharing};
use std::ops::RangeInclusive;

/// The positions in `order`, which holds every step once, in which each buffer lives.
pub(super) fn lives(problem: &Problem, order: &[usize]) -> Vec<RangeInclusive<usize>> {
    let uses = Uses::of(problem);
    let last = order.len().saturating_sub(1);
    let mut positions = vec![0; problem.steps.len()];
    for (at, &step) in order.iter().enumerate() {
        positions[step] = at;
    }
    let lives = problem.buffers.iter().enumerate().map(|(index, buffer)| {
        let at = |&step: &usize| positions[step];
        let first = uses.writers[index].iter().map(at).min().unwrap_or(0);
        let end = if buffer.is_kept {
            last
        } else {
            uses.readers[index].iter().map(at).max().unwrap_or(first)
        };
        first..=end.max(first)
    });
    lives.collect()
}

/// What `step` may write over: inputs that are not needed any more. `is_read_later` says
/// of a buffer whether another step that is still to come reads it.
pub(super) fn sharing(
    problem: &Problem,
    step: usize,
    is_read_later: impl Fn(usize) -> bool,
) -> Vec<Sharing> {
    let shares = problem.steps[step].sharing.iter().copied();
    shares
        .filter(|sharing| !problem.buffers[sharing.input].is_kept && !is_read_later(sharing.input))
        .collect()
}

/// The most bytes that sharings of one output save against all buffers side by side.
///
/// Over one input they reach from the output's beginning to the end of whichever ends
/// last. Over several, no more of the output can lie over inputs than what comes after
/// its least lag, nor more than there is of them.
pub(super) fn saved_bytes(problem: &Problem, shares: &[Sharing]) -> usize {
    let Some(output) = shares.first().map(|share| share.output) else {
        return 0;
    };
    let output = problem.buffers[output].bytes;
    let inputs = shares
        .iter()
        .map(|share| problem.buffers[share.input].bytes);
    let lags = shares.iter().map(|share| share.lag_bytes);
    let after_lag = output.saturating_sub(lags.min().unwrap_or_default());
    after_lag.min(inputs.sum())
}
