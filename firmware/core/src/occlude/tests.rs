//! Maps of the shipped models against whole inferences, both ways in which a build may
//! pool a convolution.

use super::{Occluder, occlude_by, occlude_by_inferences, occlusion_arena_bytes};
use crate::{Mode, Model, NoTap, run, softmax_probability};
use std::path::Path;
use std::vec::Vec;
use std::{format, fs, vec};

/// A black patch, and a white one.
const OCCLUDERS: [Occluder; 2] = [occluder(-128), occluder(127)];

const fn occluder(fill: i8) -> Occluder {
    Occluder {
        window_h: 7,
        window_w: 6,
        stride_h: 3,
        stride_w: 2,
        fill,
        class: None,
    }
}

fn words(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0; bytes.len().div_ceil(8)];
    bytemuck::must_cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}

fn map<const POOLS: bool>(
    model: &Model<'_>,
    input: &[i8],
    occluder: &Occluder,
) -> (usize, Vec<u32>) {
    let bytes = occlusion_arena_bytes(model, occluder.window_h, occluder.window_w);
    // What was there before does not matter.
    let mut arena = vec![0xAAAA_AAAA_u32; bytes.div_ceil(4)];
    let mut bits = Vec::new();
    let report = occlude_by::<POOLS, _, ()>(
        model,
        bytemuck::must_cast_slice_mut(&mut arena),
        input,
        occluder,
        &mut bits,
        |_, _, _| Ok(()),
        |bits, _, probability| {
            bits.push(probability.to_bits());
            Ok(())
        },
    );
    (report.expect("a large arena").class, bits)
}

/// The same by whole inferences; and how many of the multiplications of as many inferences
/// as there are positions.
fn map_by_inferences(
    model: &Model<'_>,
    input: &[i8],
    occluder: &Occluder,
) -> (usize, Vec<u32>, [u64; 2]) {
    let plan = model.plan(Mode::Fused).expect("a plan");
    let bytes = plan.arena_bytes() + input.len();
    let mut arena = vec![0xAAAA_AAAA_u32; bytes.div_ceil(4)];
    let arena: &mut [u8] = bytemuck::must_cast_slice_mut(&mut arena);
    let mut bits = Vec::new();
    let report = occlude_by_inferences(
        model,
        &mut arena[..bytes],
        input,
        occluder,
        &mut NoTap,
        |_, _, _| Ok(()),
        |_, _, probability| {
            bits.push(probability.to_bits());
            Ok(())
        },
    )
    .expect("an arena that just fits");
    (report.class, bits, [report.macs_done, report.macs_full])
}

/// The same by its definition.
fn plain_map(model: &Model<'_>, input: &[i8], occluder: &Occluder, class: usize) -> Vec<u32> {
    let plan = model.plan(Mode::Tapped).expect("a plan");
    let mut arena = vec![0_u32; plan.arena_bytes().div_ceil(4)];
    let arena: &mut [u8] = bytemuck::must_cast_slice_mut(&mut arena);
    let shape = model.input_shape();
    let (rows, columns) = occluder.positions(shape).expect("it fits");
    let mut bits = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let mut covered = input.to_vec();
            for y in 0..occluder.window_h {
                let at = (row * occluder.stride_h + y) * shape.width + column * occluder.stride_w;
                let end = at + occluder.window_w;
                covered[at * shape.channels..end * shape.channels].fill(occluder.fill);
            }
            run(model, &plan, arena, &covered, &mut NoTap).expect("a large arena");
            let logits = plan.logits(arena).expect("the arena of the run");
            bits.push(softmax_probability(logits, class).to_bits());
        }
    }
    bits
}

#[test]
fn maps_of_the_shipped_models() {
    let mut telling = 0;
    for name in ["lecture-lenet", "lenet5", "winml-mnist"] {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let file = models.join(name).join(format!("{name}.ctx"));
        let bytes = words(&fs::read(file).expect("a shipped model"));
        let model = Model::check(bytemuck::must_cast_slice(&bytes)).expect("a sound image");
        // A bright ring on black, so that some patches change nothing.
        let shape = model.input_shape();
        let input: Vec<i8> = (0..shape.elements())
            .map(|at| {
                let [y, x] = [at / shape.width, at % shape.width].map(|side| side as i32 - 14);
                let far = y * y + x * x;
                if (30..90).contains(&far) {
                    (far * 3 % 128) as i8
                } else {
                    -128
                }
            })
            .collect();
        let mut maps = Vec::new();
        for occluder in &OCCLUDERS {
            let (class, rows) = map::<false>(&model, &input, occluder);
            let expected = plain_map(&model, &input, occluder, class);
            assert_eq!(rows, expected, "{name}, row by row");
            let sums = map::<true>(&model, &input, occluder);
            assert_eq!(sums, (class, expected.clone()), "{name}, as sums");
            let (found, by_inferences, [done, full]) = map_by_inferences(&model, &input, occluder);
            assert_eq!((found, by_inferences), (class, expected), "{name}, whole");
            // A black patch on black changes nothing, and a white one does.
            assert_eq!(
                done < full,
                occluder.fill == -128,
                "{name}: {done} of {full}"
            );
            maps.extend(rows);
        }
        telling += usize::from(maps.iter().any(|bits| *bits != maps[0]));
    }
    // One of them is as sure wherever the patch is.
    assert!(telling >= 2, "{telling}");
}
