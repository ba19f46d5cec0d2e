//! What the threads and the pages share: what is asked for, and what came of it.
//!
//! Orders for the board wait in an inbox, in their order. Of everything else the
//! newest counts: a frame that waits is replaced by the next one, and results are
//! published in places that hold the newest one only. So a slow board never falls
//! behind, and neither does a slow page.

use super::command::{
    Ascend, Attack, Attribute, CameraOf, Choice, Corrupt, Evolution, Evolve, OccludeCommand, Play,
};
use super::frame::Frame;
use super::latest_slot::LatestSlot;
use super::question::{Asker, Question, Questions};
use super::state::State;
use super::stimulus::Stimulus;
use axum::body::Bytes;
use cortexscope_net::input::digit_form::Steps;
use cortexscope_net::resources::ResourcePath;
use cortexscope_rig::session::Cancel;
use cortexscope_rig::session::Mode;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Orders that may wait.
const ORDERS_MAX: usize = 32;

/// What the board's thread is asked to do.
#[derive(Debug)]
pub enum Order {
    /// Open another board, model or engine.
    Open(Choice),
    /// Use another plan.
    Mode(Mode),
    /// Use other steps of the preparation.
    Steps(Steps),
    /// Damage every picture from now on, or none.
    Corrupt(Option<Corrupt>),
    /// Show digits, one after the other.
    Play(Play),
    /// Show one digit.
    Digit(usize),
    /// Stop the digits and the camera.
    Rest,
    /// Show the pictures of a camera of the host or the board.
    Camera(CameraOf),
    /// Run nothing until told, or go on.
    Freeze(bool),
    /// Run one frame while frozen.
    Step,
    /// Make an occlusion map of the last frame.
    Occlude(OccludeCommand),
}

/// Too many orders are waiting for the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{ORDERS_MAX} orders are waiting for the board already; try again in a moment")]
pub struct Overrun;

/// What waits for the board's thread.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) orders: VecDeque<Order>,
    pub(super) newest: Option<Stimulus>,
    pub(super) questions: Questions,
    /// Frames that a newer one replaced.
    pub(super) replaced: u64,
    pub(super) is_closed: bool,
}

impl Inbox {
    /// Puts a frame in, in place of the one that waits, if one does.
    pub(super) fn put(&mut self, stimulus: Stimulus) {
        if self.newest.replace(stimulus).is_some() {
            self.replaced += 1;
        }
    }
}

/// A frame to explain.
pub(super) struct AttributionTask {
    pub(super) frame: Arc<Frame>,
    pub(super) attribute: Attribute,
}

/// A frame to attack.
pub(super) struct AttackTask {
    pub(super) frame: Arc<Frame>,
    pub(super) attack: Attack,
}

/// What the thread of searches is to do.
#[derive(Debug)]
pub(super) enum EvolutionTask {
    /// Begin a search for the network of this generation.
    Start(Evolve, u64),
    /// Go on with the one that was stopped, for the network of this generation.
    Resume(u64),
    /// Stop the one that runs, and keep it.
    Stop,
}

/// An input to grow.
#[derive(Debug)]
pub(super) struct AscentTask {
    /// The board image whose float network is used.
    pub(super) image_path: ResourcePath,
    /// The network that the page shows.
    pub(super) generation: u64,
    /// What is to be excited, and how.
    pub(super) ascend: Ascend,
}

/// What the threads and the pages share.
pub(super) struct Shared {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    pub(super) cancel: Cancel,
    pub(super) state: watch::Sender<State>,
    pub(super) network: watch::Sender<Option<Bytes>>,
    pub(super) frame: watch::Sender<Option<Arc<Frame>>>,
    pub(super) occlusion: watch::Sender<Option<Bytes>>,
    pub(super) attribution: watch::Sender<Option<Bytes>>,
    pub(super) attack: watch::Sender<Option<Bytes>>,
    pub(super) climb: watch::Sender<Option<Bytes>>,
    pub(super) evolution: watch::Sender<Option<Bytes>>,
    /// The frame that is explained next.
    pub(super) attributions: LatestSlot<AttributionTask>,
    /// The frame that is attacked next.
    pub(super) attacks: LatestSlot<AttackTask>,
    /// The ascent that runs next; `None` stops the one that runs.
    pub(super) ascents: LatestSlot<Option<AscentTask>>,
    /// The search that runs next.
    pub(super) evolutions: LatestSlot<EvolutionTask>,
    /// The board image whose float layers are listed next. A slot of its own, so
    /// that no ascent takes its place.
    pub(super) layer_lists: LatestSlot<ResourcePath>,
    /// When the board was asked for what it has not answered yet.
    busy_since: Mutex<Option<Instant>>,
    /// The tensor that it sent last.
    pub(super) cursor: AtomicUsize,
}

