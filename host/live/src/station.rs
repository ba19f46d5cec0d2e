//! The station: one board, any number of pages, and what lies between them.
//!
//! The board is driven by one thread of its own (`worker`), because a
//! session with it is synchronous. What is to be done lies on a desk: orders in
//! their order, and of the frames only the newest, so that a slow board never
//! falls behind. What was done is published in places that hold the newest
//! only, so that a slow page does not either.

use super::command::{Ascend, Attribute, CameraOf, Choice, OccludeCommand, PlanName, Play};
use super::frame::Frame;
use super::host_camera;
use super::newest::Newest;
use super::state::{Menu, State};
use super::stimulus::Stimulus;
use super::study::{self, attribution, climb};
use super::worker::Worker;
use axum::body::Bytes;
use cortexscope_net::input::MnistSet;
use cortexscope_net::input::digit_form::Steps;
use cortexscope_rig::Rig;
use cortexscope_rig::session::Cancel;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Orders that may wait.
const ORDERS_MAX: usize = 32;

/// Reaches the board that was chosen.
pub type Opener = Box<dyn FnMut(&Choice, Cancel) -> Result<Rig, OpenError> + Send>;
/// Why a board cannot be reached, in words that say what to do.
pub type OpenError = Box<dyn std::error::Error + Send + Sync>;

/// What the board's thread is asked for.
#[derive(Debug)]
pub enum Order {
    /// Another board, model or engine.
    Open(Choice),
    /// Another plan.
    Mode(PlanName),
    /// Other steps of the preparation.
    Steps(Steps),
    /// Digits, one after the other.
    Play(Play),
    /// One digit.
    Digit(usize),
    /// No more digits, no camera.
    Rest,
    /// A camera of the host or the board.
    Camera(CameraOf),
    /// Run nothing until told, or go on.
    Freeze(bool),
    /// One frame while frozen.
    Step,
    /// An occlusion map of the last frame.
    Occlude(OccludeCommand),
}

/// What lies before the worker.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) orders: VecDeque<Order>,
    pub(super) newest: Option<Stimulus>,
    /// Frames that a newer one took the place of.
    pub(super) replaced: u64,
    pub(super) is_closed: bool,
}

impl Desk {
    /// Lays a frame in the place of the one that waits, if one does.
    pub(super) fn show(&mut self, stimulus: Stimulus) {
        if self.newest.replace(stimulus).is_some() {
            self.replaced += 1;
        }
    }
}

/// What the worker and the pages share.
pub(super) struct Shared {
    desk: Mutex<Desk>,
    laid: Condvar,
    pub(super) cancel: Cancel,
    pub(super) state: watch::Sender<State>,
    pub(super) network: watch::Sender<Option<Bytes>>,
    pub(super) frame: watch::Sender<Option<Arc<Frame>>>,
    pub(super) occlusion: watch::Sender<Option<Bytes>>,
    pub(super) attribution: watch::Sender<Option<Bytes>>,
    pub(super) climb: watch::Sender<Option<Bytes>>,
    pub(super) attributions: Newest<attribution::Task>,
    pub(super) climbs: Newest<climb::Task>,
    /// When the board was asked for what it has not answered yet.
    busy_since: Mutex<Option<Instant>>,
    /// The tensor that it sent last.
    pub(super) cursor: AtomicUsize,
    next_page: AtomicU64,
}

/// A board that pages can look at. Clones are handles to the same one.
#[derive(Clone)]
pub struct Station {
    pub(super) shared: Arc<Shared>,
}

/// The threads that drive the board and study its network.
pub struct Engine {
    station: Station,
    threads: Vec<JoinHandle<()>>,
}

/// Too many orders are waiting for the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the board has {ORDERS_MAX} orders to do already")]
pub struct Overrun;

