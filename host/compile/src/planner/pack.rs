//! A place for every buffer, the steps' order given.
//!
//! Of two buffers that live in one step, one begins at least some bytes after the
//! other: the other's size, or less where the step shares them. In any packing,
//! take the buffers in order of their offsets and let each sink as far as those
//! before it allow: the result is no larger. So only such packings are searched,
//! branch and bound.

use super::bound::{lives, saved_bytes, sharing};
use super::{Problem, Sharing};
use std::ops::RangeInclusive;

/// A place for every buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct Packing {
    pub offsets: Vec<usize>,
    pub arena_bytes: usize,
}

/// Which buffers live together in one order, and how far apart they must begin.
pub(super) struct Conflicts {
    /// `apart[a][b]`: `b` begins at least this number of bytes after `a`, or `a` at least
    /// `apart[b][a]` after `b`; none if they never live together.
    apart: Vec<Vec<Option<usize>>>,
    lives: Vec<RangeInclusive<usize>>,
    /// For each position what its step may write over.
    shares: Vec<Vec<Sharing>>,
}

impl Conflicts {
    pub fn new(problem: &Problem, order: &[usize]) -> Self {
        let lives = lives(problem, order);
        let count = problem.buffers.len();
        let meet = |a: usize, b: usize| {
            lives[a].start() <= lives[b].end() && lives[b].start() <= lives[a].end()
        };
        let mut apart: Vec<Vec<Option<usize>>> = (0..count)
            .map(|a| {
                let bytes = problem.buffers[a].bytes;
                (0..count)
                    .map(|b| (a != b && meet(a, b)).then_some(bytes))
                    .collect()
            })
            .collect();
        let shared = order.iter().enumerate().map(|(at, &step)| {
            let shares = sharing(problem, step, |buffer| *lives[buffer].end() > at);
            for share in &shares {
                let lag = share.lag_bytes.min(problem.buffers[share.output].bytes);
                apart[share.output][share.input] = Some(lag);
            }
            shares
        });
        let shares = shared.collect();
        Self {
            apart,
            lives,
            shares,
        }
    }

    /// Buffers that live in a step in which all of them side by side take more than
    /// `bytes`.
    fn crowded(&self, problem: &Problem, bytes: usize) -> Vec<bool> {
        let mut crowded = vec![false; self.lives.len()];
        for at in 0..self.shares.len() {
            let alive: Vec<usize> = (0..self.lives.len())
                .filter(|&index| self.lives[index].contains(&at))
                .collect();
            let sizes = alive.iter().map(|&index| problem.buffers[index].bytes);
            if sizes.sum::<usize>() > bytes {
                alive.into_iter().for_each(|index| crowded[index] = true);
            }
        }
        crowded
    }
}

/// The smallest packing below `below` bytes, if there is one that the search
/// finds before `visits` run out. Stops at one of `bound` bytes.
///
/// Most buffers live where there is room enough. So first only those are packed
/// that live in a step too full for all of them side by side; the others are put
/// where they fit. Those that do not fit join the first, and it begins again: what
/// a part of the buffers needs, all of them need.
pub(super) fn pack(
    problem: &Problem,
    conflicts: &Conflicts,
    below: usize,
    bound: usize,
    visits: &mut usize,
) -> Option<Packing> {
    let count = problem.buffers.len();
    let mut members = conflicts.crowded(problem, bound);
    loop {
        let mut search = Search {
            problem,
            conflicts,
            bound,
            below,
            placed: vec![None; count],
            earliest: vec![0; count],
            members: (0..count).filter(|&index| members[index]).collect(),
            best: None,
            visits,
        };
        for order in search.first_orders() {
            search.first_fit(&order);
        }
        search.descend(0, 0, None);
        let (least_bytes, mut offsets) = search.best?;
        let least_bytes = least_bytes.max(bound);
        let mut others: Vec<usize> = (0..count).filter(|&index| !members[index]).collect();
        others.sort_by_key(|&index| std::cmp::Reverse(problem.buffers[index].bytes));
        for index in others {
            let offset = lowest(problem, conflicts, &offsets, index);
            if offset + problem.buffers[index].bytes <= least_bytes {
                offsets[index] = Some(offset);
            } else {
                members[index] = true;
            }
        }
        if offsets.iter().all(Option::is_some) {
            let offsets: Vec<usize> = offsets.into_iter().flatten().collect();
            let ends = offsets.iter().zip(&problem.buffers);
            let ends = ends.map(|(&at, buffer)| at + buffer.bytes);
            return Some(Packing {
                arena_bytes: ends.max().unwrap_or(0),
                offsets,
            });
        }
    }
}

/// The lowest offset of buffer `index` beside those that have one.
fn lowest(
    problem: &Problem,
    conflicts: &Conflicts,
    offsets: &[Option<usize>],
    index: usize,
) -> usize {
    let apart = &conflicts.apart;
    let align = problem.buffers[index].align;
    // Each of them takes what lies between `at - before` and `after`, both excluded.
    let mut taken: Vec<(usize, usize, usize)> = offsets
        .iter()
        .enumerate()
        .filter_map(|(other, &at)| {
            let (before, at) = (apart[index][other]?, at?);
            Some((at, before, at + apart[other][index].unwrap_or(0)))
        })
        .collect();
    taken.sort_unstable_by_key(|&(at, before, _)| (at.saturating_sub(before), at >= before));
    let mut lowest: usize = 0;
    for (at, before, after) in taken {
        if lowest + before > at && lowest < after {
            lowest = after.next_multiple_of(align);
        }
    }
    lowest
}

