//! The thread that drives the board: one thing at a time, orders before frames.

mod frames;
mod occlusion;
mod reach;

use super::command::{CameraOf, Choice, Corrupt};
use super::frame::Flow;
use super::host_camera::{HostCamera, OpenCamera};
use super::question::Question;
use super::shared::{Inbox, Order, Shared};
use super::state::State;
use super::stimulus::{Player, Stimulus};
use cortexscope_net::input::MnistSet;
use cortexscope_net::input::digit_form::Steps;
use cortexscope_rig::Rig;
use cortexscope_rig::session::Cancel;
use cortexscope_rig::session::Mode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Opens the board that was chosen.
pub type Opener = Box<dyn FnMut(&Choice, Cancel) -> Result<Rig, OpenError> + Send>;
/// Why a board could not be opened, with what to do about it.
pub type OpenError = Box<dyn std::error::Error + Send + Sync>;

/// The time between two attempts to find a lost board.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The digit that is shown before anybody asked for something.
const FIRST_DIGIT: usize = 18;

pub(super) struct Worker {
    shared: Arc<Shared>,
    digits: MnistSet,
    open: Opener,
    rig: Option<Rig>,
    mode: Mode,
    steps: Steps,
    corrupt: Option<Corrupt>,
    is_frozen: bool,
    player: Option<Player>,
    open_camera: OpenCamera,
    host_camera: Option<HostCamera>,
    is_board_camera_on: bool,
    last: Option<Last>,
    flow: Flow,
    generation: u64,
    look_again: Option<Instant>,
    /// Whether a frame is due before another question.
    is_frames_turn: bool,
}

/// The input that ran last.
struct Last {
    stimulus: Stimulus,
    /// int8 `[C, H, W]`; `None` before the board answered.
    input: Option<Vec<i8>>,
    frame: u64,
}

