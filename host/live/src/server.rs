//! The server's inside: one board, any number of pages, and the threads between
//! them.
//!
//! One thread of its own drives the board (`worker`), because a session with it
//! is synchronous; others ask the float network behind the board's (`study`).

use super::command::{Ascend, Attack, Attribute, Choice, Evolution};
use super::frame::Frame;
use super::host_camera;
use super::shared::{Order, Overrun, Shared};
use super::state::{Menu, State};
use super::stimulus::Stimulus;
use super::study;
use super::worker::{Opener, Worker};
use cortexscope_net::input::MnistSet;
use cortexscope_rig::session::Mode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Pages that may be open at once.
pub(super) const PAGES_MAX: usize = 16;

/// A board that pages can look at. Clones are handles to the same one.
#[derive(Clone)]
pub struct LiveServer {
    pub(super) shared: Arc<Shared>,
    next_page: Arc<AtomicU64>,
    seats: Arc<Semaphore>,
}

/// The threads that drive the board and study its network.
pub struct LiveThreads {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// A page's seat; dropped, another page may have it.
pub(super) struct Seat {
    /// The page's number.
    pub(super) page: u64,
    _permit: OwnedSemaphorePermit,
}

impl LiveServer {
    /// Opens the board of `choice` with `open`, in a thread of its own.
    pub fn start(
        menu: Menu,
        choice: Choice,
        mode: Mode,
        digits: MnistSet,
        open: Opener,
    ) -> (Self, LiveThreads) {
        let mut state = State::new(menu, choice.clone(), mode);
        state.digits = digits.len();
        let shared = Arc::new(Shared::new(state));
        let mut threads = Vec::from(study::start(&shared));
        let camera = Arc::new(host_camera::open);
        let worker = Worker::new(Arc::clone(&shared), digits, open, mode, camera);
        threads.push(std::thread::spawn(move || worker.run(choice)));
        let server = Self {
            shared: Arc::clone(&shared),
            next_page: Arc::new(AtomicU64::new(1)),
            seats: Arc::new(Semaphore::new(PAGES_MAX)),
        };
        (server, LiveThreads { shared, threads })
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
        self.shared.show(stimulus);
    }

    /// Asks the board's thread to do something after what it was asked before.
    ///
    /// # Errors
    /// [`Overrun`].
    pub fn order(&self, order: Order) -> Result<(), Overrun> {
        self.shared.order(order)
    }

    /// Ends the long request that runs, if one does.
    pub fn cancel_job(&self) {
        if self.shared.state.borrow().job.is_some() {
            self.shared.cancel.cancel();
        }
    }

    /// Attributes every frame from now on, the one on the screen included; `None`
    /// stops that.
    pub fn attribute(&self, what: Option<Attribute>) {
        self.shared
            .state
            .send_modify(|state| state.attribute = what);
        self.shared.ask_for_attribution();
    }

    /// Attacks every frame from now on, the one on the screen included; `None` stops that.
    pub fn attack(&self, what: Option<Attack>) {
        let is_over = what.is_none();
        self.shared.state.send_modify(|state| state.attack = what);
        if is_over {
            self.shared.attack.send_replace(None);
        }
        self.shared.ask_for_attack();
    }

    /// Grows an input that excites the float network; `None` stops that.
    pub fn ascend(&self, what: Option<Ascend>) {
        self.shared.ask_for_ascent(what);
    }

    /// Begins a search for an image that drives a neuron on the board, stops the one that
    /// runs, or goes on with the one that was stopped; `false` where no network is on a
    /// board yet.
    pub fn evolve(&self, what: Evolution) -> bool {
        self.shared.ask_for_evolution(what)
    }

    /// Looks which camera the host has now.
    pub(super) fn look_for_camera(&self) {
        let found = host_camera::name();
        self.shared.state.send_modify(|state| match found {
            Ok(name) => state.host_camera = name,
            Err(error) => {
                state.host_camera = None;
                state.announce(format!("Could not use the host's camera: {error}"));
            }
        });
    }

    /// A seat for one page more; none where all are taken.
    pub(super) fn seat(&self) -> Option<Seat> {
        let permit = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        Some(Seat {
            page: self.next_page.fetch_add(1, Ordering::Relaxed),
            _permit: permit,
        })
    }
}

impl LiveThreads {
    /// Ends what the board does and lets go of it.
    pub fn stop(&mut self) {
        self.shared.close();
        for thread in self.threads.drain(..) {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for LiveThreads {
    fn drop(&mut self) {
        self.stop();
    }
}
