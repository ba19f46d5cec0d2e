//! The thread that drives the board: one thing at a time, orders before frames.

mod occlusion;
mod reach;

use super::command::{CameraOf, Choice, PlanName};
use super::frame::{self, Flow, Frame};
use super::host_camera::HostCamera;
use super::state::State;
use super::station::{Opener, Order, Shared, Station};
use super::stimulus::{Player, Stimulus};
use super::study::attribution;
use crate::data::MnistSet;
use crate::data::digit_form::Steps;
use crate::rig::Rig;
use crate::session::{Mode, Progress, TensorSet};
use image::DynamicImage;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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

    /// A picture of the board's own camera goes to the board.
    fn capture(&mut self) {
        let Some(rig) = &mut self.rig else {
            return;
        };
        match rig.session.capture() {
            Ok(picture) => {
                let picture = DynamicImage::ImageLuma8(picture).to_rgb8();
                self.frame(Stimulus::from_camera("camera of the board", picture));
            }
            Err(error) => {
                self.rest();
                self.failed(&error);
            }
        }
    }

    /// One frame, whether frozen or not.
    fn step(&mut self) {
        if self.is_board_camera_on {
            return self.capture();
        }
        let waiting = self.shared.desk().newest.take();
        let mut played = || self.player.as_mut().and_then(Player::next_digit);
        let next = waiting.or_else(|| played().map(Stimulus::digit));
        match next {
            Some(stimulus) => self.frame(stimulus),
            None => self.again(),
        }
    }

    /// A frame that was asked for runs now, or waits where all do.
    fn frame_if_thawed(&mut self, stimulus: Stimulus) {
        if self.is_frozen || self.rig.is_none() {
            self.shared.desk().newest = Some(stimulus);
        } else {
            self.frame(stimulus);
        }
    }

    /// The last frame once more.
    fn again(&mut self) {
        if let Some(last) = &self.last
            && self.rig.is_some()
        {
            let mut stimulus = last.stimulus.clone();
            stimulus.since = Instant::now();
            self.frame(stimulus);
        }
    }

    fn frame(&mut self, stimulus: Stimulus) {
        let Some(mut rig) = self.rig.take() else {
            return;
        };
        let Some(shown) = stimulus.prepare(&rig.model, self.steps, &self.digits) else {
            self.rig = Some(rig);
            return self.say(|state| state.say(format!("there is no {}", stimulus.source)));
        };
        let before = rig.session.statistics();
        let shared = Arc::clone(&self.shared);
        shared.set_busy(true);
        let begun = Instant::now();
        let result = rig.infer(&shown.input, self.plan(), TensorSet::ALL, &mut |progress| {
            if let Progress::Activation { tensor, .. } = progress {
                shared.cursor.store(tensor, Ordering::Relaxed);
            }
        });
        let board_time = begun.elapsed();
        shared.set_busy(false);
        let recording = match result {
            Ok(recording) => recording,
            Err(error) => {
                // What was lost is shown again when the board is back.
                let input = None;
                self.last = Some(Last {
                    stimulus,
                    input,
                    frame: self.flow.frames(),
                });
                self.rig = Some(rig);
                return self.failed(&error);
            }
        };
        let after = rig.session.statistics();
        if after.resets > before.resets || after.links_reopened > before.links_reopened {
            self.say(|state| state.say("the board was lost and came back: the frame ran again"));
        }
        let replaced = shared.desk().replaced;
        self.flow
            .count(&rig.session, board_time, stimulus.since, replaced);
        let packet = frame::packet(
            &rig.model,
            self.generation,
            &stimulus,
            &shown,
            self.mode,
            &recording,
            &self.flow,
        );
        let classes = 0..recording.logits.len();
        shared.frame.send_replace(Some(Arc::new(Frame {
            source: stimulus.source.clone(),
            expected: shown.label,
            generation: self.generation,
            image_path: rig.model.image_path.clone(),
            values: shown.values,
            input: shown.input.clone(),
            labels: classes.map(|class| rig.model.label(class)).collect(),
            recording,
            mode: self.mode,
            flow: self.flow.clone(),
            packet,
        })));
        attribution::ask(&shared);
        self.last = Some(Last {
            stimulus,
            input: Some(shown.input),
            frame: self.flow.frames(),
        });
        self.rig = Some(rig);
    }

    fn plan(&self) -> Mode {
        match self.mode {
            PlanName::Fused => Mode::Fused,
            PlanName::Tapped => Mode::Tapped,
        }
    }
}
