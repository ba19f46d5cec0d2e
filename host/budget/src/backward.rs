//! What a pass forward and backward keeps in memory, in f32.
//!
//! The same live-range arithmetic as for a forward pass: the steps go forward
//! layer by layer and then back, and a tensor lives until the last step that
//! reads it. What a layer's backward step reads:
//!
//! | layer | for the gradient of its input | for the gradient of its weights too |
//! |---|---|---|
//! | convolution, dense | its weights | its input |
//! | with activation or normalisation in place | its output | its output |
//! | max-pool | its input and output | the same |
//! | product of two activations | its inputs | the same |
//! | mean-pool, sum, concatenation | nothing | nothing |

use super::{Network, Op};
use cortexscope_compile::planner::{self, Buffer, Problem, Step};

/// What the gradients are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The gradient with respect to the input: saliency, activation maximisation.
    InputGradient,
    /// The gradients of all weights.
    Training,
}

/// Bytes of activations and gradients of activations at the fullest of a pass
/// forward and backward, in f32, one image. Weights, their gradients and an
/// optimiser's state come on top.
pub fn backward_bytes(network: &Network, purpose: Purpose) -> usize {
    let count = network.layers.len();
    let tensors = count + 1;
    // Buffer `t` is tensor `t`, buffer `tensors + t` the gradient with respect to it.
    let sizes = (0..tensors).map(|tensor| Buffer {
        align: 4,
        ..Buffer::new(4 * network.values(tensor))
    });
    let buffers: Vec<Buffer> = sizes.clone().chain(sizes).collect();
    let forward = network
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| Step {
            reads: layer.inputs.clone(),
            writes: vec![index + 1],
            sharing: Vec::new(),
        });
    let mut steps: Vec<Step> = forward.collect();
    let mut is_begun = vec![false; tensors];
    // The gradient of what is asked for: written over the last tensor's place.
    steps.push(Step {
        reads: vec![count],
        writes: vec![tensors + count],
        sharing: Vec::new(),
    });
    for (index, layer) in network.layers.iter().enumerate().rev() {
        let mut reads = vec![tensors + index + 1];
        let saves_output = !layer.in_place.is_empty() || matches!(layer.op, Op::MaxPool(_));
        if saves_output {
            reads.push(index + 1);
        }
        let saves_input = match layer.op {
            Op::MaxPool(_) => true,
            Op::Conv { .. } | Op::Dense => purpose == Purpose::Training,
            Op::AveragePool(_) | Op::GlobalPool | Op::Add | Op::Concat => false,
            Op::Mul => true,
            // Whatever it does may depend on what it read.
            Op::Other(_) => true,
        };
        if saves_input {
            reads.extend(&layer.inputs);
        }
        let mut writes = Vec::new();
        for &input in &layer.inputs {
            // Training has no use for the gradient of the image.
            if input == 0 && purpose == Purpose::Training {
                continue;
            }
            let gradient = tensors + input;
            if is_begun[input] {
                // Another reader's part is there: this one is added to it.
                reads.push(gradient);
            } else {
                writes.push(gradient);
                is_begun[input] = true;
            }
        }
        reads.sort_unstable();
        reads.dedup();
        steps.push(Step {
            reads,
            writes,
            sharing: Vec::new(),
        });
    }
    let used: Vec<usize> = (0..buffers.len())
        .filter(|buffer| {
            steps
                .iter()
                .any(|step| step.reads.contains(buffer) || step.writes.contains(buffer))
        })
        .collect();
    let renumber = |all: &[usize]| -> Vec<usize> {
        all.iter()
            .filter_map(|buffer| used.iter().position(|other| other == buffer))
            .collect()
    };
    let problem = Problem {
        buffers: used.iter().map(|&buffer| buffers[buffer]).collect(),
        steps: steps
            .iter()
            .map(|step| Step {
                reads: renumber(&step.reads),
                writes: renumber(&step.writes),
                sharing: Vec::new(),
            })
            .collect(),
    };
    planner::plan_in_order(&problem).arena_bytes
}
