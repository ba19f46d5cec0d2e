//! One inference on a board: `first-inference BOARD` prints the logits.
//!
//! The firmware of an emulated board is built with `cargo xtask firmware --board BOARD`.

use std::env;
use std::error::Error;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::Rig;
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode, TensorSet};

fn main() -> Result<(), Box<dyn Error>> {
    let name = env::args().nth(1).ok_or("name a board")?;
    let board = find(&name).ok_or_else(|| format!("there is no board {name}"))?;
    let model = ModelFiles::open("lecture-lenet")?;
    let elements = model.image.model().input().shape.elements();
    // Any picture will do: a slope from black to white.
    let input: Vec<i8> = (0..elements)
        .map(|at| (at * 255 / elements) as u8 as i8)
        .collect();
    let here = FarEnd::Here { sensor: Vec::new() };
    let mut rig = Rig::open(board, Engine::Static, model, here, Cancel::default())?;
    let recording = rig.infer(&input, Mode::Fused, TensorSet::ALL, &mut |_| {})?;
    println!("logits {:?}", recording.logits);
    Ok(())
}
