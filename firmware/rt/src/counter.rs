//! What a board counts; on an emulated one, executed instructions, with SysTick.
//!
//! Under QEMU's `-icount shift=N` every instruction takes 2^N ns of virtual time
//! and SysTick counts that time. The 24-bit counter is extended to 64 bits by its
//! wrap exception, and the shift is found at start by timing a loop of known
//! length. Without `-icount` no shift fits, and there is no count: a counter that
//! would show the host's load is worse than none.

#[cfg(target_os = "none")]
mod systick;

#[cfg(target_os = "none")]
pub use systick::InstructionCounter;

use cortexscope_probe::wire::message::CounterKind;

/// A board's counter.
pub trait Counter {
    /// What [`Counter::read`] counts.
    fn kind(&self) -> CounterKind;

    /// The count, from any origin; never goes back. 0 if there is none.
    fn read(&mut self) -> u64;
}

/// Virtual nanoseconds an instruction takes, as a power of two, with the tick they are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    tick_ns: u32,
    shift: u32,
}

impl Scale {
    /// The largest shift that QEMU takes.
    const MAX_SHIFT: u32 = 10;

    /// Finds the shift under which `instructions` take `ticks` of `tick_ns` each.
    ///
    /// Gives `None` where no shift explains the time to within 1/64 of it.
    pub fn fit(instructions: u32, ticks: u64, tick_ns: u32) -> Option<Self> {
        let measured_ns = ticks * u64::from(tick_ns);
        (0..=Self::MAX_SHIFT)
            .find(|shift| {
                let expected_ns = u64::from(instructions) << shift;
                measured_ns.abs_diff(expected_ns) <= expected_ns / 64
            })
            .map(|shift| Self { tick_ns, shift })
    }

    /// Gives the instructions that `ticks` since the counter's start amount to.
    ///
    /// Exact where a tick is shorter than an instruction; rounded up, because a
    /// tick is counted when the instruction it belongs to has been executed.
    pub fn instructions(self, ticks: u64) -> u64 {
        (ticks * u64::from(self.tick_ns)).div_ceil(1 << self.shift)
    }
}

/// Gives ticks since the start from what the hardware and the wrap exception hold.
///
/// `current` counts down from 2^24 - 1 to 0, and 0 is when it wraps.
pub fn ticks(wraps: u32, current: u32) -> u64 {
    const PERIOD: u64 = 1 << 24;
    u64::from(wraps) * PERIOD + (PERIOD - u64::from(current)) % PERIOD
}

#[cfg(test)]
mod tests {
    use super::{Scale, ticks};

    #[test]
    fn finds_every_shift() {
        for shift in 0..=10 {
            let ticks = (200_000u64 << shift) / 40;
            let scale = Scale::fit(200_000, ticks + 3, 40);
            assert_eq!(scale, Some(Scale { tick_ns: 40, shift }));
        }
    }

    #[test]
    fn refuses_time_that_no_shift_explains() {
        assert_eq!(Scale::fit(200_000, 7_500 * 64, 40), None);
        assert_eq!(Scale::fit(200_000, 0, 40), None);
    }

    #[test]
    fn resolves_single_instructions_at_shift_6() {
        let scale = Scale {
            tick_ns: 40,
            shift: 6,
        };
        for executed in 0..10_000u64 {
            assert_eq!(scale.instructions(executed * 64 / 40), executed);
        }
    }

    #[test]
    fn ticks_grow_across_a_wrap() {
        assert_eq!(ticks(0, 0), 0);
        assert_eq!(ticks(0, 0xFF_FFFF), 1);
        assert_eq!(ticks(0, 1), 0xFF_FFFF);
        assert_eq!(ticks(1, 0), 0x100_0000);
        assert_eq!(ticks(1, 0xFF_FFFF), 0x100_0001);
    }
}
