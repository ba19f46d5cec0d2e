//! Opening a board, losing it, and opening it again.

use super::{LOOK_AGAIN, OpenError, Worker};
use crate::command::{CameraOf, Choice};
use crate::frame::Flow;
use crate::network;
use crate::state::Phase;
use cortexscope_present::causes::in_words;
use cortexscope_rig::Rig;
use cortexscope_rig::measure::measure;
use cortexscope_rig::session::SessionError;
use std::time::Instant;

impl Worker {
    /// Opens the board of `choice` and describes it to the pages.
    pub(super) fn reach(&mut self, choice: &Choice) {
        // The board before is closed first: there may be one only.
        self.rig = None;
        self.shared.inbox().questions.clear();
        self.is_board_camera_on = false;
        self.update(|state| {
            state.board_camera = None;
            state.camera_on = state.camera_on.filter(|of| *of == CameraOf::Host);
        });
        let is_search = self.look_again.take().is_some();
        if !is_search {
            self.update(|state| {
                state.phase = Phase::Opening;
                state.message = None;
            });
        }
        self.shared.cancel.clear();
        self.shared.set_busy(true);
        let reached = self.describe(choice);
        self.shared.set_busy(false);
        match reached {
            Ok(rig) => {
                let camera = rig.session.board().camera;
                self.rig = Some(rig);
                self.flow = Flow::default();
                self.update(|state| {
                    state.board_camera =
                        camera.map(|camera| format!("{}×{}", camera.height, camera.width));
                    state.phase = Phase::Ready;
                    state.message = None;
                    if is_search {
                        state.announce("The board is back.");
                    }
                });
                self.again();
            }
            Err(error) => {
                let is_lost = is_search || error.is::<SessionError>();
                self.give_up(is_lost, in_words(error.as_ref()));
            }
        }
    }

    fn describe(&mut self, choice: &Choice) -> Result<Rig, OpenError> {
        let mut rig = (self.open)(choice, self.shared.cancel.clone())?;
        let zeros = vec![0; rig.model.image.model().input().bytes()];
        let first = self.digits.input(0, &rig.model.spec.input);
        let first = first.map_or(zeros, |values| rig.model.quantise(&values));
        let memory = rig.memory()?;
        let measured = measure(&mut rig, &first)?;
        self.generation += 1;
        let network = network::describe(&rig, self.generation, &memory, &measured);
        self.shared
            .change_network(network, rig.model.image_path.clone());
        Ok(rig)
    }

    fn give_up(&mut self, is_lost: bool, message: String) {
        self.rig = None;
        self.shared.inbox().questions.clear();
        let phase = if is_lost { Phase::Lost } else { Phase::Failed };
        self.look_again = is_lost.then(|| Instant::now() + LOOK_AGAIN);
        self.update(|state| {
            if state.phase != phase {
                state.announce(match phase {
                    Phase::Lost => "The connection to the board was lost.",
                    _ => "Could not open the board.",
                });
            }
            state.phase = phase;
            state.job = None;
            state.message = Some(message);
        });
    }

    /// What a request's error means for the board.
    pub(super) fn failed(&mut self, error: &SessionError) {
        match error {
            SessionError::Cancelled => self.shared.cancel.clear(),
            SessionError::Board(_)
            | SessionError::InputLength { .. }
            | SessionError::UnknownTensor { .. } => {
                self.update(|state| state.announce(in_words(error)))
            }
            _ => self.give_up(true, in_words(error)),
        }
    }
}