impl Shared {
    /// Nothing is asked for, and nothing is published but `state`.
    pub(super) fn new(state: State) -> Self {
        Self {
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            cancel: Cancel::default(),
            state: watch::Sender::new(state),
            network: watch::Sender::new(None),
            frame: watch::Sender::new(None),
            occlusion: watch::Sender::new(None),
            attribution: watch::Sender::new(None),
            attack: watch::Sender::new(None),
            climb: watch::Sender::new(None),
            evolution: watch::Sender::new(None),
            attributions: LatestSlot::default(),
            attacks: LatestSlot::default(),
            ascents: LatestSlot::default(),
            evolutions: LatestSlot::default(),
            layer_lists: LatestSlot::default(),
            busy_since: Mutex::default(),
            cursor: AtomicUsize::new(0),
        }
    }

    pub(super) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows `stimulus` to the network, unless a newer one comes first.
    pub(super) fn show(&self, stimulus: Stimulus) {
        self.inbox().put(stimulus);
        self.arrived.notify_one();
    }

    /// Puts a question to the board, to be asked between frames.
    pub(super) fn ask(&self, asker: Asker, question: Question) {
        let mut inbox = self.inbox();
        // Nobody would answer.
        if !inbox.is_closed {
            inbox.questions.put(asker, question);
            self.arrived.notify_one();
        }
    }

    /// Adds an order. A corruption takes the place of one that waits as the last: a
    /// slider that moves gives many.
    ///
    /// # Errors
    /// [`Overrun`].
    pub(super) fn order(&self, order: Order) -> Result<(), Overrun> {
        let mut inbox = self.inbox();
        if let (Order::Corrupt(_), Some(last @ Order::Corrupt(_))) =
            (&order, inbox.orders.back_mut())
        {
            *last = order;
            return Ok(());
        }
        if inbox.orders.len() >= ORDERS_MAX {
            return Err(Overrun);
        }
        inbox.orders.push_back(order);
        self.arrived.notify_one();
        Ok(())
    }

