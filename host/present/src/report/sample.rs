//! A small report for tests: every part of one, in few numbers.

use crate::documents;
use image::RgbImage;

use super::{
    Counter, Fact, InputResult, LayerCost, LayerMemory, Memory, Receipt, ReportData, Run, Section,
};
use cortexscope_draw::{
    ActivationMaps, ArenaBuffer, ArenaPlan, BufferKind, ClassScores, MapRole, MemoryBar,
    MemorySegment, Occlusion, Quantisation, SegmentKind,
};

/// A 6×6 digit one.
fn stroke(index: usize) -> f32 {
    if index % 6 == 3 && (1..5).contains(&(index / 6)) {
        1.0
    } else {
        0.0
    }
}

fn maps(
    layer: &str,
    op: &str,
    [channels, height, width]: [usize; 3],
    value: impl Fn(usize) -> f32,
) -> ActivationMaps {
    ActivationMaps {
        layer: layer.to_owned(),
        op: op.to_owned(),
        channels,
        height,
        width,
        values: (0..channels * height * width).map(value).collect(),
        quantisation: Some(Quantisation {
            scale: 0.0125,
            zero: -128,
        }),
        role: MapRole::Activation,
    }
}

fn trial(name: &str, probabilities: [f32; 3], expected: usize, count: u64) -> InputResult {
    let input = ActivationMaps {
        role: MapRole::Stimulus,
        ..maps("input", "input", [1, 6, 6], stroke)
    };
    let conv = maps("conv", "convolution 3×3", [2, 4, 4], |index| {
        // Left edges in map 0, right edges in map 1.
        let (map, row, column) = (index / 16, index % 16 / 4, index % 4);
        let at = |offset: usize| stroke((row + 1) * 6 + column + offset);
        let edge = at(2) - at(0);
        if map == 0 { edge } else { -0.5 * edge }
    });
    let pool = maps("pool", "max pool 2×2", [2, 2, 2], |index| {
        index as f32 / 8.0
    });
    let dense = maps("dense", "dense", [3, 1, 1], |index| {
        [-1.5, 2.0, 0.25][index]
    });
    let mut falls = vec![Some(0.9); 16];
    falls[6] = Some(0.1);
    InputResult {
        name: name.to_owned(),
        notes: vec!["taken as it is".to_owned()],
        scores: ClassScores {
            labels: ["zero", "one", "two"].map(str::to_owned).into(),
            probabilities: probabilities.into(),
            expected: Some(expected),
        },
        layers: vec![input, conv, pool, dense],
        occlusion: Some(Occlusion {
            image: RgbImage::from_fn(6, 6, |x, y| {
                image::Rgb([(stroke((y * 6 + x) as usize) * 255.0) as u8; 3])
            }),
            outline_level: Some(128),
            rows: 4,
            columns: 4,
            probabilities: falls,
            window: [3, 3],
            stride: [1, 1],
            fill: "0 (black)".to_owned(),
            class: "one".to_owned(),
            base_probability: 0.88,
        }),
        occlusion_macs: Some([1_200, 4_800]),
        count: Some(count),
        costs: vec![
            LayerCost {
                layer: "conv".to_owned(),
                count: Some(count - 700),
            },
            LayerCost {
                layer: "pool".to_owned(),
                count: None,
            },
            LayerCost {
                layer: "dense".to_owned(),
                count: Some(600),
            },
        ],
    }
}

