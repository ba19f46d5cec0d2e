//! Records a session with a board in a file, and replays it without the board.
//!
//! ```text
//! cargo run --release --bin example-replay
//! ```

use std::error::Error;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_record::{Tape, open};
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode, TensorSet};

/// What a board, or a recording of it, answers to a digit.
fn logits(tape: &Tape) -> Result<Vec<f32>, Box<dyn Error>> {
    let board = find("native").ok_or("no such board")?;
    let model = ModelFiles::open("lenet5")?;
    let digit = model.input("mnist:18")?;
    let here = FarEnd::Here { sensor: Vec::new() };
    let mut rig = open(board, Engine::Static, model, here, tape, Cancel::default())?;
    let recording = rig.infer(&digit.values, Mode::Fused, TensorSet::NONE, &mut |_| {})?;
    Ok(recording.logits)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("digit.ctxtape");
    let recorded = logits(&Tape::Record(file.clone()))?;
    let replayed = logits(&Tape::Replay(file))?;
    let verdict = if replayed == recorded {
        "the same"
    } else {
        "other"
    };
    println!(
        "the recording gives {verdict} {} logits as the board",
        replayed.len()
    );
    Ok(())
}