struct Search<'a> {
    problem: &'a Problem,
    conflicts: &'a Conflicts,
    bound: usize,
    /// Only packings that are smaller are of use.
    below: usize,
    placed: Vec<Option<usize>>,
    /// The lowest offset that those already placed leave to a buffer.
    earliest: Vec<usize>,
    /// The buffers that are packed; the others are as if they were not there.
    members: Vec<usize>,
    best: Option<(usize, Vec<Option<usize>>)>,
    visits: &'a mut usize,
}

impl Search<'_> {
    /// Orders for [`Search::first_fit`]: by size, by length of life, by time.
    fn first_orders(&self) -> [Vec<usize>; 3] {
        let lives = &self.conflicts.lives;
        let bytes = |index: usize| std::cmp::Reverse(self.problem.buffers[index].bytes);
        let mut orders = [const { Vec::new() }; 3];
        orders.fill(self.members.clone());
        orders[0].sort_by_key(|&index| bytes(index));
        orders[1].sort_by_key(|&index| {
            let length = lives[index].end() - lives[index].start();
            (std::cmp::Reverse(length), bytes(index))
        });
        orders[2].sort_by_key(|&index| (*lives[index].start(), bytes(index)));
        orders
    }

    /// Places each buffer at the lowest offset that is free, in this order.
    fn first_fit(&mut self, order: &[usize]) {
        let mut offsets = vec![None; self.placed.len()];
        for &index in order {
            offsets[index] = Some(lowest(self.problem, self.conflicts, &offsets, index));
        }
        self.keep(offsets);
    }

    /// Keeps a packing that is smaller than the best so far.
    fn keep(&mut self, offsets: Vec<Option<usize>>) {
        let ends = offsets.iter().zip(&self.problem.buffers);
        let ends = ends.filter_map(|(&at, buffer)| Some(at? + buffer.bytes));
        let arena_bytes = ends.max().unwrap_or(0);
        if arena_bytes < self.below {
            self.below = arena_bytes;
            self.best = Some((arena_bytes, offsets));
        }
    }

    /// Places one more buffer, not below `floor`, where the `last` one lies.
    fn descend(&mut self, floor: usize, top: usize, last: Option<usize>) {
        if self.below <= self.bound || *self.visits == 0 {
            return;
        }
        *self.visits -= 1;
        let members = self.members.iter().copied();
        let mut left: Vec<usize> = members
            .filter(|&index| self.placed[index].is_none())
            .collect();
        if left.is_empty() {
            self.keep(self.placed.clone());
            return;
        }
        let offset = |index: usize| {
            let align = self.problem.buffers[index].align;
            self.earliest[index].max(floor).next_multiple_of(align)
        };
        if self.least_end(&left, &offset).max(top) >= self.below {
            return;
        }
        // One that would leave room below itself for another comes after that.
        let offsets: Vec<usize> = (0..self.placed.len()).map(offset).collect();
        let end = |index: usize| offsets[index] + self.problem.buffers[index].bytes;
        let first = left.iter().copied().min_by_key(|&index| end(index));
        let others = left.iter().copied().filter(|&index| Some(index) != first);
        let second_end = others.map(end).min();
        left.retain(|&index| {
            let other_end = match first {
                Some(first) if first != index => Some(end(first)),
                _ => second_end,
            };
            let strands = other_end.is_some_and(|end| end <= offsets[index]);
            let is_later_twin = last.is_some_and(|last| {
                index < last
                    && offsets[index] == floor
                    && self.conflicts.apart[index][last].is_none()
            });
            !strands && !is_later_twin
        });
        left.sort_by_key(|&index| {
            (
                offsets[index],
                std::cmp::Reverse(self.problem.buffers[index].bytes),
            )
        });
        for index in left {
            let offset = offsets[index];
            let saved = self.earliest.clone();
            self.placed[index] = Some(offset);
            for (other, gap) in self.conflicts.apart[index].iter().enumerate() {
                if let Some(gap) = gap {
                    self.earliest[other] = self.earliest[other].max(offset + gap);
                }
            }
            let end = offset + self.problem.buffers[index].bytes;
            self.descend(offset, end.max(top), Some(index));
            self.placed[index] = None;
            self.earliest = saved;
        }
    }

    /// Where the highest buffer ends at least, once all that are `left` are placed.
    fn least_end(&self, left: &[usize], offset: &dyn Fn(usize) -> usize) -> usize {
        let mut is_left = vec![false; self.placed.len()];
        // For each position the lowest offset and the bytes of what is left and lives then.
        let mut stacks: Vec<Option<(usize, usize)>> = vec![None; self.conflicts.shares.len()];
        let mut end = 0;
        for &index in left {
            is_left[index] = true;
            let (at, bytes) = (offset(index), self.problem.buffers[index].bytes);
            end = end.max(at + bytes);
            for stack in &mut stacks[self.conflicts.lives[index].clone()] {
                let (lowest, sum) = stack.unwrap_or((at, 0));
                *stack = Some((lowest.min(at), sum + bytes));
            }
        }
        let stacked = stacks.iter().zip(&self.conflicts.shares);
        let stacked = stacked.filter_map(|(stack, shares)| {
            let (lowest, sum) = (*stack)?;
            let is_open = |share: &&Sharing| is_left[share.input] && is_left[share.output];
            let shares: Vec<Sharing> = shares.iter().filter(is_open).copied().collect();
            Some(lowest + sum - saved_bytes(self.problem, &shares))
        });
        stacked.max().unwrap_or(0).max(end)
    }
}
