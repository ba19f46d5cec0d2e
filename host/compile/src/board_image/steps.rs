//! The steps of each mode, and the buffers that they need.

use super::kernels;
use crate::layout::{core_shape, core_window};
use crate::network::{Network, Op};
use crate::planner::{Buffer, Plan, Problem, TensorProblem, TensorStep};
use cortexscope_core::Mode;
use cortexscope_core::image::format::{NOT_PLACED, StepRecord, step};
use cortexscope_core::ops::conv2d::polynomials;
use cortexscope_core::ops::{self, conv2d};
use cortexscope_core::sharing::{fused_lag_bytes, lag_bytes};

/// A mode's steps and placements, ready to be written.
pub(super) struct ModePlan {
    pub steps: Vec<StepRecord>,
    pub placements: Vec<u32>,
    pub arena_bytes: usize,
}

/// Plans `network` for `mode` with `planner`.
pub(super) fn plan(network: &Network, mode: Mode, planner: &impl Fn(&Problem) -> Plan) -> ModePlan {
    let records = records(network, mode);
    let tensors = (0..=network.layers.len()).map(|tensor| {
        let is_fused = |record: &StepRecord| {
            record.kind == step::CONV_POOL && usize::from(record.layer) + 1 == tensor
        };
        let whole = !records.iter().any(is_fused);
        whole.then(|| tensor_buffer(network, tensor))
    });
    let steps = records.iter().map(|record| {
        let (reads, output) = ends(network, record);
        TensorStep {
            reads,
            output,
            beside_bytes: (record.scratch_bytes + record.row_bytes) as usize,
            lag_bytes: lag(network, record),
        }
    });
    let TensorProblem {
        problem,
        tensors,
        beside,
    } = TensorProblem::new(tensors, steps);
    let plan = planner(&problem);
    let offset = |buffer: usize| plan.offsets[buffer] as u32;
    let steps = plan.order.iter().map(|&index| StepRecord {
        scratch_offset: beside[index].map_or(0, offset),
        ..records[index]
    });
    let placements = tensors.iter();
    ModePlan {
        steps: steps.collect(),
        placements: placements
            .map(|buffer| buffer.map_or(NOT_PLACED, offset))
            .collect(),
        arena_bytes: plan.arena_bytes,
    }
}

/// The steps in the network's order; where they lie is open.
fn records(network: &Network, mode: Mode) -> Vec<StepRecord> {
    let mut records = Vec::new();
    let mut layer = 0;
    while layer < network.layers.len() {
        let fused = mode == Mode::Fused && kernels::pooled(network, layer).is_some();
        let kind = if fused { step::CONV_POOL } else { step::LAYER };
        let row_bytes = if fused { row_bytes(network, layer) } else { 0 };
        records.push(StepRecord {
            kind,
            layer: layer as u16,
            scratch_bytes: if fused {
                fused_scratch_bytes(network, layer) as u32
            } else {
                scratch_bytes(network, layer) as u32
            },
            row_bytes: row_bytes as u32,
            ..StepRecord::default()
        });
        layer += if fused { 2 } else { 1 };
    }
    records
}

/// The tensors that a step reads, and the one that it leaves.
fn ends<'n>(network: &'n Network, record: &StepRecord) -> (&'n [usize], usize) {
    let layer = usize::from(record.layer);
    let fused = usize::from(record.kind == step::CONV_POOL);
    (&network.layers[layer].inputs, layer + fused + 1)
}

fn tensor_buffer(network: &Network, tensor: usize) -> Buffer {
    let is_logits = tensor == network.layers.len();
    let word = if is_logits { 4 } else { 1 };
    Buffer {
        bytes: network.tensor(tensor).shape.iter().product::<usize>() * word,
        align: word,
        is_kept: is_logits,
    }
}

/// How far the step's output must begin before its input for both to share
/// memory; `None` where they must not.
fn lag(network: &Network, record: &StepRecord) -> Option<usize> {
    let layer = usize::from(record.layer);
    let first = &network.layers[layer];
    if layer + 1 == network.layers.len() {
        return None;
    }
    let input = core_shape(network.tensor(first.inputs[0]).shape);
    let output = core_shape(first.output.shape);
    match (&first.op, network.layers.get(layer + 1)) {
        (Op::Conv { window, .. }, Some(pooled)) if record.kind == step::CONV_POOL => {
            let Op::MaxPool(pool) = &pooled.op else {
                return None;
            };
            let pooled = core_shape(pooled.output.shape);
            let (window, pool) = (core_window(window), core_window(pool));
            Some(fused_lag_bytes(input, &window, output, &pool, pooled))
        }
        (Op::Conv { window, .. } | Op::MaxPool(window), _) => {
            Some(lag_bytes(input, output, &core_window(window)))
        }
        (Op::Lookup { .. }, _) => Some(0),
        (Op::Dense { .. } | Op::Concat, _) => None,
    }
}

/// What the engine's kernel for `layer` needs beside its tensors.
fn scratch_bytes(network: &Network, layer: usize) -> usize {
    let layer = &network.layers[layer];
    match &layer.op {
        Op::Conv { window, groups, .. } => {
            let input = core_shape(network.tensor(layer.inputs[0]).shape);
            let output = core_shape(layer.output.shape);
            conv2d::scratch_bytes(input, output, &core_window(window), *groups)
        }
        Op::Dense { .. } | Op::MaxPool(_) | Op::Lookup { .. } | Op::Concat => 0,
    }
}

/// The same for a convolution whose rows are pooled as they are made.
fn fused_scratch_bytes(network: &Network, layer: usize) -> usize {
    let polynomials = kernels::polynomial_words(network, layer).and_then(|_| {
        let (window, _) = kernels::pooled(network, layer)?;
        let input = core_shape(network.tensor(network.layers[layer].inputs[0]).shape);
        let pooled = core_shape(network.layers[layer + 1].output.shape);
        Some(polynomials::scratch_bytes(input, &window, pooled))
    });
    let row_bytes = row_bytes(network, layer);
    ops::fused(
        scratch_bytes(network, layer),
        row_bytes,
        polynomials.unwrap_or_default(),
    )
}

fn row_bytes(network: &Network, layer: usize) -> usize {
    let [channels, _, columns] = network.layers[layer].output.shape;
    channels * columns
}
