//! The arena of a forward pass, by the planner that plans board images.

use super::{Network, Op};
use cortexscope_compile::layout::{core_shape, core_window};
use cortexscope_compile::planner::{self, Buffer, Problem, Proof, TensorProblem, TensorStep};
use cortexscope_core::ops::conv2d::polynomials;
use cortexscope_core::ops::{self, conv2d};
use cortexscope_core::sharing::{fused_lag_bytes, lag_bytes};

/// What an activation is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// As on a board, scratch of its kernels included; the last layer in f32.
    Int8,
    /// Four bytes each, no scratch.
    F32,
}

/// How much of the network is materialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every layer, each in memory of its own for as long as the run lasts.
    Unplanned,
    /// Every layer's output as a whole, memory reused.
    Tapped,
    /// Convolutions before a max-pool exist only one row at a time.
    Fused,
}

/// A planned arena.
#[derive(Clone, Debug)]
pub struct MemoryPlan {
    /// Bytes of arena.
    pub arena_bytes: usize,
    /// No plan can be smaller.
    pub lower_bound_bytes: usize,
    /// What is known of smaller plans.
    pub proof: Proof,
    /// Where each tensor lies; `None` where it is fused away.
    pub offsets: Vec<Option<usize>>,
    /// The steps in which each tensor lives.
    pub lives: Vec<Option<[usize; 2]>>,
    /// Bytes that each layer's step needs beside its tensors.
    pub scratch_bytes: Vec<usize>,
    /// What each step computes, in the order in which they run.
    pub steps: Vec<String>,
    /// Everything that takes part of the arena.
    pub buffers: Vec<PlannedBuffer>,
}

/// A part of the planned arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBuffer {
    /// The layer that writes it; none for scratch.
    pub layer: Option<String>,
    /// Where it begins in the arena.
    pub offset_bytes: usize,
    /// How long it is.
    pub bytes: usize,
    /// The first and the last of the steps in which it is used.
    pub steps: [usize; 2],
}

/// The arena of one inference.
pub fn plan(network: &Network, element: Element, mode: Mode) -> MemoryPlan {
    let word = match element {
        Element::Int8 => 1,
        Element::F32 => 4,
    };
    let steps: Vec<[usize; 2]> = steps(network, mode);
    let tensors = (0..=network.layers.len()).map(|tensor| {
        let is_fused = |&[first, last]: &[usize; 2]| first < last && first + 1 == tensor;
        let is_last = tensor == network.layers.len();
        let bytes = if is_last { 4 } else { word };
        (!steps.iter().any(is_fused)).then(|| Buffer {
            bytes: network.values(tensor) * bytes,
            align: bytes,
            is_kept: is_last || mode == Mode::Unplanned,
        })
    });
    let mut scratch = vec![0; network.layers.len()];
    let needs = steps.iter().map(|&[first, last]| {
        let beside_bytes = beside_bytes(network, element, [first, last]);
        scratch[first] = beside_bytes;
        TensorStep {
            reads: &network.layers[first].inputs,
            output: last + 1,
            beside_bytes,
            lag_bytes: lag(network, [first, last], word),
        }
    });
    let TensorProblem {
        problem,
        tensors: buffers,
        ..
    } = TensorProblem::new(tensors, needs);
    let plan = planner::plan(&problem);
    let place = |buffer: &Option<usize>| buffer.map(|buffer| plan.offsets[buffer]);
    let life = |buffer: &Option<usize>| {
        buffer.map(|buffer| [*plan.lives[buffer].start(), *plan.lives[buffer].end()])
    };
    MemoryPlan {
        arena_bytes: plan.arena_bytes,
        lower_bound_bytes: plan.lower_bound_bytes,
        proof: plan.proof,
        offsets: buffers.iter().map(place).collect(),
        lives: buffers.iter().map(life).collect(),
        scratch_bytes: scratch,
        steps: step_names(network, &plan, &steps),
        buffers: planned_buffers(network, &problem, &plan, &buffers),
    }
}

/// First and last layer of each step.
fn steps(network: &Network, mode: Mode) -> Vec<[usize; 2]> {
    let mut steps = Vec::new();
    let mut layer = 0;
    while layer < network.layers.len() {
        let fused = mode == Mode::Fused && network.is_conv_pool(layer);
        steps.push([layer, layer + usize::from(fused)]);
        layer += 1 + usize::from(fused);
    }
    steps
}

