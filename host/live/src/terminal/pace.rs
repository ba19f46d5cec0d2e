//! How many frames a second reach the screen.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time that the rate is taken over.
const RECENT: Duration = Duration::from_secs(1);

/// The frames that were drawn last.
#[derive(Debug, Default)]
pub(super) struct Pace {
    newest: (u64, u64),
    drawn: VecDeque<Instant>,
}

impl Pace {
    /// A frame is on the screen, for the first time or still.
    pub(super) fn show(&mut self, generation: u64, number: u64) {
        if self.newest != (generation, number) {
            self.newest = (generation, number);
            self.drawn.push_back(Instant::now());
        }
    }

    /// New frames a second; 0 where none came in the last second.
    pub(super) fn frames_per_s(&mut self) -> f64 {
        let now = Instant::now();
        let is_old = |at: &Instant| now.duration_since(*at) > RECENT;
        while self.drawn.front().is_some_and(is_old) {
            self.drawn.pop_front();
        }
        match (self.drawn.front(), self.drawn.len()) {
            (Some(first), 2..) => {
                (self.drawn.len() - 1) as f64 / now.duration_since(*first).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}