fn memory() -> Memory {
    let layer = |name: &str, op: &str, shape: &str, bytes| LayerMemory {
        name: name.to_owned(),
        op: op.to_owned(),
        shape: shape.to_owned(),
        activation_bytes: bytes,
        activation_f32_bytes: 4 * bytes,
        ..LayerMemory::default()
    };
    let buffer = |name: &str, kind, offset_bytes, bytes, first_step, last_step| ArenaBuffer {
        name: name.to_owned(),
        kind,
        offset_bytes,
        bytes,
        first_step,
        last_step,
    };
    let segment = |name: &str, kind, bytes| MemorySegment {
        name: name.to_owned(),
        kind,
        bytes,
    };
    Memory {
        layers: vec![
            LayerMemory {
                arena_offset_bytes: Some(0),
                lifetime: Some([0, 0]),
                ..layer("input", "input", "1×6×6", 36)
            },
            LayerMemory {
                weights: 18,
                biases: 2,
                macs: 288,
                kernel: Some("pooled sums"),
                packed_bytes: 56,
                loop_instructions: Some(320),
                loop_cycles: Some(584),
                scratch_bytes: 8,
                flash_bytes: 34,
                stack_bytes: Some(312),
                ..layer("conv", "convolution 3×3", "2×4×4", 32)
            },
            LayerMemory {
                arena_offset_bytes: Some(44),
                lifetime: Some([0, 1]),
                ..layer("pool", "max pool 2×2", "2×2×2", 8)
            },
            LayerMemory {
                weights: 24,
                biases: 3,
                macs: 24,
                arena_offset_bytes: Some(0),
                lifetime: Some([1, 1]),
                flash_bytes: 48,
                stack_bytes: Some(168),
                ..layer("dense", "dense", "3", 12)
            },
        ],
        sections: vec![
            Section {
                name: ".text".to_owned(),
                flash_bytes: 20_480,
                ram_bytes: 0,
            },
            Section {
                name: ".bss".to_owned(),
                flash_bytes: 0,
                ram_bytes: 1_024,
            },
        ],
        bars: vec![
            MemoryBar {
                name: "Flash".to_owned(),
                capacity_bytes: 1 << 20,
                segments: vec![
                    segment("code", SegmentKind::Code, 20_480),
                    segment("board image", SegmentKind::Weights, 512),
                ],
            },
            MemoryBar {
                name: "RAM".to_owned(),
                capacity_bytes: 16 << 10,
                segments: vec![
                    segment("static", SegmentKind::Static, 1_024),
                    segment("arena", SegmentKind::Arena, 52),
                ],
            },
        ],
        arenas: vec![(
            "fused".to_owned(),
            ArenaPlan {
                steps: ["conv + pool", "dense"].map(str::to_owned).into(),
                buffers: vec![
                    buffer("input", BufferKind::Tensor, 0, 36, 0, 0),
                    buffer("row of conv", BufferKind::Scratch, 36, 8, 0, 0),
                    buffer("pool", BufferKind::Tensor, 44, 8, 0, 1),
                    buffer("dense", BufferKind::Tensor, 0, 12, 1, 1),
                ],
                measured_bytes: Some(52),
            },
        )],
        gaps: vec!["stack: 512 B reserved, 312 B used".to_owned()],
    }
}

/// Two inputs, one of them taken for another class.
pub(crate) fn data() -> ReportData {
    ReportData {
        run: Run {
            board: "test-board".to_owned(),
            emulated: true,
            counter: Counter::Instructions,
            engine: "static".to_owned(),
            elf_build_id: "0123456789abcdef".to_owned(),
            model: "tiny".to_owned(),
            model_sha256: "00ff".repeat(16),
            protocol: "1, schema 89abcdef".to_owned(),
            settings: vec![Fact::new("Mode", "fused")],
            commands: vec!["cortexscope demo --board test-board".to_owned()],
        },
        trials: vec![
            trial("digit:1", [0.000_01, 0.88, 0.12], 1, 12_345),
            trial("digit:2", [0.3, 0.6, 0.1], 2, 12_400),
        ],
        memory: memory(),
        link: vec![Fact::new("Frames received", "1,234")],
        receipts: vec![Receipt {
            title: "digit:1".to_owned(),
            document: documents::receipt::Receipt {
                origin: documents::origin::Origin {
                    board: "mps2-an386".to_owned(),
                    engine: "static 0.1.0".to_owned(),
                    elf_build_id: None,
                    model: "net".to_owned(),
                    model_sha256: "00".repeat(32),
                    image_sha256: "00".repeat(32),
                    int8_onnx_sha256: "00".repeat(32),
                },
                input: "digit:1".to_owned(),
                mode: cortexscope_rig::session::Mode::Fused,
                seed: None,
                occlusion: documents::receipt::Window {
                    window: [7, 7],
                    stride: [1, 1],
                    fill: 128,
                    class: 1,
                },
            },
        }],
    }
}
