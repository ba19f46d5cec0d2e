//! Board images: arbitrary bytes, and a real image with fields changed and the
//! hash put right. What the check lets through must run.

#![no_main]

use arbitrary::Arbitrary;
use cortexscope_core::image::format::HASHED_FROM;
use cortexscope_core::{Mode, Model, NoTap, run};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// The smallest shipped network.
const IMAGE: &[u8] = include_bytes!("../../../models/lecture-lenet/lecture-lenet.ctx");

/// More multiplications than this are not run: fuzzing wants many short runs.
const MAX_MACS: u64 = 20_000_000;
const MAX_ARENA_BYTES: usize = 1 << 20;

#[derive(Arbitrary, Debug)]
enum Input {
    Raw(Vec<u8>),
    Changed(Vec<Change>),
}

/// A word of the real image that becomes another.
#[derive(Arbitrary, Debug)]
struct Change {
    at: u16,
    value: u32,
    is_half: bool,
}

fn check(bytes: &[u8]) {
    let mut words = vec![0_u32; bytes.len().div_ceil(4)];
    let aligned: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut words)[..bytes.len()];
    aligned.copy_from_slice(bytes);
    let Ok(model) = Model::check(aligned) else { return };
    if model.macs() > MAX_MACS {
        return;
    }
    for plan in Mode::ALL.into_iter().filter_map(|mode| model.plan(mode)) {
        if plan.arena_bytes() > MAX_ARENA_BYTES {
            continue;
        }
        let mut arena = vec![0_u32; plan.arena_bytes().div_ceil(4)];
        let input = vec![0; model.input().bytes()];
        let arena = bytemuck::cast_slice_mut(&mut arena);
        run(&model, &plan, arena, &input, &mut NoTap).expect("a checked plan runs");
    }
}

fuzz_target!(|input: Input| {
    match input {
        Input::Raw(bytes) => check(&bytes),
        Input::Changed(changes) => {
            let mut image = IMAGE.to_vec();
            for Change { at, value, is_half } in changes {
                let at = HASHED_FROM + 2 * usize::from(at);
                let size = if is_half { 2 } else { 4 };
                if let Some(place) = image.get_mut(at..at + size) {
                    place.copy_from_slice(&value.to_le_bytes()[..size]);
                }
            }
            let hash = Sha256::digest(&image[HASHED_FROM..]);
            image[16..48].copy_from_slice(&hash);
            check(&image);
        }
    }
});