/// Kernel scratch and the row buffer of a fused step.
fn beside_bytes(network: &Network, element: Element, [first, last]: [usize; 2]) -> usize {
    let layer = &network.layers[first];
    let [channels, _, columns] = layer.shape;
    let row = if first < last { channels * columns } else { 0 };
    match (element, &layer.op) {
        (Element::Int8, Op::Conv { window, groups }) => {
            let input = core_shape(network.shape(layer.inputs[0]));
            let window = core_window(window);
            let rows = conv2d::scratch_bytes(input, core_shape(layer.shape), &window, *groups);
            // As the compiler plans where every filter's sums fit their field.
            let sums = match &network.layers[last].op {
                Op::MaxPool(pool)
                    if first < last && polynomials::suits(&window, *groups, &core_window(pool)) =>
                {
                    let pooled = core_shape(network.layers[last].shape);
                    polynomials::scratch_bytes(input, &window, pooled)
                }
                _ => 0,
            };
            ops::fused(rows, row, sums) + row
        }
        (Element::Int8, op) => {
            let input = network.shape(layer.inputs[0]);
            let mean = op.mean_window(input).map(|window| {
                let (window, output) = (core_window(&window), core_shape(layer.shape));
                conv2d::scratch_bytes(core_shape(input), output, &window, input[0])
            });
            row + mean.unwrap_or_default()
        }
        (Element::F32, _) => 4 * row,
    }
}

/// How far the step's output must begin before its first input for both to share
/// memory; `None` where they must not.
fn lag(network: &Network, [first, last]: [usize; 2], word: usize) -> Option<usize> {
    let layer = &network.layers[first];
    if last + 1 == network.layers.len() && word != 4 {
        return None;
    }
    let input = core_shape(network.shape(layer.inputs[0]));
    let output = core_shape(layer.shape);
    let values = match (&layer.op, &network.layers[last].op) {
        (Op::Conv { window, .. }, Op::MaxPool(pool)) if first < last => {
            let pooled = core_shape(network.layers[last].shape);
            fused_lag_bytes(
                input,
                &core_window(window),
                output,
                &core_window(pool),
                pooled,
            )
        }
        (Op::Conv { window, .. } | Op::MaxPool(window) | Op::AveragePool(window), _) => {
            lag_bytes(input, output, &core_window(window))
        }
        (Op::GlobalPool, _) => {
            let window = layer.op.mean_window(network.shape(layer.inputs[0]))?;
            lag_bytes(input, output, &core_window(&window))
        }
        (Op::Add, _) => 0,
        (Op::Dense | Op::Concat | Op::Other(_), _) => return None,
    };
    Some(values * word)
}

/// The name of tensor 0, the input, or of the layer that writes `tensor`.
fn name(network: &Network, tensor: usize) -> String {
    match tensor.checked_sub(1) {
        None => "input".to_owned(),
        Some(layer) => network.layers[layer].name.clone(),
    }
}

fn step_names(network: &Network, plan: &planner::Plan, steps: &[[usize; 2]]) -> Vec<String> {
    let title = |&step: &usize| {
        let [first, last] = steps[step].map(|layer| name(network, layer + 1));
        if first == last {
            first
        } else {
            format!("{first} + {last}")
        }
    };
    plan.order.iter().map(title).collect()
}

fn planned_buffers(
    network: &Network,
    problem: &Problem,
    plan: &planner::Plan,
    buffers: &[Option<usize>],
) -> Vec<PlannedBuffer> {
    let mut layers = vec![None; problem.buffers.len()];
    for (tensor, buffer) in buffers.iter().enumerate() {
        if let Some(buffer) = buffer {
            layers[*buffer] = Some(name(network, tensor));
        }
    }
    let planned = layers.into_iter().enumerate();
    let planned = planned.map(|(index, layer)| PlannedBuffer {
        layer,
        offset_bytes: plan.offsets[index],
        bytes: problem.buffers[index].bytes,
        steps: [*plan.lives[index].start(), *plan.lives[index].end()],
    });
    planned.collect()
}
