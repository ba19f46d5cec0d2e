//! A rig with a board, with a board that is recorded, or with a recording.

use crate::container::{About, ContainerError};
use crate::recorder::Recorder;
use crate::replay::Replay;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::{RequestError, hex};
use cortexscope_rig::board::{BoardKind, ConnectError, Connection, Engine, FarEnd, connect};
use cortexscope_rig::session::logs::Logs;
use cortexscope_rig::session::{Cancel, SessionError};
use cortexscope_rig::{Rig, RigError};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use std::path::PathBuf;

/// Whether a session is recorded, or comes from a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tape {
    /// Neither.
    #[default]
    None,
    /// It is written to this file.
    Record(PathBuf),
    /// This file stands for the board.
    Replay(PathBuf),
}

/// Why a rig cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The board cannot be reached, or is not who it should be.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// The recording cannot be written or read.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The recording is of another model.
    #[error(
        "the recording {} is of the model {recorded}, not of {asked}: name the model that was \
         recorded",
        path.display()
    )]
    AnotherModel {
        /// The file.
        path: PathBuf,
        /// The model in the recording.
        recorded: String,
        /// The model asked for.
        asked: String,
    },
}

impl RequestError for OpenError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Rig(_))
    }
}

impl From<SessionError> for OpenError {
    fn from(error: SessionError) -> Self {
        Self::Rig(error.into())
    }
}

impl From<ConnectError> for OpenError {
    fn from(error: ConnectError) -> Self {
        Self::Rig(error.into())
    }
}

/// Reaches `board` and makes sure that it runs `engine` and `model`, as [`Rig::open`]
/// does; with a tape, records the session or replays one. A replay needs no board and no
/// firmware.
///
/// # Errors
/// [`OpenError`].
pub fn open(
    board: &'static BoardKind,
    engine: Engine,
    model: ModelFiles,
    far_end: FarEnd,
    tape: &Tape,
    cancel: Cancel,
) -> Result<Rig, OpenError> {
    let connection = match tape {
        Tape::None => return Ok(Rig::open(board, engine, model, far_end, cancel)?),
        Tape::Record(path) => {
            let connection = connect(board, engine, &model, far_end)?;
            let about = About {
                program: concat!("cortexscope ", env!("CARGO_PKG_VERSION")).to_owned(),
                board: board.name.to_owned(),
                engine: engine.name().to_owned(),
                model: model.name.clone(),
                model_sha256: hex(model.image.model().hash()),
                link: connection.link.describe(),
                protocol_version: PROTOCOL_VERSION,
                protocol_schema: hex(&SCHEMA_HASH),
            };
            let link = Recorder::create(path, connection.link, &about)?;
            Connection {
                link: Box::new(link),
                ..connection
            }
        }
        Tape::Replay(path) => {
            let replay = Replay::open(path)?;
            if let Some(warning) = replay.warning() {
                tracing::warn!("{warning}");
            }
            if replay.about().model_sha256 != hex(model.image.model().hash()) {
                return Err(OpenError::AnotherModel {
                    path: path.clone(),
                    recorded: replay.about().model.clone(),
                    asked: model.name.clone(),
                });
            }
            Connection {
                link: Box::new(replay),
                elf_build_id: None,
                logs: Logs::default(),
            }
        }
    };
    Ok(Rig::over(connection, engine, model, cancel)?)
}
