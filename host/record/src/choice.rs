//! A rig by the names that a user writes: board, model, engine, port and tape.

use crate::container::{ContainerError, about};
use crate::open::{OpenError, Tape, open};
use cortexscope_compile::model_files::{ModelFiles, ModelFilesError};
use cortexscope_net::RequestError;
use cortexscope_net::input::{PictureError, picture};
use cortexscope_rig::Rig;
use cortexscope_rig::board::{BOARDS, BoardKind, Engine, FarEnd, Port, Transport, find};
use cortexscope_rig::session::Cancel;
use image::GrayImage;
use std::path::PathBuf;

/// Which board, which model, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RigChoice {
    /// The board's name; a recording that is replayed names its own.
    pub board: String,
    /// A shipped model, or the path of a board image.
    pub model: String,
    /// What runs the model on the board.
    pub engine: Engine,
    /// The serial port of a real board; none for an emulated one or the native one.
    pub port: Option<Port>,
    /// Pictures that the native board's camera takes, one after the other.
    pub sensor: Vec<PathBuf>,
    /// Whether the session is recorded or replayed.
    pub tape: Tape,
}

/// Why a choice is no rig.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// There is no such board.
    #[error("unknown board {name}: the boards are {}", known())]
    UnknownBoard {
        /// What was asked for.
        name: String,
    },
    /// The board has no firmware with this engine.
    #[error("{board} has no firmware with the engine {}: leave --engine out for the static one", engine.name())]
    Engine {
        /// The board.
        board: &'static str,
        /// What was asked for.
        engine: Engine,
    },
    /// A recording stands for a board, and a board was named too.
    #[error("--replay stands for a board: leave --port and --sensor out")]
    BoardAndReplay,
    /// Pictures were given to a board that has no camera.
    #[error("--sensor is for the native board; {board} has no camera")]
    NoCamera {
        /// The board.
        board: &'static str,
    },
    /// A picture for the camera cannot be read.
    #[error("--sensor: {0}")]
    Sensor(PictureError),
    /// The recording cannot be read.
    #[error(transparent)]
    Recording(#[from] ContainerError),
    /// The board cannot be reached, or the recording cannot be written.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl RequestError for ChoiceError {
    fn is_request(&self) -> bool {
        match self {
            Self::Open(error) => error.is_request(),
            _ => true,
        }
    }
}

fn known() -> String {
    let names: Vec<&str> = BOARDS.iter().map(|board| board.name).collect();
    names.join(", ")
}

impl RigChoice {
    /// A board and a model, and everything else as it is where nothing is said.
    pub fn of(board: &str, model: &str) -> Self {
        Self {
            board: board.to_owned(),
            model: model.to_owned(),
            engine: Engine::Static,
            port: None,
            sensor: Vec::new(),
            tape: Tape::None,
        }
    }

