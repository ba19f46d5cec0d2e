//! Board images: arbitrary bytes, and a real image of every operator with fields
//! of its records changed and the hash put right. What the check lets through
//! must run, and be occluded.

#![no_main]

use arbitrary::Arbitrary;
use cortexscope_core::image::format::{
    HASHED_FROM, Header, LayerRecord, PlanRecord, Span, TensorRecord,
};
use cortexscope_core::{Mode, Model, NoTap, Occluder, occlude, occlusion_arena_bytes, run};
use cortexscope_fuzz::{TINY_IMAGE, aligned};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use std::convert::Infallible;

/// More multiplications than this are not run: fuzzing wants many short runs.
const MAX_MACS: u64 = 100_000;
const MAX_ARENA_BYTES: usize = 1 << 16;

#[derive(Arbitrary, Debug)]
enum Input {
    Raw(Vec<u8>),
    Changed { changes: Vec<Change>, cut: Option<u16> },
}

/// A half-word or word of one part of the image that becomes another.
#[derive(Arbitrary, Debug)]
struct Change {
    part: Part,
    at: u8,
    value: Value,
}

#[derive(Arbitrary, Debug)]
enum Part {
    Header,
    Tensors,
    Layers,
    Operands,
    Plans,
    Steps,
    Placements,
    Anywhere,
}

#[derive(Arbitrary, Debug)]
enum Value {
    Half(u16),
    Word(u32),
    /// Numbers near the one that is there, as sizes and offsets are.
    Moved(i8),
}

impl Part {
    /// First byte and length, as the untouched header has them.
    fn place(&self) -> (usize, usize) {
        let header: Header = bytemuck::pod_read_unaligned(&TINY_IMAGE[..size_of::<Header>()]);
        let table = |span: Span, bytes: usize| (span.offset as usize, span.count as usize * bytes);
        let (plans, plans_bytes) = table(header.plans, size_of::<PlanRecord>());
        let plan: PlanRecord = bytemuck::pod_read_unaligned(
            &TINY_IMAGE[plans..plans + size_of::<PlanRecord>()],
        );
        match self {
            Self::Header => (0, size_of::<Header>()),
            Self::Tensors => table(header.tensors, size_of::<TensorRecord>()),
            Self::Layers => table(header.layers, size_of::<LayerRecord>()),
            Self::Operands => table(header.operands, 2),
            Self::Plans => (plans, plans_bytes),
            Self::Steps => table(plan.steps, 16),
            Self::Placements => table(plan.placements, 4),
            Self::Anywhere => (0, TINY_IMAGE.len()),
        }
    }
}

impl Change {
    fn apply(&self, image: &mut [u8]) {
        let (start, length) = self.part.place();
        let at = start + 2 * usize::from(self.at) % length.max(1);
        let size = match self.value {
            Value::Half(_) | Value::Moved(_) => 2,
            Value::Word(_) => 4,
        };
        let Some(place) = image.get_mut(at..at + size) else { return };
        match self.value {
            Value::Half(value) => place.copy_from_slice(&value.to_le_bytes()),
            Value::Word(value) => place.copy_from_slice(&value.to_le_bytes()),
            Value::Moved(by) => {
                let value = u16::from_le_bytes([place[0], place[1]]);
                place.copy_from_slice(&value.wrapping_add_signed(by.into()).to_le_bytes());
            }
        }
    }
}

fn check(bytes: &[u8]) {
    let words = aligned(bytes);
    let Ok(model) = Model::check(&bytemuck::cast_slice(&words)[..bytes.len()]) else { return };
    if model.macs() > MAX_MACS {
        return;
    }
    let input = vec![0; model.input().bytes()];
    for plan in Mode::ALL.into_iter().filter_map(|mode| model.plan(mode)) {
        if plan.arena_bytes() > MAX_ARENA_BYTES {
            continue;
        }
        let mut arena = vec![0_u32; plan.arena_bytes().div_ceil(4)];
        let arena = bytemuck::cast_slice_mut(&mut arena);
        run(&model, &plan, arena, &input, &mut NoTap).expect("a checked plan runs");
    }
    occlude_once(&model, &input);
}

/// One patch in the middle, if there is room for it.
fn occlude_once(model: &Model<'_>, input: &[i8]) {
    let need = occlusion_arena_bytes(model, 2, 2);
    if need > MAX_ARENA_BYTES {
        return;
    }
    let occluder = Occluder {
        window_h: 2,
        window_w: 2,
        stride_h: 3,
        stride_w: 3,
        fill: 1,
        class: None,
    };
    let mut arena = vec![0_u32; need.div_ceil(4)];
    let arena = bytemuck::cast_slice_mut(&mut arena);
    // An input of one row has no room for the patch: that is an answer too.
    let _ = occlude(
        model,
        arena,
        input,
        &occluder,
        &mut (),
        |(), _, _| Ok::<(), Infallible>(()),
        |(), _, _| Ok(()),
    );
}

fuzz_target!(|input: Input| {
    match input {
        Input::Raw(bytes) => check(&bytes),
        Input::Changed { changes, cut } => {
            let mut image = TINY_IMAGE.to_vec();
            for change in changes {
                change.apply(&mut image);
            }
            if let Some(cut) = cut {
                image.truncate(usize::from(cut).max(HASHED_FROM));
            }
            let hash = Sha256::digest(&image[HASHED_FROM..]);
            image[16..48].copy_from_slice(&hash);
            check(&image);
        }
    }
});
