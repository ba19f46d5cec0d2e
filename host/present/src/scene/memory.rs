//! A board's memory as pictures: the arena over the steps, flash and RAM to scale.

use cortexscope_budget::MemoryPlan;
use cortexscope_core::{Model, Plan, Step};
use cortexscope_draw::{ArenaBuffer, ArenaPlan, BufferKind, MemoryBar, MemorySegment, SegmentKind};
use cortexscope_rig::session::MemoryReport;
use std::ops::Range;

/// The live ranges of `plan`, with what was measured.
pub fn arena(model: &Model<'_>, plan: &Plan<'_>, measured_bytes: Option<u32>) -> ArenaPlan {
    let steps: Vec<Step> = plan.steps().collect();
    let name = |tensor: usize| model.tensor(tensor).map_or("", |tensor| tensor.name);
    let step_of = |layer: usize| {
        let mut steps = steps.iter();
        steps.position(|step| step.layers.contains(&layer))
    };
    let tensors = (0..model.tensor_count()).filter_map(|tensor| {
        let place = plan.place(tensor)?;
        let first_step = tensor.checked_sub(1).and_then(step_of).unwrap_or(0);
        let readers = model
            .layers()
            .filter(|layer| layer.inputs.contains(&(tensor as u16)));
        let last_step = readers.filter_map(|layer| step_of(layer.output - 1)).max();
        Some(ArenaBuffer {
            name: name(tensor).to_owned(),
            kind: BufferKind::Tensor,
            offset_bytes: place.start as u64,
            bytes: place.len() as u64,
            first_step,
            last_step: last_step.unwrap_or(first_step),
        })
    });
    let beside = steps.iter().enumerate().flat_map(|(at, step)| {
        let buffer = |what, place: &Range<usize>| ArenaBuffer {
            name: format!("{what} of {}", name(step.layers.start + 1)),
            kind: BufferKind::Scratch,
            offset_bytes: place.start as u64,
            bytes: place.len() as u64,
            first_step: at,
            last_step: at,
        };
        [buffer("scratch", &step.scratch), buffer("row", &step.row)]
    });
    let beside = beside.filter(|buffer| buffer.bytes > 0);
    let title = |step: &Step| {
        let names: Vec<&str> = step.layers.clone().map(|layer| name(layer + 1)).collect();
        names.join(" + ")
    };
    ArenaPlan {
        buffers: tensors.chain(beside).collect(),
        steps: steps.iter().map(title).collect(),
        measured_bytes: measured_bytes.map(u64::from),
    }
}

/// Flash and RAM to scale; empty for a board without a linker map.
pub fn bars(report: &MemoryReport, stack_high_water: Option<u32>) -> Vec<MemoryBar> {
    let sections = &report.sections;
    if sections.flash_bytes == 0 || sections.ram_bytes == 0 {
        return Vec::new();
    }
    let segment = |name: &str, kind, bytes: u32| MemorySegment {
        name: name.to_owned(),
        kind,
        bytes: bytes.into(),
    };
    let (stack, bytes) = match stack_high_water {
        Some(bytes) => ("stack, measured", bytes),
        None => ("stack, reserved", sections.stack_bytes),
    };
    vec![
        MemoryBar {
            name: "Flash".to_owned(),
            capacity_bytes: sections.flash_bytes.into(),
            segments: vec![
                segment("code", SegmentKind::Code, sections.text_bytes),
                segment(
                    "constants",
                    SegmentKind::Tables,
                    sections.rodata_bytes + sections.data_bytes,
                ),
                segment("board image", SegmentKind::Weights, report.image_bytes),
            ],
        },
        MemoryBar {
            name: "RAM".to_owned(),
            capacity_bytes: sections.ram_bytes.into(),
            segments: vec![
                segment(stack, SegmentKind::Stack, bytes),
                segment(
                    "static",
                    SegmentKind::Static,
                    sections.data_bytes + sections.bss_bytes,
                ),
                segment("arena", SegmentKind::Arena, report.arena_bytes),
                segment("heap", SegmentKind::Other, sections.heap_bytes),
            ],
        },
    ]
}

/// The arena that a budget planned, for a picture.
pub fn planned_arena(plan: &MemoryPlan) -> ArenaPlan {
    let buffers = plan.buffers.iter().map(|buffer| ArenaBuffer {
        name: buffer.layer.clone().unwrap_or_else(|| "scratch".to_owned()),
        kind: match buffer.layer {
            Some(_) => BufferKind::Tensor,
            None => BufferKind::Scratch,
        },
        offset_bytes: buffer.offset_bytes as u64,
        bytes: buffer.bytes as u64,
        first_step: buffer.steps[0],
        last_step: buffer.steps[1],
    });
    ArenaPlan {
        steps: plan.steps.clone(),
        buffers: buffers.collect(),
        measured_bytes: None,
    }
}