    /// The board that was named, or that was recorded.
    ///
    /// # Errors
    /// [`ChoiceError::UnknownBoard`], or the recording cannot be read.
    pub fn board(&self) -> Result<&'static BoardKind, ChoiceError> {
        let recorded = match &self.tape {
            Tape::Replay(path) => Some(about(path)?.board),
            Tape::None | Tape::Record(_) => None,
        };
        let name = recorded.as_ref().unwrap_or(&self.board);
        let unknown = || ChoiceError::UnknownBoard { name: name.clone() };
        find(name).ok_or_else(unknown)
    }

    /// The model that was named.
    ///
    /// # Errors
    /// [`ModelFilesError`].
    pub fn model(&self) -> Result<ModelFiles, ModelFilesError> {
        ModelFiles::open(&self.model)
    }

    /// The board, and that it runs the engine.
    ///
    /// # Errors
    /// [`ChoiceError`]: the board or its engine.
    pub fn board_with_engine(&self) -> Result<&'static BoardKind, ChoiceError> {
        let board = self.board()?;
        if board.runs(self.engine) {
            Ok(board)
        } else {
            Err(ChoiceError::Engine {
                board: board.name,
                engine: self.engine,
            })
        }
    }

    /// Reaches the board and puts `model` on it: the one of [`RigChoice::model`].
    /// `cancel` ends what is asked of the board.
    ///
    /// # Errors
    /// [`ChoiceError`].
    pub fn open(&self, model: ModelFiles, cancel: Cancel) -> Result<Rig, ChoiceError> {
        let board = self.board_with_engine()?;
        let is_replay = matches!(self.tape, Tape::Replay(_));
        if is_replay && (self.port.is_some() || !self.sensor.is_empty()) {
            return Err(ChoiceError::BoardAndReplay);
        }
        let far_end = match &self.port {
            Some(port) => FarEnd::Serial(port.clone()),
            None => FarEnd::Here {
                sensor: self.pictures(board)?,
            },
        };
        Ok(open(
            board,
            self.engine,
            model,
            far_end,
            &self.tape,
            cancel,
        )?)
    }

    /// What the native board's camera takes.
    fn pictures(&self, board: &BoardKind) -> Result<Vec<GrayImage>, ChoiceError> {
        if !self.sensor.is_empty() && board.transport != Transport::InProcess {
            return Err(ChoiceError::NoCamera { board: board.name });
        }
        let open = |path: &PathBuf| Ok(picture::open(path)?.into_grey());
        let pictures = self.sensor.iter().map(open);
        pictures
            .collect::<Result<_, _>>()
            .map_err(ChoiceError::Sensor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(choice: &RigChoice) -> ChoiceError {
        let model = choice.model().unwrap();
        let opened = choice.open(model, Cancel::default());
        opened.err().expect("it is refused")
    }

    #[test]
    fn a_board_and_a_model_are_enough() {
        let choice = RigChoice::of("native", "lecture-lenet");
        let rig = choice.open(choice.model().unwrap(), Cancel::default());
        assert_eq!(rig.unwrap().session.board().name, "native");
    }

    #[test]
    fn what_no_board_can_do_is_the_requests_fault() {
        let native = RigChoice::of("native", "lecture-lenet");
        let unknown = refusal(&RigChoice::of("arduino", "lecture-lenet"));
        assert!(
            unknown.to_string().contains("the boards are native"),
            "{unknown}"
        );
        let tract = refusal(&RigChoice {
            engine: Engine::Tract,
            ..native.clone()
        });
        let text = tract.to_string();
        assert!(text.starts_with("native has no firmware with the engine tract"));
        let sensor = vec![PathBuf::from("no/such/picture.png")];
        let no_picture = refusal(&RigChoice {
            sensor: sensor.clone(),
            ..native.clone()
        });
        assert!(matches!(no_picture, ChoiceError::Sensor(_)));
        let no_camera = refusal(&RigChoice {
            sensor,
            ..RigChoice::of("mps2-an386", "lecture-lenet")
        });
        assert!(matches!(no_camera, ChoiceError::NoCamera { .. }));
        for error in [unknown, tract, no_picture, no_camera] {
            assert!(error.is_request(), "{error}");
        }
    }

    #[test]
    fn a_replay_needs_no_board_and_takes_the_recorded_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.ctxtape");
        let recorded = RigChoice {
            tape: Tape::Record(file.clone()),
            ..RigChoice::of("native", "lecture-lenet")
        };
        let model = recorded.model().unwrap();
        drop(recorded.open(model.clone(), Cancel::default()).unwrap());
        let replayed = RigChoice {
            tape: Tape::Replay(file),
            ..RigChoice::of("mps2-an386", "lecture-lenet")
        };
        assert_eq!(replayed.board().unwrap().name, "native");
        assert!(replayed.open(model, Cancel::default()).is_ok());
        let both = refusal(&RigChoice {
            port: Some(Port {
                path: "/dev/ttyACM0".to_owned(),
                baud: 921_600,
            }),
            ..replayed
        });
        assert!(matches!(both, ChoiceError::BoardAndReplay));
    }
}
