//! The steps of each mode, and the buffers that they need.

use super::kernels::{self, Weights};
use crate::layout::{core_shape, core_window};
use crate::network::{Network, Op};
use crate::planner::{
    Buffer, LayerStep, Plan, PlannedLayer, PlannedNetwork, Pooled, Problem, Rows, StepKind,
    TensorProblem,
};
use cortexscope_core::Mode;
use cortexscope_core::image::format::{NOT_PLACED, StepRecord, kernel, step};
use cortexscope_core::ops::conv2d::{polynomials, winograd};
use cortexscope_core::ops::{self, conv2d};
use cortexscope_core::rows::Link;
use cortexscope_core::sharing::fused_lag_bytes;

/// A mode's steps and placements, ready to be written.
pub(super) struct ModePlan {
    pub steps: Vec<StepRecord>,
    pub placements: Vec<u32>,
    pub arena_bytes: usize,
}

/// Plans `network` for `mode` with `planner`.
pub(super) fn plan(
    network: &Network,
    weights: Weights,
    mode: Mode,
    planner: &impl Fn(&Problem) -> Plan,
) -> ModePlan {
    let planned = planned(network, weights);
    let steps = match mode {
        Mode::Tapped => planned.layer_by_layer(),
        Mode::Fused => planned.fused(),
    };
    let TensorProblem {
        problem,
        tensors,
        beside,
    } = planned.problem(&steps);
    let plan = planner(&problem);
    let offset = |buffer: usize| plan.offsets[buffer] as u32;
    let records = plan.order.iter().map(|&index| StepRecord {
        scratch_offset: beside[index].map_or(0, offset),
        ..record(&planned, &steps[index])
    });
    let placements = tensors.iter();
    ModePlan {
        steps: records.collect(),
        placements: placements
            .map(|buffer| buffer.map_or(NOT_PLACED, offset))
            .collect(),
        arena_bytes: plan.arena_bytes,
    }
}

/// A step's record; where it lies is open.
fn record(planned: &PlannedNetwork, step: &LayerStep) -> StepRecord {
    let (kind, layers) = match step.kind {
        StepKind::Layer => (step::LAYER, 0),
        StepKind::ConvPool => (step::CONV_POOL, 0),
        StepKind::Chain => (step::ROWS, step.layers.len() as u8),
    };
    StepRecord {
        kind,
        layers,
        layer: step.layers.start as u16,
        scratch_bytes: planned.scratch_bytes(step) as u32,
        row_bytes: planned.row_bytes(step) as u32,
        ..StepRecord::default()
    }
}

/// The network as the planner sees it.
pub(crate) fn planned(network: &Network, weights: Weights) -> PlannedNetwork {
    let layers = (0..network.layers.len()).map(|layer| PlannedLayer {
        reads: network.layers[layer].inputs.clone(),
        output: tensor_buffer(network, layer + 1),
        rows: rows(network, layer),
        scratch_bytes: scratch_bytes(network, layer, weights),
        is_by_rows: true,
        pooled: pooled(network, layer, weights),
    });
    PlannedNetwork {
        input: tensor_buffer(network, 0),
        layers: layers.collect(),
        word: 1,
    }
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

/// How a layer gets from row to row.
fn rows(network: &Network, layer: usize) -> Rows {
    let layer = &network.layers[layer];
    let output = core_shape(layer.output.shape);
    match &layer.op {
        Op::Conv { window, .. } | Op::MaxPool(window) => Rows::Window(Link {
            input: core_shape(network.tensor(layer.inputs[0]).shape),
            output,
            window: core_window(window),
        }),
        Op::Lookup { .. } | Op::Add(_) | Op::Mul => Rows::Element(output),
        Op::Dense { .. } | Op::Concat | Op::DepthToSpace => Rows::Whole,
    }
}

/// What the engine's kernel for `layer` needs beside its tensors.
fn scratch_bytes(network: &Network, layer: usize, weights: Weights) -> usize {
    let chosen = kernels::chosen(network, layer, weights);
    let layer = &network.layers[layer];
    match &layer.op {
        Op::Conv { .. } if chosen == kernel::WINOGRAD => {
            let [channels, ..] = network.tensor(layer.inputs[0]).shape;
            winograd::scratch_bytes(channels)
        }
        Op::Conv { window, groups, .. } => {
            let input = core_shape(network.tensor(layer.inputs[0]).shape);
            let output = core_shape(layer.output.shape);
            conv2d::scratch_bytes(input, output, &core_window(window), *groups)
        }
        Op::Dense { .. }
        | Op::MaxPool(_)
        | Op::Lookup { .. }
        | Op::Concat
        | Op::DepthToSpace
        | Op::Add(_)
        | Op::Mul => 0,
    }
}

/// A convolution whose rows are pooled as they are made.
fn pooled(network: &Network, layer: usize, weights: Weights) -> Option<Pooled> {
    // The logits are not pooled, and what is pooled is not the logits.
    let (window, pool) = kernels::pooled(network, layer)?;
    let conv = &network.layers[layer];
    let input = core_shape(network.tensor(conv.inputs[0]).shape);
    let made = core_shape(conv.output.shape);
    let pooled = core_shape(network.layers[layer + 1].output.shape);
    let row_bytes = made.row_elements();
    let polynomials = match kernels::chosen(network, layer, weights) {
        kernel::POLYNOMIALS => polynomials::scratch_bytes(input, &window, pooled),
        _ => 0,
    };
    Some(Pooled {
        scratch_bytes: ops::fused(
            scratch_bytes(network, layer, weights),
            row_bytes,
            polynomials,
        ),
        row_bytes,
        lag_bytes: fused_lag_bytes(input, &window, made, &pool, pooled),
    })
}
