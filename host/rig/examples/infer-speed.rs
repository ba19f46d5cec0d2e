//! How long an inference takes as a user asks for it, link and protocol included:
//! `infer-speed BOARD MODEL SECONDS` prints medians in microseconds.
//!
//! ```text
//! cargo run --release -p cortexscope-rig --example infer-speed -- native lecture-lenet 2
//! ```

use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::Rig;
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode, TensorSet};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [board, model, seconds] = arguments.as_slice() else {
        return Err("three arguments: a board, a model, and seconds".into());
    };
    let board = find(board).ok_or_else(|| format!("there is no board {board}"))?;
    let model = ModelFiles::open(model)?;
    let elements = model.image.model().input().shape.elements();
    // Two pictures in turns: the one before is still on the board.
    let inputs = [37, 11]
        .map(|step| -> Vec<i8> { (0..elements).map(|at| (at * step % 251) as i8).collect() });
    let here = FarEnd::Here { sensor: Vec::new() };
    let mut rig = Rig::open(board, Engine::Static, model, here, Cancel::default())?;
    let time = Duration::from_secs_f64(seconds.parse()?);
    for (mode, taps, name) in [
        (Mode::Fused, TensorSet::NONE, "fused, scores alone"),
        (Mode::Fused, TensorSet::ALL, "fused, every layer"),
        (Mode::Tapped, TensorSet::ALL, "tapped, every layer"),
    ] {
        let until = Instant::now() + time;
        let mut took = Vec::new();
        while Instant::now() < until {
            let input = &inputs[took.len() % 2];
            let start = Instant::now();
            rig.infer(input, mode, taps, &mut |_| {})?;
            took.push(start.elapsed());
        }
        took.sort_unstable();
        let median = took.get(took.len() / 2).ok_or("no time for an inference")?;
        let count = took.len();
        println!(
            "{name}: {:.1} µs, {count} times",
            median.as_secs_f64() * 1e6
        );
    }
    Ok(())
}
