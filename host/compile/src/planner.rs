//! Where buffers lie in the arena and in which order steps run: the smallest
//! plan there is, with a bound that proves it.
//!
//! A step reads and writes buffers. A buffer lives from the first step that
//! writes it to the last one that reads it; buffers that live in the same step
//! must not overlap, but for one case: a step that works its way through its
//! input may write behind itself, over what it has read ([`Sharing`]).
//!
//! The bytes that are alive in the fullest step, in the best order, are a lower
//! bound for any arena. Most networks have a plan that meets it. Where none is
//! found that does, the search goes through every order and every packing, up to
//! a limit; [`Plan::proof`] says which of both makes the plan optimal.
//!
//! The board images are planned with this in bytes of int8, and the budget of any
//! network in bytes of int8 and of f32.

mod bound;
mod chains;
mod layers;
mod order;
mod pack;
mod tensors;
#[cfg(test)]
mod tests;
mod uses;

pub use layers::{LayerStep, PlannedLayer, PlannedNetwork, Pooled, Rows, StepKind};
pub use tensors::{Share, TensorProblem, TensorStep};

use std::ops::RangeInclusive;

/// What is to be planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The buffers, scratch included.
    pub buffers: Vec<Buffer>,
    /// The steps, in an order that works.
    pub steps: Vec<Step>,
}

/// A buffer that needs a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Its size.
    pub bytes: usize,
    /// Its offset is a multiple of this.
    pub align: usize,
    /// Whether it is read after the last step.
    pub is_kept: bool,
}

impl Buffer {
    /// A buffer at any offset that nobody reads after the last step.
    pub const fn new(bytes: usize) -> Self {
        Self {
            bytes,
            align: 1,
            is_kept: false,
        }
    }
}

/// One step. A buffer that no step writes is there from the beginning; one that
/// is written and never read is scratch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Buffers that it reads.
    pub reads: Vec<usize>,
    /// Buffers that it writes.
    pub writes: Vec<usize>,
    /// What it may write over while it still reads it; all of one output.
    pub sharing: Vec<Sharing>,
}

/// A step may write `output` over `input` if that is not needed any more, and if
/// the output begins at least `lag_bytes` before the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// A buffer that the step reads.
    pub input: usize,
    /// A buffer that it writes.
    pub output: usize,
    /// How far the output runs ahead of what is read.
    pub lag_bytes: usize,
}

/// An order and a place for every buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Indices of the steps, in order of execution.
    pub order: Vec<usize>,
    /// One per buffer.
    pub offsets: Vec<usize>,
    /// For each buffer the positions in [`Plan::order`] in which it lives; a kept
    /// one lives to the last.
    pub lives: Vec<RangeInclusive<usize>>,
    /// Bytes from 0 to the end of the highest buffer.
    pub arena_bytes: usize,
    /// No plan, in whatever order, can be smaller.
    pub lower_bound_bytes: usize,
    /// What is known of plans that are smaller.
    pub proof: Proof,
}

/// What is known of plans that are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// There is none: the plan meets the lower bound.
    MeetsBound,
    /// There is none: every order and packing was tried or ruled out.
    Exhausted,
    /// Not known; none was found within the limit of the search.
    Open,
}

impl Proof {
    /// Whether there is no smaller plan.
    pub fn is_optimal(self) -> bool {
        self != Self::Open
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::MeetsBound => "optimal: it meets the lower bound",
            Self::Exhausted => "optimal: every order and packing was ruled out",
            Self::Open => "the best that was found; a smaller one is not ruled out",
        }
    }
}

/// Nodes of the search over packings, for all orders together: fewer where each
/// takes longer.
fn most_visits(problem: &Problem) -> usize {
    let buffers = problem.buffers.len().max(1);
    (50_000_000 / (buffers * buffers)).clamp(1_000, 200_000)
}

/// The smallest plan that the search finds.
pub fn plan(problem: &Problem) -> Plan {
    let best_order = order::least(problem);
    let mut visits = most_visits(problem);
    let mut best: Option<(Vec<usize>, pack::Packing)> = None;
    let mut try_order = |order: &[usize], below: usize| {
        let conflicts = pack::Conflicts::new(problem, order);
        if let Some(packing) = pack::pack(problem, &conflicts, below, best_order.bound, &mut visits)
        {
            best = Some((order.to_vec(), packing));
        }
        let found = best
            .as_ref()
            .map_or(usize::MAX, |(_, packing)| packing.arena_bytes);
        (found, visits > 0)
    };
    let (found, mut within_limit) = try_order(&best_order.order, usize::MAX);
    if found > best_order.bound && within_limit && best_order.is_exact {
        within_limit = order::each(problem, found, |order, below| try_order(order, below));
    }
    let (order, packing) = best.unwrap_or_default();
    let proof = match () {
        () if packing.arena_bytes == best_order.bound => Proof::MeetsBound,
        () if within_limit && best_order.is_exact => Proof::Exhausted,
        () => Proof::Open,
    };
    Plan {
        lives: bound::lives(problem, &order),
        lower_bound_bytes: if proof == Proof::Exhausted {
            packing.arena_bytes
        } else {
            best_order.bound
        },
        order,
        offsets: packing.offsets,
        arena_bytes: packing.arena_bytes,
        proof,
    }
}

/// The smallest plan that the search finds with the steps in the order given. Its
/// lower bound holds for this order.
pub fn plan_in_order(problem: &Problem) -> Plan {
    let order: Vec<usize> = (0..problem.steps.len()).collect();
    let bound = order::fullest(problem, &order);
    let mut visits = most_visits(problem);
    let conflicts = pack::Conflicts::new(problem, &order);
    let packing = pack::pack(problem, &conflicts, usize::MAX, bound, &mut visits);
    let packing = packing.unwrap_or_default();
    Plan {
        lives: bound::lives(problem, &order),
        proof: if packing.arena_bytes == bound {
            Proof::MeetsBound
        } else {
            Proof::Open
        },
        order,
        offsets: packing.offsets,
        arena_bytes: packing.arena_bytes,
        lower_bound_bytes: bound,
    }
}
