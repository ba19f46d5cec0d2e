//! The rig: a session with one board and one model, in the model's own terms.
//!
//! The command line and the page both drive a board through this; neither knows
//! the link. Activations are `[C, H, W]` here, as in the ONNX model.

mod recording;

pub use recording::{Activation, Recording, softmax};

use crate::board::{BoardKind, ConnectError, Connection, Engine, FarEnd, connect};
use crate::session::{
    Cancel, Expectations, ExpectedModel, InferRequest, MapProgress, Memory, Mode, OccludeRequest,
    OcclusionMap, Options, Progress, Session, SessionError, TensorSet,
};
use cortexscope_compile::layout::channels_last;
use cortexscope_compile::model_files::ModelFiles;
use image::GrayImage;
use std::time::Duration;

/// A board that runs a model, and a session with it.
pub struct Rig {
    /// The model on the board.
    pub model: ModelFiles,
    /// The session with the board.
    pub session: Session,
}

/// Why a rig cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// The board cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The board is not who it should be, or does not answer.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl Rig {
    /// Reaches `board`, and makes sure that it runs the firmware with `engine` and
    /// the model at hand.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn open(
        board: &'static BoardKind,
        engine: Engine,
        model: ModelFiles,
        far_end: FarEnd,
        cancel: Cancel,
    ) -> Result<Self, RigError> {
        let connection = connect(board, engine, &model, far_end)?;
        Ok(Self::over(connection, engine, model, cancel)?)
    }

    /// The same over a link that is open already: a recording, or a test's board.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn over(
        connection: Connection,
        engine: Engine,
        model: ModelFiles,
        cancel: Cancel,
    ) -> Result<Self, SessionError> {
        let patience = Options::default().patience;
        let patience = match engine {
            Engine::Static | Engine::Small => patience,
            // tract sends nothing while it builds and optimises its network.
            Engine::Tract => 12 * patience,
        };
        Self::patient(connection, patience, model, cancel)
    }

    /// The same with a limit to how long a request may be without progress.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn patient(
        connection: Connection,
        patience: Duration,
        model: ModelFiles,
        cancel: Cancel,
    ) -> Result<Self, SessionError> {
        let options = Options {
            expect: Expectations {
                model: Some(ExpectedModel::of(&model.image.model())),
                elf_build_id: connection.elf_build_id,
            },
            logs: connection.logs,
            cancel,
            patience,
            ..Options::default()
        };
        let session = Session::open(connection.link, options)?;
        Ok(Self { model, session })
    }

    /// Runs the model on `input`, int8 `[C, H, W]`, and records `taps`.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn infer(
        &mut self,
        input: &[i8],
        mode: Mode,
        taps: TensorSet,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Recording, SessionError> {
        let request = InferRequest {
            mode,
            taps,
            paint: None,
        };
        let inference = self
            .session
            .infer(&self.to_board(input)?, &request, progress)?;
        Ok(Recording::new(&self.model.image.model(), inference))
    }

    /// Has the board make its input of `picture`, or of one that its own camera takes, in
    /// MNIST's form; gives the digit. An [`Rig::infer`] of this digit needs no input over the
    /// wire.
    ///
    /// # Errors
    /// As for [`Session::form`].
    pub fn form(&mut self, picture: Option<&GrayImage>) -> Result<GrayImage, SessionError> {
        let shape = self.model.image.model().input().shape;
        self.session.form(picture, [shape.height, shape.width])
    }

    /// Slides a patch over `input`, int8 `[C, H, W]`.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn occlude(
        &mut self,
        input: &[i8],
        request: &OccludeRequest,
        progress: &mut dyn FnMut(MapProgress<'_>),
    ) -> Result<OcclusionMap, SessionError> {
        self.session
            .occlude(&self.to_board(input)?, request, progress)
    }

    /// What the board says of its memory.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn memory(&mut self) -> Result<Memory, SessionError> {
        self.session.memory()
    }

    fn to_board(&self, input: &[i8]) -> Result<Vec<i8>, SessionError> {
        let shape = self.model.image.model().input().shape;
        let (need_bytes, have_bytes) = (shape.elements(), input.len());
        if need_bytes != have_bytes {
            return Err(SessionError::InputLength {
                need_bytes,
                have_bytes,
            });
        }
        Ok(channels_last(input, shape))
    }
}
