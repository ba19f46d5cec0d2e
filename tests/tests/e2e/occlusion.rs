//! Occlusion that recomputes only what changed has the bits of full inferences.

use crate::lecture_shape;
use cortexscope_compile::board_image::{BoardImage, emit};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_compile::network::{Activation, Channels, Layer, Network, Op, Window};
use cortexscope_core::{
    Mode, Model, NoTap, Occluder, occlude, occlusion_arena_bytes, run, softmax_probability,
};
use cortexscope_net::resources::shipped;
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
    softmax_probability(plan.logits(arena).expect("it ran there"), class)
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

/// Two branches whose padding lies on different sides, joined: what a patch changes in
/// one does not lie where it does in the other.
fn branches() -> BoardImage {
    let activation = |name: &str, shape| Activation {
        name: name.to_owned(),
        shape,
        scale: 1.0,
        zero: -3,
    };
    let conv = |kernel: usize, before: usize, depth: usize| {
        let window = Window {
            kernel: [kernel; 2],
            pad_before: [before; 2],
            pad_after: [kernel - 1 - before; 2],
            ..Window::POINT
        };
        Op::Conv {
            window,
            groups: 1,
            weights: weights(2 * depth * kernel * kernel),
            channels: channels(2),
        }
    };
    let layer = |inputs: &[usize], op, name, shape| Layer {
        inputs: inputs.to_vec(),
        op,
        output: activation(name, shape),
    };
    let dense = Op::Dense {
        weights: weights(4 * 4 * 81),
        channels: channels(4),
    };
    let mut layers = vec![
        layer(&[0], conv(2, 0, 1), "left", [2, 9, 9]),
        layer(&[1], conv(2, 0, 2), "further left", [2, 9, 9]),
        layer(&[0], conv(3, 1, 1), "around", [2, 9, 9]),
        layer(&[2, 3], Op::Concat, "both", [4, 9, 9]),
        layer(&[4], dense, "logits", [4, 1, 1]),
    ];
    layers[4].output.zero = 0;
    let network = Network {
        name: "branches".to_owned(),
        labels: ["a", "b", "c", "d"].map(str::to_owned).into(),
        input: activation("image", [1, 9, 9]),
        layers,
    };
    emit(&network, [0; 32]).expect("the shapes fit each other")
}

/// A map whose channels become blocks of pixels, and a window that overlaps them.
fn blocks() -> BoardImage {
    let activation = |name: &str, shape| Activation {
        name: name.to_owned(),
        shape,
        scale: 1.0,
        zero: -3,
    };
    let conv = |kernel: usize, depth: usize, outputs: usize| Op::Conv {
        window: Window {
            kernel: [kernel; 2],
            ..Window::POINT
        },
        groups: 1,
        weights: weights(outputs * depth * kernel * kernel),
        channels: channels(outputs),
    };
    let layer = |input: usize, op, name, shape| Layer {
        inputs: vec![input],
        op,
        output: activation(name, shape),
    };
    let dense = Op::Dense {
        weights: weights(4 * 2 * 13 * 13),
        channels: channels(4),
    };
    let mut layers = vec![
        layer(0, conv(2, 1, 8), "deep", [8, 8, 8]),
        layer(1, Op::DepthToSpace, "blocks", [2, 16, 16]),
        layer(2, conv(4, 2, 2), "windows", [2, 13, 13]),
        layer(3, dense, "logits", [4, 1, 1]),
    ];
    layers[3].output.zero = 0;
    let network = Network {
        name: "blocks".to_owned(),
        labels: ["a", "b", "c", "d"].map(str::to_owned).into(),
        input: activation("image", [1, 9, 9]),
        layers,
    };
    emit(&network, [0; 32]).expect("the shapes fit each other")
}

fn weights(count: usize) -> Vec<i8> {
    (0..count).map(|index| (index * 37 % 251) as i8).collect()
}

fn channels(count: usize) -> Channels {
    Channels {
        weight_scales: vec![0.002; count],
        bias: (0..count as i32).collect(),
    }
}

#[test]
fn branches_that_change_in_different_places() {
    squares(&branches());
}

#[test]
fn channels_that_become_blocks_of_pixels() {
    squares(&blocks());
}

/// Compares with squares of several sides on a map of 9×9.
fn squares(image: &BoardImage) {
    let input: Vec<i8> = (0..81).map(|pixel| (pixel * 53 % 251) as i8).collect();
    for side in 1..=4 {
        let occluder = Occluder {
            window_h: side,
            window_w: side,
            ..OCCLUDERS[0]
        };
        compare(&image.model(), &input, &occluder);
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
    // What a 7×7 patch reaches, everything changed, in whole outputs of the max-pools: by
    // hand, over all positions, 2.528 times fewer.
    let saved = report.macs_full as f64 / report.macs_done as f64;
    assert!((2.527..2.529).contains(&saved), "{saved:.4} times fewer");
}
