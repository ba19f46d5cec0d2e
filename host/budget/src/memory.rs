//! The arena of a forward pass, by the planner that plans board images.

use super::{Network, Op};
use cortexscope_compile::board_image;
use cortexscope_compile::layout::{core_shape, core_window};
use cortexscope_compile::planner::{
    self, Buffer, LayerStep, PlannedLayer, PlannedNetwork, Pooled, Problem, Proof, Rows,
    TensorProblem,
};
use cortexscope_core::image::Window;
use cortexscope_core::ops::conv2d::polynomials;
use cortexscope_core::ops::{self, conv2d};
use cortexscope_core::rows::Link;
use cortexscope_core::sharing::fused_lag_bytes;

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
    /// What one layer alone reads exists only as rows, where that needs less memory.
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
    /// Where each tensor of the network lies; `None` where it is fused away, and where a
    /// board makes nothing of it.
    pub offsets: Vec<Option<usize>>,
    /// The steps in which each tensor lives.
    pub lives: Vec<Option<[usize; 2]>>,
    /// Bytes that each layer's steps need beside their tensors, at most.
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

/// The arena of one inference. In int8 it is that of the board image, where it is known
/// what is compiled of the network.
pub fn plan(network: &Network, element: Element, mode: Mode) -> MemoryPlan {
    let board = network.on_board.as_ref();
    let board = board.filter(|_| element == Element::Int8);
    let mut planned = match board {
        Some(board) => board.planned.clone(),
        None => planned(network, element),
    };
    if mode == Mode::Unplanned {
        planned.input.is_kept = true;
        let layers = planned.layers.iter_mut();
        layers.for_each(|layer| layer.output.is_kept = true);
    }
    let steps = match mode {
        Mode::Fused => planned.fused(),
        Mode::Unplanned | Mode::Tapped => planned.layer_by_layer(),
    };
    let layers = network.layers.len();
    // Which of the planned tensors holds each tensor of the network, and which layer of the
    // network each planned one is part of.
    let (places, parts) = match board {
        Some(board) => (board.places(layers + 1), board.layers(layers)),
        None => ((0..=layers).map(Some).collect(), (0..layers).collect()),
    };
    let mut scratch = vec![0; layers];
    for step in &steps {
        let bytes = planned.scratch_bytes(step) + planned.row_bytes(step);
        let most = &mut scratch[parts[step.layers.start]];
        *most = bytes.max(*most);
    }
    let TensorProblem {
        problem,
        tensors: buffers,
        ..
    } = planned.problem(&steps);
    let plan = planner::plan(&problem);
    let buffer = |place: &Option<usize>| place.and_then(|tensor| buffers[tensor]);
    let offset = |place| buffer(place).map(|buffer| plan.offsets[buffer]);
    let life = |place| {
        buffer(place).map(|buffer| [*plan.lives[buffer].start(), *plan.lives[buffer].end()])
    };
    let name = |tensor: usize| match board {
        Some(board) => board.names[tensor].clone(),
        None => name(network, tensor),
    };
    MemoryPlan {
        arena_bytes: plan.arena_bytes,
        lower_bound_bytes: plan.lower_bound_bytes,
        proof: plan.proof,
        offsets: places.iter().map(offset).collect(),
        lives: places.iter().map(life).collect(),
        scratch_bytes: scratch,
        steps: step_names(name, &plan, &steps),
        buffers: planned_buffers(name, &problem, &plan, &buffers),
    }
}

/// The network as the planner sees it, from its shapes.
fn planned(network: &Network, element: Element) -> PlannedNetwork {
    let word = match element {
        Element::Int8 => 1,
        Element::F32 => 4,
    };
    let buffer = |tensor: usize| {
        let is_last = tensor == network.layers.len();
        let bytes = if is_last { 4 } else { word };
        Buffer {
            bytes: network.values(tensor) * bytes,
            align: bytes,
            is_kept: is_last,
        }
    };
    // A normalisation looks at whole maps or at neighbours before the next layer.
    let is_by_rows = |name: &String| name != "LRN" && name != "InstanceNormalization";
    let layers = (0..network.layers.len()).map(|layer| PlannedLayer {
        reads: network.layers[layer].inputs.clone(),
        output: buffer(layer + 1),
        rows: rows(network, layer),
        scratch_bytes: match element {
            Element::Int8 => scratch_bytes(network, layer),
            Element::F32 => 0,
        },
        is_by_rows: network.layers[layer].in_place.iter().all(is_by_rows),
        pooled: pooled(network, layer, element),
    });
    PlannedNetwork {
        input: buffer(0),
        layers: layers.collect(),
        word,
    }
}

