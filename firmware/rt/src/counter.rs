//! What a board counts: cycles on a part, executed instructions on an emulated one.
//!
//! Cycles come from the core's own counter, which emulators leave at 0;
//! instructions come from SysTick.
//! Under QEMU's `-icount shift=N` every instruction takes 2^N ns of virtual time
//! and SysTick counts that time. The 24-bit counter is extended to 64 bits by its
//! wrap exception, and the shift is found at start by timing a loop of known
//! length. Without `-icount` no shift fits, and there is no count: a counter that
//! would show the host's load is worse than none.

use core::num::{NonZeroU16, NonZeroU32};

#[cfg(not(any(unix, windows)))]
mod core_counter;
#[cfg(not(any(unix, windows)))]
mod cycles;
#[cfg(not(any(unix, windows)))]
mod systick;

#[cfg(not(any(unix, windows)))]
pub use core_counter::CoreCounter;
#[cfg(not(any(unix, windows)))]
pub use cycles::CycleCounter;
#[cfg(not(any(unix, windows)))]
pub use systick::InstructionCounter;

pub use cortexscope_probe::wire::message::CounterKind;

/// A board's counter.
pub trait Counter {
    /// What [`Counter::read`] counts.
    fn kind(&self) -> CounterKind;

    /// The count, from any origin; never goes back. 0 if there is none.
    fn read(&mut self) -> u64;
}

/// Virtual nanoseconds an instruction takes, as a power of two, with the clock they are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// A tick lasts `nanoseconds / ticks`, in lowest terms.
    nanoseconds: u64,
    ticks: NonZeroU16,
    shift: u32,
}

impl Scale {
    /// The largest shift that QEMU takes.
    const MAX_SHIFT: u32 = 10;

    /// Finds the shift under which `instructions` take `ticks` of a clock of `clock_hz`.
    ///
    /// Gives `None` where no shift explains the time to within 1/64 of it.
    pub fn fit(instructions: u32, ticks: u64, clock_hz: u32) -> Option<Self> {
        const SECOND_NS: u32 = 1_000_000_000;
        let divisor = greatest_common_divisor(SECOND_NS, clock_hz);
        let nanoseconds = u64::from(SECOND_NS.checked_div(divisor)?);
        // Of a clock with no short fraction there is no count, rather than a slow one.
        let ticks_in = u16::try_from(clock_hz.checked_div(divisor)?).ok()?;
        let ticks_in = NonZeroU16::new(ticks_in)?;
        // Both in nanoseconds times `ticks_in`, which spares a division.
        let measured = ticks.checked_mul(nanoseconds)?;
        let shift = (0..=Self::MAX_SHIFT).find(|shift| {
            let expected = (u64::from(instructions) << shift) * u64::from(ticks_in.get());
            measured.abs_diff(expected) <= expected / 64
        })?;
        Some(Self {
            nanoseconds,
            ticks: ticks_in,
            shift,
        })
    }

    /// Gives the instructions that `ticks` since the counter's start amount to.
    ///
    /// Exact where a tick is shorter than an instruction; rounded up, because a
    /// tick is counted when the instruction it belongs to has been executed.
    pub fn instructions(self, ticks: u64) -> u64 {
        let nanoseconds = ticks * self.nanoseconds;
        let shift = self.shift % u64::BITS;
        let begun = u64::from(nanoseconds & ((1 << shift) - 1) != 0);
        let instructions = (nanoseconds >> shift) + begun;
        // Most clocks tick every so many whole nanoseconds, and a division would be
        // most of what reading the counter costs.
        if self.ticks == NonZeroU16::MIN {
            instructions
        } else {
            div_ceil(instructions, self.ticks)
        }
    }
}

/// `value / divisor`, rounded up, 16 bits at a time: cores divide 32 bits, and a
/// 64-bit division is 0.9 KB of flash.
fn div_ceil(value: u64, divisor: NonZeroU16) -> u64 {
    let divisor = NonZeroU32::from(divisor);
    let (mut quotient, mut rest) = (0, 0);
    for shift in [48, 32, 16, 0] {
        let part = rest << 16 | (value >> shift) as u32 & 0xFFFF;
        quotient = quotient << 16 | u64::from(part / divisor);
        rest = part % divisor;
    }
    quotient + u64::from(rest != 0)
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a
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
    use core::num::NonZeroU16;

    use super::{Scale, div_ceil, ticks};

    /// The clocks of the emulated boards.
    const CLOCKS_HZ: [u32; 2] = [25_000_000, 168_000_000];

    fn scale(clock_hz: u32, shift: u32) -> Scale {
        let ticks = (200_000_u64 << shift) * u64::from(clock_hz) / 1_000_000_000;
        Scale::fit(200_000, ticks + 3, clock_hz).expect("a shift explains this time")
    }

    #[test]
    fn finds_every_shift() {
        for clock_hz in CLOCKS_HZ {
            for shift in 0..=10 {
                assert_eq!(scale(clock_hz, shift).shift, shift);
            }
        }
    }

    #[test]
    fn refuses_time_that_no_shift_explains() {
        assert_eq!(Scale::fit(200_000, 7_500 * 64, 25_000_000), None);
        assert_eq!(Scale::fit(200_000, 0, 25_000_000), None);
        assert_eq!(Scale::fit(200_000, u64::MAX, 25_000_000), None);
    }

    #[test]
    fn resolves_single_instructions_at_shift_6() {
        for clock_hz in CLOCKS_HZ {
            let scale = scale(clock_hz, 6);
            for executed in 0..10_000_u64 {
                let ticks = executed * 64 * u64::from(clock_hz) / 1_000_000_000;
                assert_eq!(scale.instructions(ticks), executed);
            }
        }
    }

    #[test]
    fn divides_as_64_bits_do() {
        for divisor in [1, 2, 21, 999, 0xFFFF] {
            for value in [
                0,
                1,
                20,
                21,
                22,
                1 << 32,
                (1 << 48) + 1,
                u64::MAX - 1,
                u64::MAX,
            ] {
                let divisor = NonZeroU16::new(divisor).unwrap();
                let expected = value.div_ceil(u64::from(divisor.get()));
                assert_eq!(div_ceil(value, divisor), expected);
            }
        }
    }

    #[test]
    fn counts_for_years_without_leaving_64_bits() {
        let ticks = u64::MAX / 125;
        let exact = (u128::from(ticks) * 125).div_ceil(21 * 64);
        assert_eq!(u128::from(scale(168_000_000, 6).instructions(ticks)), exact);
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
