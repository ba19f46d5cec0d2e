//! What every command that talks to a board has in common.

use crate::fit::fit;
use clap::{Args, ValueEnum};
use cortexscope_budget::fit::Need;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::picture;
use cortexscope_net::output::StagedFolder;
use cortexscope_present::causes::in_words;
use cortexscope_present::documents::Document;
use cortexscope_present::documents::mode;
use cortexscope_present::verdict::verdict;
use cortexscope_record::{About, OpenError, Tape};
use cortexscope_rig::Rig;
use cortexscope_rig::board::{self, BoardKind, Engine, FarEnd, Port, Transport};
use cortexscope_rig::session::{Cancel, Mode};
use image::GrayImage;
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
    /// The board; `cortexscope boards` lists all boards.
    #[arg(long, default_value = "mps2-an386")]
    pub board: String,
    /// A shipped model or the path of a board image.
    #[arg(long, default_value = "lecture-lenet")]
    pub model: String,
    /// The engine on the board [default: static].
    #[arg(long, value_enum)]
    pub engine: Option<EngineArg>,
    /// Use the board at this serial port instead of an emulated one.
    #[arg(long)]
    pub port: Option<String>,
    /// Speed of the serial port in bits per second.
    #[arg(long, default_value_t = 921_600)]
    pub baud: u32,
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
    /// Whether neither was asked for.
    pub fn is_none(&self) -> bool {
        self.record.is_none() && self.replay.is_none()
    }

    fn tape(&self) -> Tape {
        match (&self.record, &self.replay) {
            (Some(path), _) => Tape::Record(path.clone()),
            (None, Some(path)) => Tape::Replay(path.clone()),
            (None, None) => Tape::None,
        }
    }

    /// What was recorded, where a recording is replayed.
    fn about(&self) -> anyhow::Result<Option<About>> {
        let about = self.replay.as_deref().map(cortexscope_record::about);
        about.transpose().map_err(|error| wrong(in_words(&error)))
    }
}

/// An engine that answers the protocol.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineArg {
    /// The int8 engine with a static memory plan.
    Static,
    /// tract, on boards that have room for it.
    Tract,
}

/// The memory plan to run.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    /// Compute a convolution before a max-pool one row at a time, which needs less RAM.
    #[default]
    Fused,
    /// Keep the whole output of every layer in RAM.
    Tapped,
}

impl ModeArg {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        mode::Mode::from(self).name()
    }
}

impl From<ModeArg> for mode::Mode {
    fn from(mode: ModeArg) -> Self {
        Mode::from(mode).into()
    }
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
    /// A board and a model, everything else as it is where nothing is said.
    pub fn of(board: &str, model: &str) -> Self {
        Self {
            board: board.to_owned(),
            model: model.to_owned(),
            engine: None,
            port: None,
            baud: 921_600,
            sensor: Vec::new(),
            tape: TapeArgs::default(),
        }
    }

    /// The board that was named, or recorded.
    pub fn kind(&self) -> anyhow::Result<&'static BoardKind> {
        let recorded = self.tape.about()?.map(|about| about.board);
        let name = recorded.as_ref().unwrap_or(&self.board);
        board::find(name).ok_or_else(|| {
            let known: Vec<_> = board::BOARDS.iter().map(|board| board.name).collect();
            wrong(format!(
                "unknown board {name}: the boards are {}",
                known.join(", ")
            ))
        })
    }

    /// The model that was named; says what was assumed of it.
    pub fn model(&self) -> anyhow::Result<ModelFiles> {
        let model = ModelFiles::open(&self.model).map_err(blame)?;
        if let Some(assumed) = &model.assumed {
            eprintln!("{assumed}");
        }
        Ok(model)
    }

    /// Refuses a model that the board has no room for, in the words of
    /// `cortexscope budget --boards`.
    pub fn refuse_what_does_not_fit(&self, model: &ModelFiles) -> anyhow::Result<()> {
        let board = self.kind()?;
        let part = board::parts()
            .into_iter()
            .find(|part| part.name == board.name);
        let need = Need::of_image(&model.image.model());
        match part.map(|part| fit(&need, &part)) {
            Some(fit) if !fit.is_possible() => Err(wrong(format!(
                "{} on {}: {}",
                model.name,
                board.name,
                verdict(&fit)
            ))),
            _ => Ok(()),
        }
    }

    /// Reaches the board. Ctrl-C ends what is asked of it.
    pub fn open(&self) -> anyhow::Result<Rig> {
        self.open_engine(self.engine()?, ctrl_c()?)
    }

    /// The engine that was named, or the board's default.
    pub fn engine(&self) -> anyhow::Result<Engine> {
        let board = self.kind()?;
        let engine = match self.engine {
            None | Some(EngineArg::Static) => Engine::Static,
            Some(EngineArg::Tract) => Engine::Tract,
        };
        if board.engines.contains(&engine) {
            Ok(engine)
        } else {
            Err(wrong(format!("{} runs the static engine only", board.name)))
        }
    }

    /// Reaches the board with one of its engines. `cancel` ends what is asked of it.
    pub fn open_engine(&self, engine: Engine, cancel: Cancel) -> anyhow::Result<Rig> {
        let board = self.kind()?;
        let model = self.model()?;
        let port = self.port.clone().map(|path| Port {
            path,
            baud: self.baud,
        });
        let far_end = match port {
            Some(port) => FarEnd::Serial(port),
            None => FarEnd::Here {
                sensor: self.pictures()?,
            },
        };
        if self.tape.replay.is_some() && (self.port.is_some() || !self.sensor.is_empty()) {
            return Err(wrong(
                "--replay stands for a board: leave --port and --sensor out",
            ));
        }
        let tape = self.tape.tape();
        cortexscope_record::open(board, engine, model, far_end, &tape, cancel).map_err(|error| {
            match error {
                OpenError::Rig(error) => error.into(),
                error => wrong(in_words(&error)),
            }
        })
    }
}

impl BoardArgs {
    /// What the native board's camera takes.
    fn pictures(&self) -> anyhow::Result<Vec<GrayImage>> {
        if !self.sensor.is_empty() && !matches!(self.kind()?.transport, Transport::InProcess) {
            return Err(wrong(format!(
                "--sensor is for the native board; {} has no camera",
                self.board
            )));
        }
        let open = |path: &PathBuf| {
            let picture = picture::open(path)
                .map_err(|error| wrong(format!("--sensor: {}", in_words(&error))))?;
            Ok(picture.into_grey())
        };
        self.sensor.iter().map(open).collect()
    }
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
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}