/// How a layer gets from row to row.
fn rows(network: &Network, layer: usize) -> Rows {
    let layer = &network.layers[layer];
    let input = network.shape(layer.inputs[0]);
    let output = core_shape(layer.shape);
    let is_other = |&input: &usize| network.shape(input) != layer.shape;
    let window = match &layer.op {
        // One that is spread over the other is read again and again.
        Op::Add | Op::Mul if layer.inputs.iter().any(is_other) => None,
        Op::Add | Op::Mul => return Rows::Element(output),
        Op::Conv { window, .. } | Op::MaxPool(window) => Some(*window),
        other => other.mean_window(input),
    };
    window.map_or(Rows::Whole, |window| {
        Rows::Window(Link {
            input: core_shape(input),
            output,
            window: core_window(&window),
        })
    })
}

/// What a board's kernel for a layer needs beside its tensors.
fn scratch_bytes(network: &Network, index: usize) -> usize {
    let layer = &network.layers[index];
    let input = network.shape(layer.inputs[0]);
    let (window, groups) = match (&layer.op, layer.op.mean_window(input)) {
        (Op::Conv { window, groups }, _) => (*window, *groups),
        (_, Some(window)) => (window, input[0]),
        _ => return 0,
    };
    let window = core_window(&window);
    // As the compiler plans where every filter's sums fit.
    if index + 1 == network.layers.len() || pools_sums(network, index, &window) {
        return conv2d::scratch_bytes(core_shape(input), core_shape(layer.shape), &window, groups);
    }
    board_image::scratch_bytes(input, layer.shape, window, groups)
}

/// Whether a convolution is computed as pooled sums.
fn pools_sums(network: &Network, layer: usize, window: &Window) -> bool {
    let after = network.layers.get(layer + 1).map(|next| &next.op);
    match (&network.layers[layer].op, after) {
        (Op::Conv { groups, .. }, Some(Op::MaxPool(pool))) => {
            network.is_conv_pool(layer) && polynomials::suits(window, *groups, &core_window(pool))
        }
        _ => false,
    }
}

/// A convolution whose rows are pooled as they are made.
fn pooled(network: &Network, layer: usize, element: Element) -> Option<Pooled> {
    let conv = &network.layers[layer];
    let (Op::Conv { window, .. }, true) = (&conv.op, network.is_conv_pool(layer)) else {
        return None;
    };
    let pool = &network.layers[layer + 1];
    let Op::MaxPool(pool_window) = &pool.op else {
        return None;
    };
    let (window, pool_window) = (core_window(window), core_window(pool_window));
    let input = core_shape(network.shape(conv.inputs[0]));
    let (made, pooled) = (core_shape(conv.shape), core_shape(pool.shape));
    let row_bytes = made.row_elements();
    // As the compiler plans where every filter's sums fit their field.
    let sums = if pools_sums(network, layer, &window) {
        polynomials::scratch_bytes(input, &window, pooled)
    } else {
        0
    };
    let (scratch_bytes, row_bytes) = match element {
        Element::Int8 => {
            let rows = scratch_bytes(network, layer);
            (ops::fused(rows, row_bytes, sums), row_bytes)
        }
        Element::F32 => (0, 4 * row_bytes),
    };
    Some(Pooled {
        scratch_bytes,
        row_bytes,
        lag_bytes: fused_lag_bytes(input, &window, made, &pool_window, pooled),
    })
}

/// The name of tensor 0, the input, or of the layer that writes `tensor`.
fn name(network: &Network, tensor: usize) -> String {
    match tensor.checked_sub(1) {
        None => "input".to_owned(),
        Some(layer) => network.layers[layer].name.clone(),
    }
}

fn step_names(
    name: impl Fn(usize) -> String,
    plan: &planner::Plan,
    steps: &[LayerStep],
) -> Vec<String> {
    let title = |&step: &usize| {
        let layers = steps[step].layers.clone();
        let names: Vec<String> = layers.map(|layer| name(layer + 1)).collect();
        names.join(" + ")
    };
    plan.order.iter().map(title).collect()
}

fn planned_buffers(
    name: impl Fn(usize) -> String,
    problem: &Problem,
    plan: &planner::Plan,
    buffers: &[Option<usize>],
) -> Vec<PlannedBuffer> {
    let mut layers = vec![None; problem.buffers.len()];
    for (tensor, buffer) in buffers.iter().enumerate() {
        if let Some(buffer) = buffer {
            layers[*buffer] = Some(name(tensor));
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
