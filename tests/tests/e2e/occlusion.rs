//! Occlusion that recomputes only what changed has the bits of full inferences.

use crate::lecture_shape;
use cortexscope::model_files::{ModelFiles, shipped};
use cortexscope_core::{
    Mode, Model, NoTap, Occluder, occlude, occlusion_arena_bytes, run, softmax_probability,
};
use std::convert::Infallible;

const OCCLUDERS: [Occluder; 4] = [
    Occluder {
        window_h: 7,
        window_w: 7,
        stride_h: 1,
        stride_w: 1,
        fill: 0,
        class: None,
    },
    Occluder {
        window_h: 3,
        window_w: 9,
        stride_h: 5,
        stride_w: 4,
        fill: 127,
        class: Some(3),
    },
    Occluder {
        window_h: 28,
        window_w: 28,
        stride_h: 1,
        stride_w: 1,
        fill: -128,
        class: Some(0),
    },
    Occluder {
        window_h: 1,
        window_w: 1,
        stride_h: 9,
        stride_w: 7,
        fill: -7,
        class: None,
    },
];

/// The probability of `class` for `input`, by one whole inference.
fn full(model: &Model<'_>, arena: &mut [u8], input: &[i8], class: usize) -> f32 {
    let plan = model.plan(Mode::Fused).expect("a plan for each mode");
    run(model, &plan, arena, input, &mut NoTap).expect("the arena is large enough");
    softmax_probability(plan.logits(model, arena).expect("it ran there"), class)
}

fn compare(model: &Model<'_>, input: &[i8], occluder: &Occluder) {
    let shape = model.input().shape;
    let need = occlusion_arena_bytes(model, occluder.window_h, occluder.window_w);
    let mut words = vec![0_u32; need.max(1 << 20).div_ceil(4)];
    let arena: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut words)[..need];
    let mut found: Vec<f32> = Vec::new();
    let report = occlude(
        model,
        arena,
        input,
        occluder,
        &mut found,
        |_, _, _| Ok::<(), Infallible>(()),
        |found, position, probability| {
            assert_eq!(position, found.len());
            found.push(probability);
            Ok(())
        },
    )
    .expect("the occluder fits");

    let (rows, columns) = occluder.positions(shape).expect("the occluder fits");
    assert_eq!(
        (report.positions, found.len()),
        (rows * columns, rows * columns)
    );
    let arena = bytemuck::cast_slice_mut(&mut words);
    let class = report.class;
    assert_eq!(
        report.base_probability.to_bits(),
        full(model, arena, input, class).to_bits()
    );
    for (position, probability) in found.iter().enumerate() {
        let mut covered = input.to_vec();
        let top = position / columns * occluder.stride_h;
        let left = position % columns * occluder.stride_w;
        for y in top..top + occluder.window_h {
            let start = (y * shape.width + left) * shape.channels;
            covered[start..start + occluder.window_w * shape.channels].fill(occluder.fill);
        }
        let expected = full(model, arena, &covered, class);
        assert_eq!(
            probability.to_bits(),
            expected.to_bits(),
            "{occluder:?} at {position}"
        );
    }
    assert_eq!(report.macs_full, model.macs() * found.len() as u64);
    let wasted = report.macs_done > report.macs_full + model.macs();
    assert!(
        !wasted,
        "{} MACs for {}",
        report.macs_done, report.macs_full
    );
}

#[test]
fn a_network_of_random_weights() {
    let image = lecture_shape::board_image(5);
    for (seed, occluder) in OCCLUDERS.iter().enumerate() {
        compare(&image.model(), &lecture_shape::input(seed as u64), occluder);
    }
}

#[test]
fn every_shipped_model() {
    let names = shipped();
    assert!(names.len() >= 2, "models are shipped");
    for name in names {
        let model = ModelFiles::open(&name).expect("shipped models open");
        let digit: Vec<i8> = lecture_shape::input(9);
        for occluder in &OCCLUDERS {
            compare(&model.image.model(), &digit, occluder);
        }
    }
}

#[test]
fn the_lecture_lenet_saves_most_multiplications() {
    let model = ModelFiles::open("lecture-lenet").expect("shipped models open");
    let view = model.image.model();
    let mut words = vec![0_u32; occlusion_arena_bytes(&view, 7, 7).div_ceil(4)];
    let report = occlude(
        &view,
        bytemuck::cast_slice_mut(&mut words),
        &lecture_shape::input(1),
        &OCCLUDERS[0],
        &mut (),
        |(), _, _| Ok::<(), Infallible>(()),
        |(), _, _| Ok(()),
    )
    .expect("the occluder fits");
    // Recomputing the receptive field of a 7×7 patch, everything changed.
    let saved = report.macs_full as f64 / report.macs_done as f64;
    assert!(saved > 2.9, "{saved:.2} times fewer");
}
