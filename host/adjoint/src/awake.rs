//! Threads that stay awake.

use std::sync::atomic::{AtomicBool, Ordering};

/// Runs `work`, on a thread of a pool, and keeps the pool's other threads from falling asleep
/// meanwhile: to wake one takes as long as a small operator. They let whoever else wants the
/// processor go first.
pub fn keep_awake<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let done = AtomicBool::new(false);
    let own = rayon::current_thread_index();
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads() {
            scope.spawn(|_| wait(own, &done));
        }
        let _ended = Ended(&done);
        work()
    })
}

/// Does what there is to do until all is done. The thread that works does not wait for itself.
fn wait(working: Option<usize>, done: &AtomicBool) {
    if rayon::current_thread_index() == working {
        return;
    }
    while !done.load(Ordering::Relaxed) {
        if rayon::yield_now() != Some(rayon::Yield::Executed) {
            std::thread::yield_now();
        }
    }
}

/// Says that all is done when it goes, also where something failed.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn the_others_work_and_stop_waiting() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
        let pool = pool.unwrap();
        for _ in 0..100 {
            let sum: usize = pool.install(|| {
                keep_awake(|| {
                    (0..10)
                        .map(|_| (0..64).into_par_iter().sum::<usize>())
                        .sum()
                })
            });
            assert_eq!(sum, 10 * 2016);
        }
        let fails = || pool.install(|| keep_awake(|| -> usize { panic!("as the test wants") }));
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(fails));
        assert!(failed.is_err());
    }
}
