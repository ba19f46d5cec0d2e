//! Stopping a session's work from outside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// A flag that ends the request in progress, here and on the board. Clones share
/// it, so a signal handler may hold one.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
}

/// Ctrl-C cannot be caught.
#[derive(Debug, thiserror::Error)]
#[error("cannot react to Ctrl-C")]
pub struct CtrlCError(#[from] ctrlc::Error);

impl Cancel {
    /// The flag that Ctrl-C sets, or a request to end the process; a second time ends
    /// it at once, with the exit code 130. There is one flag for the whole process;
    /// asked for again, it is cleared.
    ///
    /// # Errors
    /// [`CtrlCError`], if the system refuses or somebody else handles Ctrl-C.
    pub fn on_ctrl_c() -> Result<Self, CtrlCError> {
        static CANCEL: OnceLock<Cancel> = OnceLock::new();
        if let Some(cancel) = CANCEL.get() {
            cancel.clear();
            return Ok(cancel.clone());
        }
        let cancel = CANCEL.get_or_init(Self::default).clone();
        let flag = cancel.clone();
        ctrlc::set_handler(move || {
            if flag.is_cancelled() {
                std::process::exit(130);
            }
            flag.cancel();
        })?;
        Ok(cancel)
    }

    /// Ends the request in progress, and every one after it.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::SeqCst);
    }

    /// Lets requests be made again.
    pub fn clear(&self) {
        self.flag.store(false, Ordering::SeqCst);
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }
}