impl Station {
    /// Reaches the board of `choice` through `open`, in a thread of its own.
    pub fn start(
        menu: Menu,
        choice: Choice,
        mode: PlanName,
        digits: MnistSet,
        open: Opener,
    ) -> (Self, Engine) {
        let mut state = State::new(menu, choice.clone(), mode);
        state.digits = digits.len();
        let shared = Arc::new(Shared {
            desk: Mutex::default(),
            laid: Condvar::new(),
            cancel: Cancel::default(),
            state: watch::Sender::new(state),
            network: watch::Sender::new(None),
            frame: watch::Sender::new(None),
            occlusion: watch::Sender::new(None),
            attribution: watch::Sender::new(None),
            climb: watch::Sender::new(None),
            attributions: Newest::default(),
            climbs: Newest::default(),
            busy_since: Mutex::default(),
            cursor: AtomicUsize::new(0),
            next_page: AtomicU64::new(1),
        });
        let station = Self {
            shared: Arc::clone(&shared),
        };
        let mut threads = Vec::from(study::start(&shared));
        let worker = Worker::new(shared, digits, open, mode);
        threads.push(std::thread::spawn(move || worker.run(choice)));
        let engine = Engine {
            station: station.clone(),
            threads,
        };
        (station, engine)
    }

    /// The newest state.
    pub fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// The newest frame.
    pub fn frames(&self) -> watch::Receiver<Option<Arc<Frame>>> {
        self.shared.frame.subscribe()
    }

    /// Shows `stimulus` to the network, unless a newer one comes first.
    pub fn show(&self, stimulus: Stimulus) {
        self.shared.desk().show(stimulus);
        self.shared.laid.notify_one();
    }

    /// Lays an order on the desk.
    ///
    /// # Errors
    /// [`Overrun`].
    pub fn order(&self, order: Order) -> Result<(), Overrun> {
        let mut desk = self.shared.desk();
        if desk.orders.len() >= ORDERS_MAX {
            return Err(Overrun);
        }
        desk.orders.push_back(order);
        self.shared.laid.notify_one();
        Ok(())
    }

    /// Ends the long request that runs, if one does.
    pub fn cancel_job(&self) {
        if self.shared.state.borrow().job.is_some() {
            self.shared.cancel.cancel();
        }
    }

    /// Attributes every frame from now on, the one on the screen included, or none.
    pub fn attribute(&self, what: Option<Attribute>) {
        self.shared
            .state
            .send_modify(|state| state.attribute = what);
        attribution::ask(&self.shared);
    }

    /// Grows an input that excites the float network, or stops.
    pub fn ascend(&self, what: Option<Ascend>) {
        let frame = self.shared.frame.borrow().clone();
        let task = what.zip(frame).map(|(ascend, frame)| climb::Task::Climb {
            image_path: frame.image_path.clone(),
            generation: frame.generation,
            ascend,
        });
        self.shared.climbs.lay(task.unwrap_or(climb::Task::Stop));
    }

    /// Looks which camera the host has now.
    pub(super) fn look_for_camera(&self) {
        let found = host_camera::name();
        self.shared.state.send_modify(|state| match found {
            Ok(name) => state.host_camera = name,
            Err(error) => {
                state.host_camera = None;
                state.say(format!("the host's camera: {error}"));
            }
        });
    }

    pub(super) fn new_page(&self) -> u64 {
        self.shared.next_page.fetch_add(1, Ordering::Relaxed)
    }

    /// How long the board has been working on one request, and the tensor that
    /// it sent last.
    pub(super) fn busy(&self) -> Option<(Duration, usize)> {
        let since = *self.shared.busy_since();
        let cursor = self.shared.cursor.load(Ordering::Relaxed);
        since.map(|since| (since.elapsed(), cursor))
    }
}

impl Engine {
    /// Ends what the board does and lets go of it.
    pub fn stop(&mut self) {
        let shared = &self.station.shared;
        shared.desk().is_closed = true;
        shared.laid.notify_one();
        shared.cancel.cancel();
        shared.attributions.close();
        shared.climbs.close();
        for thread in self.threads.drain(..) {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The desk once something was laid on it, or after `patience`.
    pub(super) fn wait<'a>(
        &'a self,
        desk: MutexGuard<'a, Desk>,
        patience: Option<Duration>,
    ) -> MutexGuard<'a, Desk> {
        match patience {
            Some(patience) => {
                let waited = self.laid.wait_timeout(desk, patience);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.laid.wait(desk).unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn busy_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.busy_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_busy(&self, is_busy: bool) {
        *self.busy_since() = is_busy.then(Instant::now);
    }
}
