//! The thread that drives the board: one thing at a time, orders before frames.

use super::command::{Choice, OccludeCommand, PlanName};
use super::frame::{self, Flow, Frame};
use super::host_camera::HostCamera;
use super::network;
use super::packet::{Kind, Packet};
use super::state::{Job, Phase, State};
use super::station::{OpenError, Opener, Order, Shared, Station};
use super::stimulus::{Player, Stimulus};
use crate::data::MnistSet;
use crate::data::digit_form::Steps;
use crate::measure::measure;
use crate::rig::Rig;
use crate::session::{MapProgress, Mode, OccludeRequest, Progress, SessionError, TensorSet};
use serde_json::json;
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
    camera: Option<HostCamera>,
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
            camera: None,
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
                self.camera = None;
                self.player = Some(Player::new(play, self.digits.len()));
                self.say(|state| {
                    state.play = Some(play);
                    state.camera_on = false;
                });
            }
            Order::Digit(index) => {
                self.rest();
                self.frame_if_thawed(Stimulus::digit(index));
            }
            Order::Rest => self.rest(),
            Order::Camera => {
                self.rest();
                let shared = Arc::clone(&self.shared);
                self.camera = Some(HostCamera::start(Station { shared }));
                self.say(|state| state.camera_on = true);
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
        self.camera = None;
        self.say(|state| {
            state.play = None;
            state.camera_on = false;
        });
    }

    /// One frame, whether frozen or not.
    fn step(&mut self) {
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

    /// Reaches the board of `choice` and tells the pages what it is.
    fn reach(&mut self, choice: &Choice) {
        // The board before is let go of first: there may be one only.
        self.rig = None;
        let is_search = self.look_again.take().is_some();
        if !is_search {
            self.say(|state| {
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
                self.rig = Some(rig);
                self.flow = Flow::default();
                self.say(|state| {
                    state.phase = Phase::Ready;
                    state.message = None;
                    if is_search {
                        state.say("the board is back");
                    }
                });
                self.again();
            }
            Err(error) => {
                let is_lost = is_search || error.is::<SessionError>();
                self.give_up(is_lost, chain(error.as_ref()));
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
        let network = network::describe(&rig, self.generation, &memory.report, &measured);
        self.shared.frame.send_replace(None);
        self.shared.occlusion.send_replace(None);
        self.shared.network.send_replace(Some(network));
        Ok(rig)
    }

    fn give_up(&mut self, is_lost: bool, message: String) {
        self.rig = None;
        let phase = if is_lost { Phase::Lost } else { Phase::Failed };
        self.look_again = is_lost.then(|| Instant::now() + LOOK_AGAIN);
        self.say(|state| {
            if state.phase != phase {
                state.say(match phase {
                    Phase::Lost => "the board is lost",
                    _ => "the board cannot be had",
                });
            }
            state.phase = phase;
            state.job = None;
            state.message = Some(message);
        });
    }

    /// What a request's error means for the board.
    fn failed(&mut self, error: &SessionError) {
        match error {
            SessionError::Cancelled => self.shared.cancel.clear(),
            SessionError::Board(_)
            | SessionError::InputLength { .. }
            | SessionError::UnknownTensor { .. } => self.say(|state| state.say(error.to_string())),
            _ => self.give_up(true, chain(error)),
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
            input: shown.input.clone(),
            labels: classes.map(|class| rig.model.label(class)).collect(),
            recording,
            mode: self.mode,
            flow: self.flow.clone(),
            packet,
        })));
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

    fn occlude(&mut self, command: OccludeCommand) {
        let (Some(mut rig), Some(last)) = (self.rig.take(), &self.last) else {
            return self.say(|state| state.say("there is no frame to hide a patch of"));
        };
        let Some(input) = last.input.clone() else {
            self.rig = Some(rig);
            return self.say(|state| state.say("there is no frame to hide a patch of"));
        };
        let shape = rig.model.image.model().input().shape;
        let classes = rig.model.image.model().logits().shape.elements();
        let positions = command.positions([shape.height, shape.width]);
        let has_class = command
            .class
            .is_none_or(|class| usize::from(class) < classes);
        let Some([rows, columns]) = positions.filter(|_| has_class) else {
            self.rig = Some(rig);
            return self.say(|state| state.say("this patch or class is none of the network's"));
        };
        let request = OccludeRequest {
            window: command.window,
            stride: command.stride,
            fill: rig
                .model
                .quantise(&[rig.model.spec.input.value(0, command.fill)])
                .first()
                .copied()
                .unwrap_or_default(),
            class: command.class,
        };
        self.say(|state| state.job = Some(Job::Occlusion));
        let shared = Arc::clone(&self.shared);
        let (generation, frame) = (self.generation, last.frame);
        let mut map = vec![f32::NAN; rows * columns];
        let (mut class, mut base, mut done) = (0, 0.0, 0);
        let model = rig.model.clone();
        let publish = |map: &[f32], class: u16, base: f32, done: usize, end: serde_json::Value| {
            let header = json!({
                "generation": generation,
                "frame": frame,
                "class": class,
                "label": model.label(class.into()),
                "base_probability": base,
                "window": command.window,
                "stride": command.stride,
                "fill": command.fill,
                "fill_int8": request.fill,
                "done": done,
                "end": end,
            });
            let packet = Packet::new(Kind::Occlusion, header)
                .f32s("probabilities", &[rows, columns], map)
                .i8s(
                    "input",
                    &[shape.channels, shape.height, shape.width],
                    &input,
                );
            shared.occlusion.send_replace(Some(packet.emit()));
        };
        shared.set_busy(true);
        let result = rig.occlude(&input, &request, &mut |progress| match progress {
            MapProgress::Begun {
                class: watched,
                probability,
                ..
            } => {
                (class, base, done) = (watched, probability, 0);
                map.fill(f32::NAN);
                publish(&map, class, base, done, serde_json::Value::Null);
            }
            MapProgress::Positions {
                first,
                probabilities,
            } => {
                let places = map.iter_mut().skip(first);
                places
                    .zip(probabilities)
                    .for_each(|(place, &probability)| *place = probability);
                done = first + probabilities.len();
                publish(&map, class, base, done, serde_json::Value::Null);
            }
        });
        shared.set_busy(false);
        match &result {
            Ok(whole) => {
                let end = json!({
                    "macs_done": whole.macs_done,
                    "macs_full": whole.macs_full,
                    "count": whole.count,
                });
                publish(&map, class, base, done, end);
            }
            Err(_) => publish(&map, class, base, done, json!("stopped")),
        }
        self.rig = Some(rig);
        self.say(|state| state.job = None);
        if let Err(error) = result {
            self.failed(&error);
        }
    }
}

/// An error and all that led to it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
