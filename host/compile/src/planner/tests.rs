//! Plans beside brute force.

use super::*;
use cortexscope_core::image::{Shape, Window};
use cortexscope_core::rows::Link;
use proptest::prelude::*;

fn chain(bytes: &[usize]) -> Problem {
    Problem {
        buffers: bytes.iter().map(|&bytes| Buffer::new(bytes)).collect(),
        steps: (1..bytes.len())
            .map(|output| Step {
                reads: vec![output - 1],
                writes: vec![output],
                sharing: Vec::new(),
            })
            .collect(),
    }
}

/// Whether two places overlap where they must not, by the definition alone.
fn is_sound(problem: &Problem, order: &[usize], offsets: &[usize]) -> bool {
    let lives = bound::lives(problem, order);
    order.iter().enumerate().all(|(at, &step)| {
        let alive: Vec<usize> = (0..lives.len())
            .filter(|&b| lives[b].contains(&at))
            .collect();
        alive.iter().all(|&a| {
            alive.iter().all(|&b| {
                let ends = |b: usize| offsets[b] + problem.buffers[b].bytes;
                let apart = a == b || ends(a) <= offsets[b] || ends(b) <= offsets[a];
                let shared = problem.steps[step].sharing.iter().any(|sharing| {
                    let pair = [sharing.output, sharing.input];
                    let dies = *lives[sharing.input].end() == at
                        && !problem.buffers[sharing.input].is_kept;
                    let lags =
                        offsets[sharing.output] + sharing.lag_bytes <= offsets[sharing.input];
                    (pair == [a, b] || pair == [b, a]) && dies && lags
                });
                apart || shared
            })
        })
    })
}

/// The size of the smallest plan, from every order and every offset.
fn brute_force(problem: &Problem) -> usize {
    let total: usize = problem.buffers.iter().map(|b| b.bytes + b.align).sum();
    let orders = orders(problem);
    (0..=total)
        .find(|&arena| {
            orders.iter().any(|order| {
                let mut offsets = Vec::new();
                places(problem, order, arena, &mut offsets)
            })
        })
        .expect("side by side they fit")
}

