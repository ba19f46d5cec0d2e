//! How long an inference takes on this machine, by the engine alone.
//!
//! ```text
//! cargo run --release -p cortexscope-simd --example native_speed -- MODEL.ctx SECONDS [KERNELS]
//! ```
//!
//! KERNELS is `vnni`, `avx2` or `portable`, or `core` for those of the engine itself;
//! without it they are the fastest that the processor has. Prints nanoseconds of the
//! fastest inference and of the median, and which kernels they were, on one line.

use cortexscope_core::{Accelerator, Mode, Model, NoAccelerator, NoTap, run_with};
use cortexscope_simd::{InstructionSet, SimdKernels};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(file), Some(seconds)) = (arguments.next(), arguments.next()) else {
        return Err("two arguments: a board image, and seconds".into());
    };
    let time = Duration::from_secs_f64(seconds.parse()?);
    let bytes = aligned(&fs::read(file)?);
    let model = Model::check(bytemuck::must_cast_slice(&bytes))
        .map_err(|error| format!("the board image: {error:?}"))?;
    let kernels = arguments.next();
    let set = match kernels.as_deref() {
        Some("core") => return measure(&model, time, &mut NoAccelerator, &"the engine's own"),
        Some("vnni") => Some(InstructionSet::Vnni),
        Some("avx2") => Some(InstructionSet::Avx2),
        Some("portable") => Some(InstructionSet::Portable),
        Some(other) => return Err(format!("no kernels are called {other}").into()),
        None => None,
    };
    let mut kernels = match set {
        Some(set) => SimdKernels::of(set, &model).ok_or("not on this processor")?,
        None => SimdKernels::new(&model),
    };
    let set = kernels.instructions();
    measure(&model, time, &mut kernels, &set)
}

/// Infers until `time` is over, and prints what it took.
fn measure(
    model: &Model<'_>,
    time: Duration,
    accelerator: &mut impl Accelerator,
    kernels: &dyn std::fmt::Display,
) -> Result<(), Box<dyn Error>> {
    let plan = model.plan(Mode::Fused).ok_or("no plan for fused layers")?;
    let mut arena = vec![0_u32; plan.arena_bytes().div_ceil(4)];
    let arena: &mut [u8] = bytemuck::must_cast_slice_mut(&mut arena);
    let input: Vec<i8> = (0..model.input().bytes())
        .map(|at| (at * 37 % 251) as i8)
        .collect();
    let until = Instant::now() + time;
    let mut took = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        run_with(
            model,
            &plan,
            arena,
            black_box(&input),
            &mut NoTap,
            accelerator,
        )
        .map_err(|error| format!("the inference: {error:?}"))?;
        took.push(start.elapsed().as_nanos());
        black_box(&*arena);
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2).ok_or("no time for an inference")?;
    println!("{} {median} {kernels}", took[0]);
    Ok(())
}

/// The bytes where words may begin.
fn aligned(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0_u64; bytes.len().div_ceil(8)];
    bytemuck::must_cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}
