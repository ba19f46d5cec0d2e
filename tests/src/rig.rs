//! A network, compiled and on the native board.

use anyhow::Context;
use cortexscope_compile::board_image::emit;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_compile::{Compiled, compile};
use cortexscope_rig::board::{self, Engine, FarEnd};
pub use cortexscope_rig::session::Mode;
use cortexscope_rig::session::{Cancel, SessionError, TensorSet};
use cortexscope_rig::{Recording, Rig};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

use crate::random_network::RandomNetwork;

/// Compiles `drawn`, calibrated on its own inputs, and puts it on the native
/// board.
///
/// # Errors
/// The network is refused, or the board does not start.
pub fn compiled(drawn: &RandomNetwork) -> anyhow::Result<(Compiled, Rig)> {
    compiled_for("native", drawn)
}

/// As [`compiled`], on any board.
///
/// # Errors
/// The network is refused, or the board does not start.
pub fn compiled_for(board: &str, drawn: &RandomNetwork) -> anyhow::Result<(Compiled, Rig)> {
    let compiled = compile(
        &drawn.onnx,
        "random",
        &drawn.spec,
        &drawn.inputs,
        &mut |_| std::ops::ControlFlow::Continue(()),
    )?;
    let hash = Sha256::digest(&compiled.int8_onnx).into();
    let model = ModelFiles {
        name: "random".to_owned(),
        image: emit(&compiled.network, hash)?,
        image_path: PathBuf::from("random.ctx").into(),
        int8_onnx: compiled.int8_onnx.clone(),
        spec: drawn.spec.clone(),
        assumed: None,
    };
    let board = board::find(board).context("the board is known")?;
    let rig = Rig::open(
        board,
        Engine::Static,
        model,
        FarEnd::Here { sensor: Vec::new() },
        Cancel::default(),
    )?;
    Ok((compiled, rig))
}

/// Every tensor of one inference.
///
/// # Errors
/// The board does not answer as it should.
pub fn record(rig: &mut Rig, input: &[i8], mode: Mode) -> Result<Recording, SessionError> {
    rig.infer(input, mode, TensorSet::ALL, &mut |_| {})
}
