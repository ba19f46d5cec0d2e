//! Inputs through a board, one after the other, with every layer in files where that is
//! asked for.

use crate::documents::infer::{Infer, InputResult};
use crate::documents::origin::Origin;
use crate::dump;
use crate::results::{ResultFolder, SaveError};
use cortexscope_net::RequestError;
use cortexscope_net::input::Int8Input;
use cortexscope_rig::session::{Mode, SessionError, TensorSet};
use cortexscope_rig::{Recording, Rig};
use std::io;

/// Why not every input was run.
#[derive(Debug, thiserror::Error)]
pub enum InferError {
    /// The board does not answer as it should.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A layer cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// A result cannot be printed.
    #[error(transparent)]
    Print(#[from] io::Error),
}

impl RequestError for InferError {
    fn is_request(&self) -> bool {
        match self {
            Self::Save(error) => error.is_request(),
            Self::Session(_) | Self::Print(_) => false,
        }
    }
}

/// Runs `inputs` on the board of `rig`. `each` gets every result as it comes. Into
/// `folder`, which is begun before a board is asked, each layer is written once all inputs
/// were run, `NAME.npy`; several inputs get a folder each.
///
/// # Errors
/// [`InferError`].
pub fn infer(
    rig: &mut Rig,
    inputs: &[Int8Input],
    mode: Mode,
    folder: Option<ResultFolder>,
    each: &mut dyn FnMut(&Rig, &Int8Input, &Recording) -> io::Result<()>,
) -> Result<Infer, InferError> {
    let taps = match &folder {
        Some(_) => TensorSet::ALL,
        None => TensorSet::NONE,
    };
    let mut results = Vec::with_capacity(inputs.len());
    for input in inputs {
        let recording = rig.infer(&input.values, mode, taps, &mut |_| {})?;
        if let Some(folder) = &folder {
            let below = if inputs.len() > 1 { &input.name } else { "" };
            let model = rig.model.image.model();
            dump::write(folder, below, &model, &input.values, &recording)?;
        }
        each(rig, input, &recording)?;
        let result = InputResult::new(&input.name, input.label, &recording, &rig.model);
        results.push(result);
    }
    if let Some(folder) = folder {
        folder.commit()?;
    }
    Ok(Infer {
        origin: Origin::from(&*rig),
        mode,
        results,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_compile::model_files::ModelFiles;
    use cortexscope_rig::board::{Engine, FarEnd, find};
    use cortexscope_rig::session::Cancel;

    fn native() -> Rig {
        let model = ModelFiles::open("lecture-lenet").unwrap();
        let here = FarEnd::Here { sensor: Vec::new() };
        let board = find("native").unwrap();
        Rig::open(board, Engine::Static, model, here, Cancel::default()).unwrap()
    }

    #[test]
    fn several_inputs_get_a_folder_each() {
        let folder = tempfile::tempdir().unwrap();
        let mut rig = native();
        let inputs = ["mnist:0", "mnist:18"].map(|name| rig.model.input(name).unwrap());
        let mut seen = Vec::new();
        let found = infer(
            &mut rig,
            &inputs,
            Mode::Fused,
            Some(ResultFolder::begin(folder.path()).unwrap()),
            &mut |_, input, recording| {
                seen.push((input.name.clone(), recording.predicted()));
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(
            seen,
            [("mnist-0".to_owned(), 7), ("mnist-18".to_owned(), 3)]
        );
        assert_eq!(found.results[1].expected, Some(3));
        for name in ["mnist-0/conv1.npy", "mnist-18/fc.npy"] {
            assert!(folder.path().join(name).is_file(), "{name}");
        }
        let alone = folder.path().join("alone");
        infer(
            &mut rig,
            &inputs[..1],
            Mode::Tapped,
            Some(ResultFolder::begin(&alone).unwrap()),
            &mut |_, _, _| Ok(()),
        )
        .unwrap();
        assert!(alone.join("conv1.npy").is_file());
    }

    #[test]
    fn who_cannot_print_ends_the_work() {
        let mut rig = native();
        let inputs = ["mnist:0", "mnist:18"].map(|name| rig.model.input(name).unwrap());
        let mut calls = 0;
        let ended = infer(&mut rig, &inputs, Mode::Fused, None, &mut |_, _, _| {
            calls += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        });
        assert!(matches!(ended, Err(InferError::Print(_))));
        assert_eq!(calls, 1);
    }
}
