//! Something that can be had once.

use core::sync::atomic::{AtomicBool, Ordering};

/// Gives way to the first who asks.
pub struct Once(AtomicBool);

impl Once {
    /// Nobody has asked yet.
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Whether nobody has asked before: true for one caller, whatever interrupts it.
    pub fn is_first(&self) -> bool {
        #[cfg(target_has_atomic = "8")]
        let was_asked = self.0.swap(true, Ordering::Relaxed);
        // Cores without atomic exchanges keep interrupts out instead.
        #[cfg(not(target_has_atomic = "8"))]
        let was_asked = critical_section::with(|_| {
            let was_asked = self.0.load(Ordering::Relaxed);
            self.0.store(true, Ordering::Relaxed);
            was_asked
        });
        !was_asked
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Once;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::{hint, thread};

    #[test]
    fn the_first_is_first_and_nobody_after() {
        let once = Once::new();
        assert!(once.is_first());
        assert!(!once.is_first());
        assert!(!once.is_first());
    }

    /// Two threads ask at the same time, again and again; they meet before each question.
    #[test]
    fn of_two_who_ask_at_once_one_is_first() {
        const ROUNDS: usize = 5_000;
        let all: Vec<Once> = (0..ROUNDS).map(|_| Once::new()).collect();
        let arrived = AtomicUsize::new(0);
        let ask_all = || {
            let wins = all.iter().enumerate().map(|(round, once)| {
                arrived.fetch_add(1, Ordering::AcqRel);
                let mut looks = 0_u32;
                while arrived.load(Ordering::Acquire) < 2 * (round + 1) {
                    looks += 1;
                    // Who gives way at every look hardly ever meets the other.
                    if looks.is_multiple_of(200) {
                        thread::yield_now();
                    } else {
                        hint::spin_loop();
                    }
                }
                usize::from(once.is_first())
            });
            wins.sum::<usize>()
        };
        let firsts = thread::scope(|scope| {
            let other = scope.spawn(ask_all);
            ask_all() + other.join().unwrap()
        });
        assert_eq!(firsts, ROUNDS);
    }
}
