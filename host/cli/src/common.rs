//! What every command that talks to a board has in common.

use crate::default_board::{self, EMULATED};
use crate::port::PortArgs;
use crate::progress;
use clap::{Args, ValueEnum};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::output::StagedFolder;
use cortexscope_net::printable::printable_json;
use cortexscope_present::causes::in_words;
use cortexscope_present::documents::Document;
use cortexscope_record::{RigChoice, Tape};
use cortexscope_rig::Rig;
use cortexscope_rig::board::{BoardKind, Engine};
use cortexscope_rig::session::{Cancel, Mode};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The request itself is wrong; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RequestError(pub String);

/// A request error, ready to be returned.
pub(super) fn wrong(text: impl Into<String>) -> anyhow::Error {
    RequestError(text.into()).into()
}

/// An error of the library as the command line's: it says whether the request is
/// what is wrong.
pub(super) fn blame<E>(error: E) -> anyhow::Error
where
    E: cortexscope_net::RequestError + Send + Sync + 'static,
{
    if error.is_request() {
        // The chain of causes belongs to the request too.
        wrong(in_words(&error))
    } else {
        error.into()
    }
}

/// Which board, which model, how.
#[derive(Args, Clone)]
pub(super) struct BoardArgs {
    /// The board; `cortexscope boards` lists all boards [default: mps2-an386; demo, infer
    /// and occlude take native where that cannot run].
    #[arg(long)]
    pub board: Option<String>,
    /// A shipped model or the path of a board image.
    #[arg(long, default_value = "lecture-lenet")]
    pub model: String,
    /// The engine on the board [default: static].
    #[arg(long, value_enum)]
    pub engine: Option<EngineArg>,
    #[command(flatten)]
    pub port: PortArgs,
    /// A picture for the native board's camera; several are shown one after the other.
    #[arg(long, value_name = "PICTURE")]
    pub sensor: Vec<PathBuf>,
    #[command(flatten)]
    pub tape: TapeArgs,
}

/// Whether the session is recorded, or replayed.
#[derive(Args, Clone, Default)]
pub(super) struct TapeArgs {
    /// Record the session with the board into this file.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub record: Option<PathBuf>,
    /// Answer from a file that --record wrote, instead of from a board.
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
}

impl TapeArgs {
    /// The same in the library's terms.
    pub fn tape(&self) -> Tape {
        match (&self.record, &self.replay) {
            (Some(path), _) => Tape::Record(path.clone()),
            (None, Some(path)) => Tape::Replay(path.clone()),
            (None, None) => Tape::None,
        }
    }
}

/// An engine that answers the protocol.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineArg {
    /// The int8 engine with a static memory plan.
    Static,
    /// The same in the smallest firmware, slower and with the same bytes.
    Small,
    /// tract, on boards that have room for it.
    Tract,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Static => Self::Static,
            EngineArg::Small => Self::Small,
            EngineArg::Tract => Self::Tract,
        }
    }
}

/// The memory plan to run.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    /// Make outputs row by row where the next layer can take rows, which needs less RAM.
    #[default]
    Fused,
    /// Keep the whole output of every layer in RAM.
    Tapped,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Fused => Self::Fused,
            ModeArg::Tapped => Self::Tapped,
        }
    }
}

impl BoardArgs {
    /// What was asked for, in the library's terms.
    pub fn choice(&self) -> RigChoice {
        RigChoice {
            engine: self.engine.unwrap_or(EngineArg::Static).into(),
            port: self.port.port(),
            sensor: self.sensor.clone(),
            tape: self.tape.tape(),
            ..RigChoice::of(self.board.as_deref().unwrap_or(EMULATED), &self.model)
        }
    }

    /// The same; where no board is named, recorded or connected, with one that runs on
    /// this machine.
    pub fn on_a_board_that_runs(&self) -> Self {
        let is_open = self.board.is_none() && !self.port.is_given() && self.tape.replay.is_none();
        let runs = || default_board::that_runs().to_owned();
        Self {
            board: self.board.clone().or_else(|| is_open.then(runs)),
            ..self.clone()
        }
    }

    /// The board that was named, or recorded.
    pub fn kind(&self) -> anyhow::Result<&'static BoardKind> {
        self.choice().board().map_err(blame)
    }

    /// The model that was named; says what was assumed of it.
    pub fn model(&self) -> anyhow::Result<ModelFiles> {
        open_model(&self.choice())
    }

    /// Reaches the board, with `model` on it. Ctrl-C ends what is asked of it.
    pub fn open(&self, model: ModelFiles) -> anyhow::Result<Rig> {
        self.choice().open(model, ctrl_c()?).map_err(blame)
    }
}

/// The model that was named; says what was assumed of it.
pub(super) fn open_model(choice: &RigChoice) -> anyhow::Result<ModelFiles> {
    let model = choice.model().map_err(blame)?;
    if let Some(assumed) = &model.assumed {
        progress::note(assumed);
    }
    Ok(model)
}

/// Begins to write results into a folder: they appear in it together or not at all.
///
/// # Errors
/// It is a file, is named like one, or cannot be made.
pub(super) fn stage(folder: &Path) -> anyhow::Result<StagedFolder> {
    StagedFolder::begin(folder).map_err(blame)
}

/// The flag that Ctrl-C sets.
pub(super) fn ctrl_c() -> anyhow::Result<Cancel> {
    Ok(Cancel::on_ctrl_c()?)
}

/// Prints one JSON document and nothing else.
pub(super) fn print_json(document: &impl Document) -> anyhow::Result<()> {
    let text = document.to_text()?;
    crate::printer::stdout().write_all(printable_json(&text).as_bytes())?;
    Ok(())
}
