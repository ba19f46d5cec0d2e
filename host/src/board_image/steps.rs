//! The steps of each mode, and the buffers that they need.

use super::plan::{Buffer, Packing, pack};
use crate::compile::network::{Network, Op};
use cortexscope_core::Mode;
use cortexscope_core::image::format::{NOT_PLACED, StepRecord, step};
use cortexscope_core::image::{Shape, Window};
use cortexscope_core::ops::conv2d;

/// A mode's steps and placements, ready to be written.
pub(super) struct ModePlan {
    pub steps: Vec<StepRecord>,
    pub placements: Vec<u32>,
    pub packing: Packing,
}

/// Plans `network` for `mode`.
pub(super) fn plan(network: &Network, mode: Mode) -> ModePlan {
    let mut steps = Vec::new();
    let mut layer = 0;
    while layer < network.layers.len() {
        let fused = mode == Mode::Fused && is_conv_pool(network, layer);
        let kind = if fused { step::CONV_POOL } else { step::LAYER };
        let row_bytes = if fused { row_bytes(network, layer) } else { 0 };
        steps.push(StepRecord {
            kind,
            layer: layer as u16,
            scratch_bytes: scratch_bytes(network, layer) as u32,
            row_bytes: row_bytes as u32,
            ..StepRecord::default()
        });
        layer += if fused { 2 } else { 1 };
    }

    let tensors: Vec<Option<Buffer>> = (0..=network.layers.len())
        .map(|tensor| buffer(network, &steps, tensor))
        .collect();
    let beside = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| needs_memory(step));
    let beside: Vec<Buffer> = beside
        .map(|(at, step)| Buffer {
            bytes: (step.scratch_bytes + step.row_bytes) as usize,
            align: 4,
            life: at..=at,
        })
        .collect();
    let buffers: Vec<Buffer> = tensors.iter().flatten().cloned().chain(beside).collect();
    let packing = pack(&buffers);

    let mut offsets = packing.offsets.iter().map(|&offset| offset as u32);
    let placements = tensors
        .iter()
        .map(|tensor| {
            tensor
                .as_ref()
                .and_then(|_| offsets.next())
                .unwrap_or(NOT_PLACED)
        })
        .collect();
    for step in &mut steps {
        if needs_memory(step) {
            step.scratch_offset = offsets.next().unwrap_or(NOT_PLACED);
        }
    }
    ModePlan {
        steps,
        placements,
        packing,
    }
}

/// A convolution that nothing but the max-pool after it reads.
fn is_conv_pool(network: &Network, layer: usize) -> bool {
    let tensor = layer + 1;
    let readers = network
        .layers
        .iter()
        .filter(|other| other.inputs.contains(&tensor))
        .count();
    let Some(next) = network.layers.get(layer + 1) else {
        return false;
    };
    matches!(network.layers[layer].op, Op::Conv { .. })
        && matches!(next.op, Op::MaxPool(_))
        && next.inputs == [tensor]
        && readers == 1
}

/// Whether a step needs memory beside its tensors.
fn needs_memory(step: &StepRecord) -> bool {
    step.scratch_bytes + step.row_bytes > 0
}

/// What the engine's kernel for `layer` needs beside its tensors.
fn scratch_bytes(network: &Network, layer: usize) -> usize {
    let layer = &network.layers[layer];
    let shape = |[channels, height, width]: [usize; 3]| Shape {
        height,
        width,
        channels,
    };
    match &layer.op {
        Op::Conv { window, groups, .. } => {
            let window = Window {
                kernel_h: window.kernel[0],
                kernel_w: window.kernel[1],
                stride_h: window.stride[0],
                stride_w: window.stride[1],
                dilation_h: window.dilation[0],
                dilation_w: window.dilation[1],
                pad_top: window.pad_before[0],
                pad_left: window.pad_before[1],
            };
            let input = shape(network.tensor(layer.inputs[0]).shape);
            conv2d::scratch_bytes(input, shape(layer.output.shape), &window, *groups)
        }
        Op::Dense { .. } | Op::MaxPool(_) | Op::Lookup { .. } | Op::Concat => 0,
    }
}

fn row_bytes(network: &Network, layer: usize) -> usize {
    let [channels, _, columns] = network.layers[layer].output.shape;
    channels * columns
}

/// The buffer of `tensor`, unless it is fused away.
fn buffer(network: &Network, steps: &[StepRecord], tensor: usize) -> Option<Buffer> {
    let runs = |step: &StepRecord, layer: usize| {
        let first = usize::from(step.layer);
        first == layer || (step.kind == step::CONV_POOL && first + 1 == layer)
    };
    let step_of = |layer: usize| steps.iter().position(|step| runs(step, layer));
    let is_logits = tensor == network.layers.len();
    let written = match tensor.checked_sub(1) {
        None => 0,
        Some(layer) => {
            let at = step_of(layer)?;
            let step = &steps[at];
            if step.kind == step::CONV_POOL && usize::from(step.layer) == layer {
                return None;
            }
            at
        }
    };
    let readers = network.layers.iter().enumerate();
    let readers = readers.filter(|(_, layer)| layer.inputs.contains(&tensor));
    let last_read = readers
        .filter_map(|(layer, _)| step_of(layer))
        .max()
        .unwrap_or(written);
    let elements = network.tensor(tensor).shape.iter().product::<usize>();
    Some(Buffer {
        bytes: elements * if is_logits { 4 } else { 1 },
        align: if is_logits { 4 } else { 1 },
        life: written..=last_read,
    })
}