/// Every order in which what a step reads has been written.
fn orders(problem: &Problem) -> Vec<Vec<usize>> {
    fn extend(problem: &Problem, order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if order.len() == problem.steps.len() {
            all.push(order.clone());
        }
        for step in 0..problem.steps.len() {
            let is_ready = problem.steps[step].reads.iter().all(|buffer| {
                let mut writers = (0..problem.steps.len())
                    .filter(|&other| problem.steps[other].writes.contains(buffer));
                writers.all(|writer| order.contains(&writer))
            });
            if is_ready && !order.contains(&step) {
                order.push(step);
                extend(problem, order, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    extend(problem, &mut Vec::new(), &mut all);
    all
}

/// Whether the buffers from `offsets` on fit into `arena` bytes: every offset.
fn places(problem: &Problem, order: &[usize], arena: usize, offsets: &mut Vec<usize>) -> bool {
    let next = offsets.len();
    let Some(buffer) = problem.buffers.get(next) else {
        return true;
    };
    (0..=arena.saturating_sub(buffer.bytes))
        .step_by(buffer.align)
        .any(|offset| {
            if offset + buffer.bytes > arena {
                return false;
            }
            offsets.push(offset);
            let known = Problem {
                buffers: problem.buffers[..=next].to_vec(),
                steps: problem.steps.clone(),
            };
            let fits = is_sound_so_far(&known, problem, order, offsets)
                && places(problem, order, arena, offsets);
            offsets.pop();
            fits
        })
}

/// [`is_sound`] of the buffers that have an offset; the others take no room.
fn is_sound_so_far(known: &Problem, problem: &Problem, order: &[usize], offsets: &[usize]) -> bool {
    let mut all = problem.clone();
    for buffer in &mut all.buffers[known.buffers.len()..] {
        buffer.bytes = 0;
    }
    let mut padded = offsets.to_vec();
    // Far away, where an empty buffer shares nothing.
    padded.resize(all.buffers.len(), usize::MAX / 2);
    is_sound(&all, order, &padded)
}

/// A random network: `tensors` buffers, each but the first written by a step
/// that reads one or two earlier ones, and scratch for some steps.
fn networks(most_buffers: usize, most_bytes: usize) -> impl Strategy<Value = Problem> {
    let tensor = (
        1..=most_bytes,
        0..3_u32,
        any::<[prop::sample::Index; 2]>(),
        any::<bool>(),
    );
    let rest = (0..=most_bytes, 0..=most_bytes, any::<bool>());
    prop::collection::vec((tensor, rest), 2..=most_buffers).prop_map(move |raw| {
        let mut problem = Problem::default();
        let mut scratch = Vec::new();
        for (index, ((bytes, align, inputs, two), (lag, scratch_bytes, shares))) in
            raw.iter().enumerate()
        {
            problem.buffers.push(Buffer {
                bytes: *bytes,
                align: 1 << (align % 2),
                is_kept: index + 1 == raw.len(),
            });
            if index == 0 {
                continue;
            }
            let mut reads: Vec<usize> = inputs.iter().map(|input| input.index(index)).collect();
            reads.truncate(1 + usize::from(*two));
            reads.dedup();
            scratch.push(*scratch_bytes);
            problem.steps.push(Step {
                sharing: reads
                    .iter()
                    .filter(|_| *shares)
                    .zip([*lag, *lag / 2])
                    .map(|(&input, lag_bytes)| Sharing {
                        input,
                        output: index,
                        lag_bytes,
                    })
                    .collect(),
                reads,
                writes: vec![index],
            });
        }
        for (step, bytes) in scratch.into_iter().enumerate() {
            if bytes > 0 && problem.buffers.len() < most_buffers {
                problem.steps[step].writes.push(problem.buffers.len());
                problem.buffers.push(Buffer::new(bytes));
            }
        }
        problem
    })
}

#[test]
fn a_chain_meets_its_bound() {
    let plan = plan(&chain(&[3, 2, 3, 4]));
    assert_eq!((plan.arena_bytes, plan.lower_bound_bytes), (7, 7));
    assert_eq!(plan.proof, Proof::MeetsBound);
}

#[test]
fn an_output_is_written_over_its_input() {
    let mut problem = chain(&[8, 4, 2]);
    problem.steps[0].sharing = vec![Sharing {
        input: 0,
        output: 1,
        lag_bytes: 1,
    }];
    let plan = plan(&problem);
    assert_eq!((plan.arena_bytes, &plan.offsets[..2]), (9, &[1, 0][..]));
}

#[test]
fn what_is_read_later_is_not_written_over() {
    let mut problem = chain(&[8, 4, 2]);
    problem.steps[0].sharing = vec![Sharing {
        input: 0,
        output: 1,
        lag_bytes: 0,
    }];
    problem.steps[1].reads.push(0);
    assert_eq!(plan(&problem).arena_bytes, 14);
}

#[test]
fn the_better_of_two_orders_is_taken() {
    // Two branches from one input; the large intermediate of the second must not
    // wait beside the first's.
    let step = |reads: &[usize], write| Step {
        reads: reads.to_vec(),
        writes: vec![write],
        sharing: Vec::new(),
    };
    let problem = Problem {
        buffers: [1, 10, 10, 1, 1, 1].map(Buffer::new).to_vec(),
        steps: vec![
            step(&[0], 1),
            step(&[0], 2),
            step(&[1], 3),
            step(&[2], 4),
            step(&[3, 4], 5),
        ],
    };
    let plan = plan(&problem);
    assert_eq!(plan.arena_bytes, 12);
    assert!(plan.proof.is_optimal());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn live_buffers_never_overlap_and_no_plan_beats_its_bound(problem in networks(14, 50)) {
        let plan = plan(&problem);
        prop_assert!(is_sound(&problem, &plan.order, &plan.offsets));
        prop_assert!(plan.arena_bytes >= plan.lower_bound_bytes);
        for (offset, buffer) in plan.offsets.iter().zip(&problem.buffers) {
            prop_assert_eq!(offset % buffer.align, 0);
            prop_assert!(offset + buffer.bytes <= plan.arena_bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn up_to_seven_buffers_equal_brute_force(problem in networks(7, 4)) {
        let plan = plan(&problem);
        prop_assert!(plan.proof.is_optimal());
        prop_assert_eq!(plan.arena_bytes, brute_force(&problem));
    }
}

/// What takes the cube of the number of layers does not end here.
#[test]
fn a_network_of_a_thousand_layers_is_planned() {
    let shape = Shape {
        height: 6,
        width: 5,
        channels: 1,
    };
    let link = Link {
        input: shape,
        output: shape,
        window: Window::square(3, 1, 1),
    };
    let layer = |index: usize| PlannedLayer {
        reads: vec![index],
        output: Buffer {
            is_kept: index == 999,
            ..Buffer::new(shape.elements())
        },
        rows: Rows::Window(link),
        scratch_bytes: 0,
        is_by_rows: true,
        pooled: None,
    };
    let network = PlannedNetwork {
        input: Buffer::new(shape.elements()),
        layers: (0..1_000).map(layer).collect(),
        word: 1,
    };
    let steps = network.fused();
    let problem = network.problem(&steps).problem;
    let plan = plan(&problem);
    // A map after it lies beside the one before, or over a part of it.
    let bytes = plan.lower_bound_bytes..=2 * shape.elements();
    assert!(bytes.contains(&plan.arena_bytes), "{}", plan.arena_bytes);
    assert!(is_sound(&problem, &plan.order, &plan.offsets));
}
