//! The engine on this machine: one inference and one occlusion map of each shipped
//! model, `cargo bench --package cortexscope-core`. What it takes on a board,
//! `cargo xtask bench` counts in instructions.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use cortexscope_core::{Mode, Model, NoTap, Occluder, occlude, occlusion_arena_bytes, run};
use criterion::{Criterion, Throughput};

const MODELS: [&str; 2] = ["lenet5", "lecture-lenet"];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for name in MODELS {
        measure(&mut criterion, name);
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, name: &str) {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let file = models.join(name).join(format!("{name}.ctx"));
    let bytes = aligned(&fs::read(file).expect("a shipped model"));
    let model = Model::check(bytemuck::must_cast_slice(&bytes)).expect("a sound image");
    let shape = model.input_shape();
    let input: Vec<i8> = (0..shape.elements())
        .map(|at| (at * 37 % 251) as i8)
        .collect();

    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(model.macs()));
    for mode in Mode::ALL {
        let plan = model.plan(mode).expect("a plan for every mode");
        let mut arena = vec![0_u32; plan.arena_bytes().div_ceil(4)];
        let arena: &mut [u8] = bytemuck::must_cast_slice_mut(&mut arena);
        group.bench_function(format!("inference, {mode:?}"), |bencher| {
            bencher.iter(|| run(&model, &plan, arena, black_box(&input), &mut NoTap));
        });
    }

    let occluder = Occluder {
        window_h: 7,
        window_w: 7,
        stride_h: 1,
        stride_w: 1,
        fill: 0,
        class: None,
    };
    let (rows, columns) = occluder.positions(shape).expect("the patch fits");
    group.throughput(Throughput::Elements(model.macs() * (rows * columns) as u64));
    group.sample_size(10);
    let mut arena = vec![0_u32; occlusion_arena_bytes(&model, 7, 7).div_ceil(4)];
    let arena: &mut [u8] = bytemuck::must_cast_slice_mut(&mut arena);
    group.bench_function("occlusion map, 7×7", |bencher| {
        bencher.iter(|| {
            let found = |sum: &mut f32, _: usize, probability| {
                *sum += probability;
                Ok::<(), ()>(())
            };
            occlude(
                &model,
                arena,
                black_box(&input),
                &occluder,
                &mut 0.0,
                found,
                found,
            )
        });
    });
    group.finish();
}

/// The bytes where words may begin.
fn aligned(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0_u64; bytes.len().div_ceil(8)];
    bytemuck::must_cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}
