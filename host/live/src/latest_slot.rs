//! A slot for the newest of something: a new value replaces one that nobody took.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The newest `T`, until it is taken.
#[derive(Debug)]
pub(super) struct LatestSlot<T> {
    slot: Mutex<Slot<T>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct Slot<T> {
    newest: Option<T>,
    is_closed: bool,
}

impl<T> Default for LatestSlot<T> {
    fn default() -> Self {
        Self {
            slot: Mutex::new(Slot {
                newest: None,
                is_closed: false,
            }),
            arrived: Condvar::new(),
        }
    }
}

impl<T> LatestSlot<T> {
    /// Puts a value in, in place of one that waits.
    pub(super) fn put(&self, newest: T) {
        self.slot().newest = Some(newest);
        self.arrived.notify_one();
    }

    /// Waits for a value and takes it; `None` once the slot is closed.
    pub(super) fn take(&self) -> Option<T> {
        let mut slot = self.slot();
        loop {
            if slot.is_closed {
                return None;
            }
            if let Some(newest) = slot.newest.take() {
                return Some(newest);
            }
            slot = self
                .arrived
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether a newer value waits, or the slot is closed.
    pub(super) fn is_waiting(&self) -> bool {
        let slot = self.slot();
        slot.is_closed || slot.newest.is_some()
    }

    /// Whether the slot is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.slot().is_closed
    }

    /// Ends every wait.
    pub(super) fn close(&self) {
        self.slot().is_closed = true;
        self.arrived.notify_all();
    }

    fn slot(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_taken_and_older_ones_are_dropped() {
        let slot = LatestSlot::default();
        assert!(!slot.is_waiting());
        slot.put(1);
        slot.put(2);
        assert!(slot.is_waiting());
        assert_eq!(slot.take(), Some(2));
        assert!(!slot.is_waiting());
        slot.close();
        assert!(slot.is_waiting() && slot.is_closed());
        assert_eq!(slot.take(), None);
    }

    #[test]
    fn a_waiting_thread_is_woken() {
        let slot = LatestSlot::default();
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| [slot.take(), slot.take()]);
            slot.put(7);
            while slot.is_waiting() {
                std::thread::yield_now();
            }
            slot.close();
            assert_eq!(taken.join().unwrap(), [Some(7), None]);
        });
    }
}