    /// The inbox once something arrived, or after `patience`.
    pub(super) fn wait<'a>(
        &'a self,
        inbox: MutexGuard<'a, Inbox>,
        patience: Option<Duration>,
    ) -> MutexGuard<'a, Inbox> {
        match patience {
            Some(patience) => {
                let waited = self.arrived.wait_timeout(inbox, patience);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self
                .arrived
                .wait(inbox)
                .unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Ends every wait: nothing is taken from now on.
    pub(super) fn close(&self) {
        let mut inbox = self.inbox();
        inbox.is_closed = true;
        inbox.questions.clear();
        drop(inbox);
        self.arrived.notify_one();
        self.cancel.cancel();
        self.attributions.close();
        self.attacks.close();
        self.ascents.close();
        self.evolutions.close();
        self.layer_lists.close();
    }

    /// Asks for whatever the pages want to know of the newest frame.
    pub(super) fn ask_about_frame(&self) {
        self.ask_for_attribution();
        self.ask_for_attack();
    }

    /// Asks for an attack on the newest frame, if the pages want one.
    pub(super) fn ask_for_attack(&self) {
        let attack = self.state.borrow().attack.clone();
        let frame = self.frame.borrow().clone();
        if let (Some(attack), Some(frame)) = (attack, frame) {
            self.attacks.put(AttackTask { frame, attack });
        }
    }

    /// Asks for an attribution of the newest frame, if the pages want one.
    pub(super) fn ask_for_attribution(&self) {
        let attribute = self.state.borrow().attribute.clone();
        let frame = self.frame.borrow().clone();
        if let (Some(attribute), Some(frame)) = (attribute, frame) {
            self.attributions.put(AttributionTask { frame, attribute });
        }
    }

    /// Grows an input that excites the float network, or stops.
    pub(super) fn ask_for_ascent(&self, what: Option<Ascend>) {
        let frame = self.frame.borrow().clone();
        let task = what.zip(frame).map(|(ascend, frame)| AscentTask {
            image_path: frame.image_path.clone(),
            generation: frame.generation,
            ascend,
        });
        self.ascents.put(task);
    }

    /// Begins a search, stops the one that runs, or goes on with the one that was stopped;
    /// `false` where there is no network yet.
    pub(super) fn ask_for_evolution(&self, what: Evolution) -> bool {
        let generation = self.frame.borrow().as_ref().map(|frame| frame.generation);
        let task = match (what, generation) {
            (Evolution::Stop, _) => EvolutionTask::Stop,
            (Evolution::Start(evolve), Some(generation)) => {
                EvolutionTask::Start(evolve, generation)
            }
            (Evolution::Resume, Some(generation)) => EvolutionTask::Resume(generation),
            (_, None) => return false,
        };
        self.evolutions.put(task);
        true
    }

    /// Another network is on the board: what belongs to the one before goes, and
    /// the layers of the float network behind `image_path` are listed.
    pub(super) fn change_network(&self, network: Bytes, image_path: ResourcePath) {
        self.frame.send_replace(None);
        self.occlusion.send_replace(None);
        self.attribution.send_replace(None);
        self.attack.send_replace(None);
        self.climb.send_replace(None);
        self.evolution.send_replace(None);
        self.ascents.put(None);
        self.evolutions.put(EvolutionTask::Stop);
        self.layer_lists.put(image_path);
        self.network.send_replace(Some(network));
    }

    /// How long the board has been working on one request, and the tensor that
    /// it sent last.
    pub(super) fn busy(&self) -> Option<(Duration, usize)> {
        let since = *self.busy_since();
        let cursor = self.cursor.load(Ordering::Relaxed);
        since.map(|since| (since.elapsed(), cursor))
    }

    pub(super) fn set_busy(&self, is_busy: bool) {
        *self.busy_since() = is_busy.then(Instant::now);
    }

    fn busy_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.busy_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Menu;

    fn shared() -> Shared {
        let choice = Choice {
            board: "native".to_owned(),
            model: "lenet5".to_owned(),
            engine: "static".to_owned(),
        };
        Shared::new(State::new(Menu::default(), choice, Mode::Fused))
    }

    #[test]
    fn stopping_an_ascent_does_not_lose_the_list_of_layers() {
        let shared = shared();
        shared.change_network(Bytes::new(), ResourcePath::of_model("lenet5", "ctx"));
        shared.ask_for_ascent(None);
        assert_eq!(
            shared.layer_lists.take(),
            Some(ResourcePath::of_model("lenet5", "ctx"))
        );
        assert!(shared.ascents.take().is_some_and(|task| task.is_none()));
    }

    #[test]
    fn a_slider_that_moves_leaves_one_order() {
        let shared = shared();
        let corrupt = |severity| {
            Order::Corrupt(Some(Corrupt {
                kind: "fog".to_owned(),
                severity,
                seed: 0,
            }))
        };
        for severity in (1..=5).cycle().take(1000) {
            assert_eq!(shared.order(corrupt(severity)), Ok(()));
        }
        assert_eq!(shared.order(Order::Step), Ok(()));
        assert_eq!(shared.order(corrupt(2)), Ok(()));
        let inbox = shared.inbox();
        let severities: Vec<_> = inbox
            .orders
            .iter()
            .map(|order| match order {
                Order::Corrupt(Some(corrupt)) => corrupt.severity,
                _ => 0,
            })
            .collect();
        assert_eq!(severities, [5, 0, 2]);
    }

    #[test]
    fn orders_are_bounded_and_frames_are_replaced() {
        let shared = shared();
        for index in 0..ORDERS_MAX {
            assert_eq!(shared.order(Order::Digit(index)), Ok(()));
        }
        assert_eq!(shared.order(Order::Rest), Err(Overrun));
        for index in 0..5 {
            shared.show(Stimulus::digit(index));
        }
        let inbox = shared.inbox();
        assert_eq!((inbox.orders.len(), inbox.replaced), (ORDERS_MAX, 4));
        let newest = inbox
            .newest
            .as_ref()
            .map(|stimulus| stimulus.source.as_str());
        assert_eq!(newest, Some("mnist:4"));
    }
}
