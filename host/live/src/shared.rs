//! What the threads and the pages share: what is asked for, and what came of it.
//!
//! Orders for the board wait in an inbox, in their order. Of everything else the
//! newest counts: a frame that waits is replaced by the next one, and results are
//! published in places that hold the newest one only. So a slow board never falls
//! behind, and neither does a slow page.

use super::command::{Ascend, Attribute, CameraOf, Choice, OccludeCommand, Play};
use super::frame::Frame;
use super::latest_slot::LatestSlot;
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
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) orders: VecDeque<Order>,
    pub(super) newest: Option<Stimulus>,
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
    pub(super) climb: watch::Sender<Option<Bytes>>,
    /// The frame that is explained next.
    pub(super) attributions: LatestSlot<AttributionTask>,
    /// The ascent that runs next; `None` stops the one that runs.
    pub(super) ascents: LatestSlot<Option<AscentTask>>,
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
            climb: watch::Sender::new(None),
            attributions: LatestSlot::default(),
            ascents: LatestSlot::default(),
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

    /// Adds an order.
    ///
    /// # Errors
    /// [`Overrun`].
    pub(super) fn order(&self, order: Order) -> Result<(), Overrun> {
        let mut inbox = self.inbox();
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
        self.inbox().is_closed = true;
        self.arrived.notify_one();
        self.cancel.cancel();
        self.attributions.close();
        self.ascents.close();
        self.layer_lists.close();
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

    /// Another network is on the board: what belongs to the one before goes, and
    /// the layers of the float network behind `image_path` are listed.
    pub(super) fn change_network(&self, network: Bytes, image_path: ResourcePath) {
        self.frame.send_replace(None);
        self.occlusion.send_replace(None);
        self.attribution.send_replace(None);
        self.climb.send_replace(None);
        self.ascents.put(None);
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
