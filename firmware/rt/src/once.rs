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
    use std::sync::Barrier;
    use std::thread;

    use super::Once;

    #[test]
    fn one_of_many_is_first() {
        const THREADS: usize = 4;
        const ROUNDS: usize = 20_000;
        let rounds: Vec<Once> = (0..ROUNDS).map(|_| Once::new()).collect();
        let barrier = Barrier::new(THREADS);
        let firsts = thread::scope(|scope| {
            let ask = || {
                barrier.wait();
                rounds.iter().filter(|once| once.is_first()).count()
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
            let firsts = threads.into_iter().map(|thread| thread.join().unwrap());
            firsts.sum::<usize>()
        });
        assert_eq!(firsts, ROUNDS);
    }
}
