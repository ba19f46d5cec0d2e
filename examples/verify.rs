//! Compares every byte that a board computes with tract, which runs the int8 ONNX model.
//!
//! ```text
//! cargo run --release --bin example-verify
//! ```

use std::error::Error;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::FloatInput;
use cortexscope_rig::Rig;
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode};
use cortexscope_rig::verify::Verifier;

fn main() -> Result<(), Box<dyn Error>> {
    let board = find("native").ok_or("no such board")?;
    let model = ModelFiles::open("lenet5")?;
    let mut verifier = Verifier::new(&model)?;

    let here = FarEnd::Here { sensor: Vec::new() };
    let mut rig = Rig::open(board, Engine::Static, model, here, Cancel::default())?;
    for number in 0..3 {
        let digit = FloatInput::open(&format!("mnist:{number}"), &rig.model.spec.input, None)?;
        verifier.compare(&mut rig, Mode::Fused, &digit.values, digit.label)?;
    }

    let tally = verifier.tally();
    println!(
        "{} bytes of {} images compared, {} differ",
        tally.bytes, tally.images, tally.mismatches
    );
    Ok(())
}
