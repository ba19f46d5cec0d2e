//! How long an inference takes on this machine, with the kernels of this machine.
//!
//! ```text
//! cargo run --release -p cortexscope-core --example native_speed -- MODEL.ctx SECONDS
//! ```
//!
//! Prints nanoseconds of the fastest inference and of the median, on one line.

use cortexscope_core::{Mode, Model, NoTap, run};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(file), Some(seconds)) = (arguments.next(), arguments.next()) else {
        return Err("two arguments: a board image, and seconds".into());
    };
    let bytes = aligned(&fs::read(file)?);
    let model = Model::check(bytemuck::must_cast_slice(&bytes))
        .map_err(|error| format!("the board image: {error:?}"))?;
    let plan = model.plan(Mode::Fused).ok_or("no plan for fused layers")?;
    let mut arena = vec![0_u32; plan.arena_bytes().div_ceil(4)];
    let arena: &mut [u8] = bytemuck::must_cast_slice_mut(&mut arena);
    let input: Vec<i8> = (0..model.input().bytes())
        .map(|at| (at * 37 % 251) as i8)
        .collect();

    let until = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
    let mut took = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        run(&model, &plan, arena, black_box(&input), &mut NoTap)
            .map_err(|error| format!("the inference: {error:?}"))?;
        took.push(start.elapsed().as_nanos());
        black_box(&*arena);
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2).ok_or("no time for an inference")?;
    println!("{} {median}", took[0]);
    Ok(())
}

/// The bytes where words may begin.
fn aligned(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0_u64; bytes.len().div_ceil(8)];
    bytemuck::must_cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}