enum Task {
    Order(Order),
    Frame(Stimulus),
    Question(Question),
    Capture,
    LookAgain,
    Close,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        digits: MnistSet,
        open: Opener,
        mode: Mode,
        open_camera: OpenCamera,
    ) -> Self {
        let first = (!digits.is_empty()).then(|| Last {
            stimulus: Stimulus::digit(FIRST_DIGIT.min(digits.len() - 1)),
            input: None,
            frame: 0,
        });
        Self {
            shared,
            digits,
            open,
            rig: None,
            mode,
            steps: Steps::ALL,
            corrupt: None,
            is_frozen: false,
            player: None,
            open_camera,
            host_camera: None,
            is_board_camera_on: false,
            last: first,
            flow: Flow::default(),
            generation: 0,
            look_again: None,
            is_frames_turn: false,
        }
    }

    pub(super) fn run(mut self, choice: Choice) {
        self.reach(&choice);
        loop {
            match self.next() {
                Task::Order(order) => self.handle(order),
                Task::Frame(stimulus) => self.frame(stimulus),
                Task::Question(question) => self.answer(question),
                Task::Capture => self.capture(),
                Task::LookAgain => {
                    let choice = self.shared.state.borrow().choice.clone();
                    self.reach(&choice);
                }
                Task::Close => return,
            }
        }
    }

    /// The next thing to do; waits until there is one.
    fn next(&mut self) -> Task {
        let shared = Arc::clone(&self.shared);
        let mut inbox = shared.inbox();
        loop {
            if inbox.is_closed {
                return Task::Close;
            }
            if let Some(order) = inbox.orders.pop_front() {
                return Task::Order(order);
            }
            // Frames and questions take turns, so that neither keeps the other waiting.
            let is_frames_turn = std::mem::take(&mut self.is_frames_turn);
            if !is_frames_turn && let Some(question) = self.question(&mut inbox) {
                return Task::Question(question);
            }
            let runs = self.rig.is_some() && !self.is_frozen;
            if runs && let Some(stimulus) = inbox.newest.take() {
                return Task::Frame(stimulus);
            }
            if runs && self.is_board_camera_on {
                return Task::Capture;
            }
            let mut patience = None;
            if runs && let Some(player) = &mut self.player {
                let wait = player.wait();
                if wait.is_zero()
                    && let Some(index) = player.next_digit()
                {
                    return Task::Frame(Stimulus::digit(index));
                }
                patience = Some(wait);
            }
            if let Some(question) = self.question(&mut inbox) {
                return Task::Question(question);
            }
            if let Some(at) = self.look_again {
                let wait = at.saturating_duration_since(Instant::now());
                if wait.is_zero() {
                    return Task::LookAgain;
                }
                patience = Some(wait);
            }
            inbox = shared.wait(inbox, patience);
        }
    }

    /// The next question, while there is a board to ask.
    fn question(&mut self, inbox: &mut Inbox) -> Option<Question> {
        self.rig.as_ref()?;
        let question = inbox.questions.next(self.generation)?;
        self.is_frames_turn = true;
        Some(question)
    }

    fn answer(&mut self, question: Question) {
        let Some(rig) = &mut self.rig else {
            return;
        };
        self.shared.set_busy(true);
        let result = (question.ask)(rig);
        self.shared.set_busy(false);
        if let Err(error) = result {
            self.failed(&error);
        }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        self.shared.state.send_modify(change);
    }

    fn handle(&mut self, order: Order) {
        match order {
            Order::Open(choice) => {
                self.look_again = None;
                self.update(|state| {
                    state.choice = choice.clone();
                    state.announce(format!("{} with {}", choice.board, choice.model));
                });
                self.reach(&choice);
            }
            Order::Mode(mode) => {
                self.mode = mode;
                self.update(|state| state.mode = mode);
                self.again();
            }
            Order::Steps(steps) => {
                self.steps = steps;
                self.update(|state| state.steps = steps);
                self.again();
            }
            Order::Corrupt(corrupt) => {
                self.corrupt = corrupt.clone();
                self.update(|state| state.corrupt = corrupt);
                self.again();
            }
            Order::Play(play) => {
                self.rest();
                self.player = Some(Player::new(play, self.digits.len()));
                self.update(|state| state.play = Some(play));
            }
            Order::Digit(index) => {
                self.rest();
                self.frame_if_thawed(Stimulus::digit(index));
            }
            Order::Rest => self.rest(),
            Order::Camera(of) => {
                self.rest();
                self.start_camera(of);
            }
            Order::Freeze(frozen) => {
                self.is_frozen = frozen;
                self.update(|state| state.frozen = frozen);
            }
            Order::Step => self.step(),
            Order::Occlude(command) => self.occlude(command),
        }
    }

    fn start_camera(&mut self, of: CameraOf) {
        // Before the camera's thread runs: one that fails at once clears it.
        self.update(|state| state.camera_on = Some(of));
        match of {
            CameraOf::Host => {
                let (shows, fails) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
                self.host_camera = Some(HostCamera::start(
                    Arc::clone(&self.open_camera),
                    move |picture| shows.show(Stimulus::from_camera("camera of the host", picture)),
                    move |error| {
                        fails.state.send_modify(|state| {
                            state.camera_on = None;
                            state.announce(format!("Could not use the host's camera: {error}"));
                        });
                    },
                ));
            }
            CameraOf::Board => self.is_board_camera_on = true,
        }
    }

    fn rest(&mut self) {
        self.player = None;
        self.host_camera = None;
        self.is_board_camera_on = false;
        self.update(|state| {
            state.play = None;
            state.camera_on = None;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Menu;
    use std::path::Path;

    /// A worker without a board, whose camera fails at once.
    fn worker() -> Worker {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/mnist");
        let digits = MnistSet::open(
            &folder.join("t10k-images-idx3-ubyte.gz"),
            &folder.join("t10k-labels-idx1-ubyte.gz"),
        )
        .unwrap();
        let choice = Choice {
            board: "none".to_owned(),
            model: "none".to_owned(),
            engine: "static".to_owned(),
        };
        let state = State::new(Menu::default(), choice, Mode::Fused);
        let open: Opener = Box::new(|_, _| Err("there is no board".into()));
        let camera: OpenCamera = Arc::new(|| Err(std::io::Error::other("unplugged")));
        let shared = Arc::new(Shared::new(state));
        Worker::new(shared, digits, open, Mode::Fused, camera)
    }

    #[test]
    fn a_camera_that_fails_at_once_is_not_said_to_be_on() {
        for _ in 0..50 {
            let mut worker = worker();
            worker.handle(Order::Camera(CameraOf::Host));
            // Its thread has ended when the camera is dropped.
            worker.host_camera = None;
            let state = worker.shared.state.borrow();
            assert_eq!(state.camera_on, None);
            let said = state.events.back().map(|event| event.text.as_str());
            assert_eq!(said, Some("Could not use the host's camera: unplugged"));
        }
    }
}
