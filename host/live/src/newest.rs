//! A place for the newest of something: what is laid there takes the place of
//! what nobody took.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The newest `T`, until it is taken.
#[derive(Debug)]
pub(super) struct Newest<T> {
    slot: Mutex<Slot<T>>,
    laid: Condvar,
}

#[derive(Debug)]
struct Slot<T> {
    newest: Option<T>,
    is_closed: bool,
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self {
            slot: Mutex::new(Slot {
                newest: None,
                is_closed: false,
            }),
            laid: Condvar::new(),
        }
    }
}

impl<T> Newest<T> {
    /// Takes the place of what lies here.
    pub(super) fn lay(&self, newest: T) {
        self.slot().newest = Some(newest);
        self.laid.notify_one();
    }

    /// Waits for something, and takes it; nothing once it is closed.
    pub(super) fn take(&self) -> Option<T> {
        let mut slot = self.slot();
        loop {
            if slot.is_closed {
                return None;
            }
            if let Some(newest) = slot.newest.take() {
                return Some(newest);
            }
            slot = self.laid.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether who took the last one should look again.
    pub(super) fn is_waiting(&self) -> bool {
        let slot = self.slot();
        slot.is_closed || slot.newest.is_some()
    }

    /// Whether nothing will come any more.
    pub(super) fn is_closed(&self) -> bool {
        self.slot().is_closed
    }

    /// Ends every wait.
    pub(super) fn close(&self) {
        self.slot().is_closed = true;
        self.laid.notify_all();
    }

    fn slot(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_taken_and_the_others_are_forgotten() {
        let place = Newest::default();
        assert!(!place.is_waiting());
        place.lay(1);
        place.lay(2);
        assert!(place.is_waiting());
        assert_eq!(place.take(), Some(2));
        assert!(!place.is_waiting());
        place.close();
        assert!(place.is_waiting() && place.is_closed());
        assert_eq!(place.take(), None);
    }

    #[test]
    fn who_waits_is_woken() {
        let place = Newest::default();
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| [place.take(), place.take()]);
            place.lay(7);
            while place.is_waiting() {
                std::thread::yield_now();
            }
            place.close();
            assert_eq!(taken.join().unwrap(), [Some(7), None]);
        });
    }
}
