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

    #[test]
    fn the_first_is_first_and_nobody_after() {
        let once = Once::new();
        assert!(once.is_first());
        assert!(!once.is_first());
        assert!(!once.is_first());
    }
}
