//! What each layer of one or more models costs on a board, and whether it costs more than the
//! results that were kept.

mod kept;
mod table;

pub use kept::KeptError;
pub use table::write;

use crate::documents::bench::{Bench, KeptBench, ModelBench};
use cortexscope_compile::model_files::ModelFilesError;
use cortexscope_net::RequestError;
use cortexscope_net::input::InputError;
use cortexscope_record::{ChoiceError, RigChoice, Tape};
use cortexscope_rig::bench::bench;
use cortexscope_rig::board::{FirmwareError, firmware_compiler};
use cortexscope_rig::session::{Cancel, Mode, SessionError};

/// The models that are measured where none is named.
pub const USUAL_MODELS: [&str; 2] = ["lenet5", "lecture-lenet"];

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct BenchRequest<'a> {
    /// The board, and how it is reached; its model does not matter.
    pub board: &'a RigChoice,
    /// Shipped models, or paths of board images.
    pub models: &'a [String],
    /// The input, as the user named it.
    pub input: &'a str,
    /// The plan to run.
    pub mode: Mode,
    /// Whether an occlusion map is measured, too.
    pub with_map: bool,
    /// What is done with the results.
    pub keeping: Keeping,
}

/// What is done with results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing.
    #[default]
    Nothing,
    /// They are kept for later comparisons.
    Update,
    /// They are compared with those that were kept.
    Check,
}

impl Keeping {
    /// What asks for it on a command line.
    fn flag(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Update => Some("--update"),
            Self::Check => Some("--check"),
        }
    }
}

/// What a board was measured to take.
#[derive(Clone, Debug)]
pub struct BoardBench {
    /// The document.
    pub document: Bench,
    /// Whether a recording answered.
    pub is_replay: bool,
    /// What takes over 2 % more than in the results that were kept, one line for each; empty
    /// where nothing does, and where they were not compared.
    pub rises: Vec<String>,
}

/// Why a board was not measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Several models for what holds one.
    #[error("a real board and a recording hold one model: name it with --model")]
    OneModel,
    /// Results of a recording are neither kept nor compared.
    #[error(
        "{flag} is for the firmware that is here, --replay is of firmware that was recorded: \
         give one of them"
    )]
    KeepingReplay {
        /// What asked for it.
        flag: &'static str,
    },
    /// A model cannot be opened.
    #[error(transparent)]
    Model(Box<ModelFilesError>),
    /// The board is not known, or cannot be reached.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The input cannot be opened.
    #[error(transparent)]
    Input(Box<InputError>),
    /// The board does not answer as it should.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The firmware cannot be read.
    #[error(transparent)]
    Firmware(#[from] FirmwareError),
    /// Results cannot be kept, or those that were cannot be read.
    #[error(transparent)]
    Kept(#[from] KeptError),
}

impl RequestError for BenchError {
    fn is_request(&self) -> bool {
        match self {
            Self::OneModel | Self::KeepingReplay { .. } => true,
            Self::Model(error) => error.is_request(),
            Self::Choice(error) => error.is_request(),
            Self::Input(error) => error.is_request(),
            Self::Session(_) | Self::Firmware(_) | Self::Kept(_) => false,
        }
    }
}

impl From<ModelFilesError> for BenchError {
    fn from(error: ModelFilesError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl From<InputError> for BenchError {
    fn from(error: InputError) -> Self {
        Self::Input(Box::new(error))
    }
}

/// Measures every model on the board, and keeps or compares the results where that is asked
/// for. `note` is told what was assumed and left out.
///
/// # Errors
/// [`BenchError`].
pub fn bench_board(
    request: &BenchRequest<'_>,
    cancel: &Cancel,
    note: &mut dyn FnMut(&str),
) -> Result<BoardBench, BenchError> {
    let is_replay = check(request)?;
    let mut results = KeptBench {
        board: request.board.board.clone(),
        compiler: None,
        mode: request.mode,
        unit: None,
        models: Vec::new(),
    };
    let mut elf_build_id = None;
    for name in request.models {
        let choice = RigChoice {
            model: name.clone(),
            ..request.board.clone()
        };
        let model = choice.model()?;
        if let Some(assumed) = &model.assumed {
            note(assumed);
        }
        let mut rig = choice.open(model, cancel.clone())?;
        let input = rig.model.input(request.input)?;
        let costs = bench(&mut rig, &input.values, request.mode, request.with_map)?;
        let board = rig.session.board();
        if request.with_map && costs.occlusion.positions == 0 {
            note(&format!(
                "{}: no occlusion map, {} has no room for it",
                rig.model.name, board.name
            ));
        }
        let measured = ModelBench::new(&rig.model.name, &board.engine, &costs);
        results.models.push(measured);
        results.board.clone_from(&board.name);
        results.unit = board.count_unit().map(str::to_owned);
        elf_build_id = board.elf_build_id_hex();
    }
    // The firmware that was recorded need not be the one that is built here.
    if !is_replay {
        results.compiler = firmware_compiler(request.board.board()?)?;
    }
    let rises = match request.keeping {
        Keeping::Nothing => Vec::new(),
        Keeping::Update => {
            kept::update(&request.board.board, &results)?;
            Vec::new()
        }
        Keeping::Check => kept::check(&request.board.board, &results, note)?,
    };
    Ok(BoardBench {
        document: Bench {
            kept: results,
            elf_build_id,
        },
        is_replay,
        rises,
    })
}

/// Refuses what does not go together; whether a recording is asked.
fn check(request: &BenchRequest<'_>) -> Result<bool, BenchError> {
    let RigChoice { port, tape, .. } = request.board;
    if request.models.len() > 1 && (port.is_some() || *tape != Tape::None) {
        return Err(BenchError::OneModel);
    }
    let is_replay = matches!(tape, Tape::Replay(_));
    match request.keeping.flag() {
        Some(flag) if is_replay => Err(BenchError::KeepingReplay { flag }),
        _ => Ok(is_replay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(board: &RigChoice, models: &[&str]) -> Result<BoardBench, BenchError> {
        let models: Vec<String> = models.iter().map(|&name| name.to_owned()).collect();
        let request = BenchRequest {
            board,
            models: &models,
            input: "mnist:0",
            mode: Mode::Fused,
            with_map: false,
            keeping: Keeping::Check,
        };
        bench_board(&request, &Cancel::default(), &mut |_| {})
    }

    #[test]
    fn what_does_not_go_together_is_the_requests_fault() {
        let replay = RigChoice {
            tape: Tape::Replay("no/such.ctxtape".into()),
            ..RigChoice::of("native", "")
        };
        let several = measured(&replay, &USUAL_MODELS).unwrap_err();
        assert!(matches!(several, BenchError::OneModel) && several.is_request());
        let kept = measured(&replay, &["lenet5"]).unwrap_err();
        assert!(kept.to_string().starts_with("--check") && kept.is_request());
        let unknown = measured(&RigChoice::of("native", ""), &["no-such"]).unwrap_err();
        assert!(matches!(unknown, BenchError::Model(_)) && unknown.is_request());
    }
}
