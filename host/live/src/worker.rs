//! The thread that drives the board: one thing at a time, orders before frames.

mod frames;
mod occlusion;
mod reach;

use super::command::{CameraOf, Choice, PlanName};
use super::frame::Flow;
use super::host_camera::HostCamera;
use super::state::State;
use super::station::{Opener, Order, Shared, Station};
use super::stimulus::{Player, Stimulus};
use cortexscope_net::input::MnistSet;
use cortexscope_net::input::digit_form::Steps;
use cortexscope_rig::Rig;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time between two attempts to find a lost board.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The digit that is shown before anybody asked for something.
const FIRST_DIGIT: usize = 18;

pub(super) struct Worker {
    shared: Arc<Shared>,
    digits: MnistSet,
    open: Opener,
    rig: Option<Rig>,
    mode: PlanName,
    steps: Steps,
    is_frozen: bool,
    player: Option<Player>,
    host_camera: Option<HostCamera>,
    is_board_camera_on: bool,
    last: Option<Last>,
    flow: Flow,
    generation: u64,
    look_again: Option<Instant>,
}

/// What was shown last.
struct Last {
    stimulus: Stimulus,
    /// int8 `[C, H, W]`; none before the board answered.
    input: Option<Vec<i8>>,
    frame: u64,
}

enum Task {
    Order(Order),
    Frame(Stimulus),
    Capture,
    LookAgain,
    Close,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, digits: MnistSet, open: Opener, mode: PlanName) -> Self {
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
            is_frozen: false,
            player: None,
            host_camera: None,
            is_board_camera_on: false,
            last: first,
            flow: Flow::default(),
            generation: 0,
            look_again: None,
        }
    }

    pub(super) fn run(mut self, choice: Choice) {
        self.reach(&choice);
        loop {
            match self.next() {
                Task::Order(order) => self.obey(order),
                Task::Frame(stimulus) => self.frame(stimulus),
                Task::Capture => self.capture(),
                Task::LookAgain => {
                    let choice = self.shared.state.borrow().choice.clone();
                    self.reach(&choice);
                }
                Task::Close => return,
            }
        }
    }

    /// What is to be done next; waits until there is something.
    fn next(&mut self) -> Task {
        let shared = Arc::clone(&self.shared);
        let mut desk = shared.desk();
        loop {
            if desk.is_closed {
                return Task::Close;
            }
            if let Some(order) = desk.orders.pop_front() {
                return Task::Order(order);
            }
            let runs = self.rig.is_some() && !self.is_frozen;
            if runs && let Some(stimulus) = desk.newest.take() {
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
            if let Some(at) = self.look_again {
                let wait = at.saturating_duration_since(Instant::now());
                if wait.is_zero() {
                    return Task::LookAgain;
                }
                patience = Some(wait);
            }
            desk = shared.wait(desk, patience);
        }
    }

    fn say(&self, change: impl FnOnce(&mut State)) {
        self.shared.state.send_modify(change);
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Open(choice) => {
                self.look_again = None;
                self.say(|state| {
                    state.choice = choice.clone();
                    state.say(format!("{} with {}", choice.board, choice.model));
                });
                self.reach(&choice);
            }
            Order::Mode(mode) => {
                self.mode = mode;
                self.say(|state| state.mode = mode);
                self.again();
            }
            Order::Steps(steps) => {
                self.steps = steps;
                self.say(|state| state.steps = steps);
                self.again();
            }
            Order::Play(play) => {
                self.rest();
                self.player = Some(Player::new(play, self.digits.len()));
                self.say(|state| state.play = Some(play));
            }
            Order::Digit(index) => {
                self.rest();
                self.frame_if_thawed(Stimulus::digit(index));
            }
            Order::Rest => self.rest(),
            Order::Camera(of) => {
                self.rest();
                match of {
                    CameraOf::Host => {
                        let shared = Arc::clone(&self.shared);
                        self.host_camera = Some(HostCamera::start(Station { shared }));
                    }
                    CameraOf::Board => self.is_board_camera_on = true,
                }
                self.say(|state| state.camera_on = Some(of));
            }
            Order::Freeze(frozen) => {
                self.is_frozen = frozen;
                self.say(|state| state.frozen = frozen);
            }
            Order::Step => self.step(),
            Order::Occlude(command) => self.occlude(command),
        }
    }

    fn rest(&mut self) {
        self.player = None;
        self.host_camera = None;
        self.is_board_camera_on = false;
        self.say(|state| {
            state.play = None;
            state.camera_on = None;
        });
    }
}
