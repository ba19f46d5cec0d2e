//! The orders in which steps can run.
//!
//! What is alive after some steps depends on which have run and not on their
//! order. So the best order is a path through sets of steps whose fullest step
//! is least full.

use super::Problem;
use super::bound::{saved_bytes, sharing};
use super::uses::Uses;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Sets of steps that are looked at before the given order is taken: fewer where
/// each takes longer.
fn most_sets(problem: &Problem) -> usize {
    let steps = problem.steps.len().max(1);
    (20_000_000 / (steps * steps)).clamp(1_000, 50_000)
}

/// An order whose fullest step is as little full as can be.
pub(super) struct Least {
    pub order: Vec<usize>,
    /// Bytes alive in its fullest step: no order needs fewer.
    pub bound: usize,
    /// Whether every order was compared. If not, the bound is that of the steps
    /// one by one, and the order the given one.
    pub is_exact: bool,
}

/// The steps that have run.
type Done = Vec<bool>;

/// Steps that may run next: what they read has been written.
fn ready(problem: &Problem, uses: &Uses, done: &Done) -> Vec<usize> {
    let is_written = |&buffer: &usize| uses.writers[buffer].iter().all(|&writer| done[writer]);
    let steps = (0..done.len()).filter(|&step| !done[step]);
    steps
        .filter(|&step| problem.steps[step].reads.iter().all(is_written))
        .collect()
}

/// Bytes that must be there while `step` runs after the steps in `done`.
fn alive_bytes(problem: &Problem, uses: &Uses, done: &Done, step: usize) -> usize {
    let is_read_later = |buffer: usize| {
        let mut readers = uses.readers[buffer].iter();
        readers.any(|&reader| reader != step && !done[reader])
    };
    let now = &problem.steps[step];
    let alive = (0..problem.buffers.len()).filter(|&buffer| {
        let writers = &uses.writers[buffer];
        // What nobody writes is there from the beginning.
        let is_there = writers.is_empty() || writers.iter().any(|&writer| done[writer]);
        let is_needed =
            now.reads.contains(&buffer) || is_read_later(buffer) || problem.buffers[buffer].is_kept;
        now.writes.contains(&buffer) || (is_there && is_needed)
    });
    let bytes: usize = alive.map(|buffer| problem.buffers[buffer].bytes).sum();
    let saved = sharing(problem, step, is_read_later);
    bytes - saved_bytes(problem, &saved)
}

/// Bytes alive in the fullest step of `order`.
pub(super) fn fullest(problem: &Problem, order: &[usize]) -> usize {
    let uses = Uses::of(problem);
    let mut done: Done = vec![false; problem.steps.len()];
    let alive = order.iter().map(|&step| {
        let bytes = alive_bytes(problem, &uses, &done, step);
        done[step] = true;
        bytes
    });
    alive.max().unwrap_or(0)
}

/// The order whose fullest step is least full.
pub(super) fn least(problem: &Problem) -> Least {
    let uses = Uses::of(problem);
    let start: Done = vec![false; problem.steps.len()];
    // Fullest step so far, and steps still to run so that of equals the longer
    // path goes on; then the set.
    let mut open = BinaryHeap::from([Reverse((0, problem.steps.len(), start.clone()))]);
    let mut best: HashMap<Done, (usize, Option<usize>)> = HashMap::from([(start, (0, None))]);
    while let Some(Reverse((fullest, left, done))) = open.pop() {
        if best[&done].0 < fullest {
            continue;
        }
        if left == 0 {
            let order = path(&best, done);
            return Least {
                order,
                bound: fullest,
                is_exact: true,
            };
        }
        if best.len() > most_sets(problem) {
            break;
        }
        for step in ready(problem, &uses, &done) {
            let reached = fullest.max(alive_bytes(problem, &uses, &done, step));
            let mut next = done.clone();
            next[step] = true;
            if best.get(&next).is_none_or(|&(known, _)| reached < known) {
                best.insert(next.clone(), (reached, Some(step)));
                open.push(Reverse((reached, left - 1, next)));
            }
        }
    }
    let alone = (0..problem.steps.len()).map(|step| {
        let now = &problem.steps[step];
        let touched = now.reads.iter().chain(&now.writes);
        let bytes: usize = touched.map(|&buffer| problem.buffers[buffer].bytes).sum();
        let saved = sharing(problem, step, |_| false);
        bytes - saved_bytes(problem, &saved)
    });
    Least {
        order: (0..problem.steps.len()).collect(),
        bound: alone.max().unwrap_or(0),
        is_exact: false,
    }
}

/// The steps that led to `done`, first to last.
fn path(best: &HashMap<Done, (usize, Option<usize>)>, mut done: Done) -> Vec<usize> {
    let mut order = Vec::new();
    while let Some(step) = best.get(&done).and_then(|&(_, step)| step) {
        order.push(step);
        done[step] = false;
    }
    order.reverse();
    order
}

/// Calls `found` with every order whose fullest step stays below `below` bytes.
/// It gives the new limit, and whether to go on. Gives whether all were called.
pub(super) fn each(
    problem: &Problem,
    mut below: usize,
    mut found: impl FnMut(&[usize], usize) -> (usize, bool),
) -> bool {
    fn descend(
        problem: &Problem,
        uses: &Uses,
        done: &mut Done,
        order: &mut Vec<usize>,
        below: &mut usize,
        found: &mut impl FnMut(&[usize], usize) -> (usize, bool),
    ) -> bool {
        if order.len() == done.len() {
            let (limit, go_on) = found(order, *below);
            *below = limit;
            return go_on;
        }
        for step in ready(problem, uses, done) {
            if alive_bytes(problem, uses, done, step) >= *below {
                continue;
            }
            done[step] = true;
            order.push(step);
            let go_on = descend(problem, uses, done, order, below, found);
            order.pop();
            done[step] = false;
            if !go_on {
                return false;
            }
        }
        true
    }
    let mut done = vec![false; problem.steps.len()];
    let mut order = Vec::new();
    descend(
        problem,
        &Uses::of(problem),
        &mut done,
        &mut order,
        &mut below,
        &mut found,
    )
}
