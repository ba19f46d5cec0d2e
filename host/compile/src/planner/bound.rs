//! When buffers live, and how many bytes a step needs at least.

use super::{Problem, Sharing};
use std::ops::RangeInclusive;

/// The positions in `order` in which each buffer lives.
pub(super) fn lives(problem: &Problem, order: &[usize]) -> Vec<RangeInclusive<usize>> {
    let last = order.len().saturating_sub(1);
    let lives = problem.buffers.iter().enumerate().map(|(index, buffer)| {
        let position = |touches: &dyn Fn(usize) -> bool| {
            let mut found = order.iter().enumerate().filter(|&(_, &step)| touches(step));
            let first = found.next().map(|(at, _)| at);
            (first, found.next_back().map(|(at, _)| at).or(first))
        };
        let (written, _) = position(&|step| problem.steps[step].writes.contains(&index));
        let (_, read) = position(&|step| problem.steps[step].reads.contains(&index));
        let first = written.unwrap_or(0);
        let end = if buffer.is_kept {
            last
        } else {
            read.unwrap_or(first)
        };
        first..=end.max(first)
    });
    lives.collect()
}

/// The sharing of `step`, if its input is not needed any more: `is_read_later`
/// says of a buffer whether another step that is still to come reads it.
pub(super) fn sharing(
    problem: &Problem,
    step: usize,
    is_read_later: impl Fn(usize) -> bool,
) -> Option<Sharing> {
    problem.steps[step]
        .sharing
        .filter(|sharing| !problem.buffers[sharing.input].is_kept && !is_read_later(sharing.input))
}

/// Bytes that a sharing saves against both buffers side by side: together they
/// reach from the output's beginning to the end of whichever ends last.
pub(super) fn saved_bytes(problem: &Problem, sharing: &Sharing) -> usize {
    let input = problem.buffers[sharing.input].bytes;
    let output = problem.buffers[sharing.output].bytes;
    let together = output.max(input + sharing.lag_bytes.min(output));
    input + output - together
}
