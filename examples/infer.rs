//! Runs a shipped model on a board and prints what the board answered.
//!
//! ```text
//! cargo run --release --bin example-infer
//! ```

use std::error::Error;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode, TensorSet};
use cortexscope_rig::{Rig, softmax};

fn main() -> Result<(), Box<dyn Error>> {
    // The native board runs the firmware's program in this process. Name another board,
    // such as "mps2-an386", once its firmware is built.
    let board = find("native").ok_or("no such board")?;
    let model = ModelFiles::open("lenet5")?;
    let digit = model.input("mnist:18")?;

    let here = FarEnd::Here { sensor: Vec::new() };
    let mut rig = Rig::open(board, Engine::Static, model, here, Cancel::default())?;
    // A tap on every tensor: the board sends each one before it reuses the memory.
    let recording = rig.infer(&digit.values, Mode::Fused, TensorSet::ALL, &mut |_| {})?;

    let class = recording.predicted();
    let percent = 100.0 * softmax(&recording.logits)[class];
    println!(
        "{} is a {} ({percent:.1} %)",
        digit.name,
        rig.model.label(class)
    );
    let network = rig.model.image.model();
    for activation in &recording.layers {
        if let Some(tensor) = network.tensor(activation.tensor) {
            println!("{:<8} {} bytes", tensor.name, tensor.bytes());
        }
    }
    Ok(())
}
