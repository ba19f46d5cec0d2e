//! What a board counts: cycles on a part, executed instructions on an emulated one.
//!
//! Cycles come from the core's own counter, which emulators leave at 0 and cores before
//! Armv7-M do not have; instructions come from SysTick.
//! Under QEMU's `-icount shift=N` every instruction takes 2^N ns of virtual time
//! and SysTick counts that time. The 24-bit counter is extended to 64 bits by its
//! wrap exception, and the shift is found at start by timing a loop of known
//! length. Without `-icount` no shift fits, and there is no count: a counter that
//! would show the host's load is worse than none.

use core::num::{NonZeroU16, NonZeroU32};

#[cfg(all(not(any(unix, windows)), armv7m))]
mod core_counter;
#[cfg(all(not(any(unix, windows)), armv7m))]
mod cycles;
#[cfg(not(any(unix, windows)))]
mod systick;

#[cfg(all(not(any(unix, windows)), armv7m))]
pub use core_counter::CoreCounter;
#[cfg(all(not(any(unix, windows)), armv7m))]
pub use cycles::CycleCounter;
#[cfg(not(any(unix, windows)))]
pub use systick::{InstructionCounter, SysTickCycles};

pub use cortexscope_probe::wire::message::CounterKind;

/// A board's counter.
pub trait Counter {
    /// What [`Counter::read`] counts.
    fn kind(&self) -> CounterKind;

    /// The count, from any origin; never goes back. 0 if there is none.
    fn read(&mut self) -> u64;
}

/// Instructions that a tick of a clock of `CLOCK_HZ` lasts, where an instruction takes a power
/// of two of virtual nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale<const CLOCK_HZ: u32> {
    /// In `TICKS << MAX_SHIFT`ths: whatever the power, it is divided by a constant.
    per_tick: u32,
}

impl<const CLOCK_HZ: u32> Scale<CLOCK_HZ> {
    /// The largest shift that QEMU takes.
    const MAX_SHIFT: u32 = 10;

    /// A tick lasts `NANOSECONDS / TICKS`, in lowest terms.
    const NANOSECONDS: u32 = SECOND_NS / greatest_common_divisor(SECOND_NS, CLOCK_HZ);
    const TICKS: NonZeroU16 = {
        let ticks = CLOCK_HZ / greatest_common_divisor(SECOND_NS, CLOCK_HZ);
        assert!(
            ticks <= u16::MAX as u32,
            "a clock with no short fraction of a second"
        );
        assert!(
            Self::NANOSECONDS <= u32::MAX >> Self::MAX_SHIFT,
            "a clock too slow for instructions"
        );
        NonZeroU16::new(ticks as u16).expect("a clock that stands still")
    };

    /// The scale where an instruction takes `2^shift` ns, `shift` being at most `MAX_SHIFT`.
    const fn of(shift: u32) -> Self {
        Self {
            per_tick: Self::NANOSECONDS << (Self::MAX_SHIFT - shift),
        }
    }

    /// Finds the scale by which `ticks` amount to `instructions`.
    ///
    /// Gives `None` where none explains the time to within 1/64 of it.
    pub fn fit(instructions: u32, ticks: u64) -> Option<Self> {
        let ticks = u32::try_from(ticks).ok()?;
        let is_near = |scale: &Self| {
            let found = scale.instructions(ticks.into());
            found.abs_diff(instructions.into()) <= u64::from(instructions / 64)
        };
        (0..=Self::MAX_SHIFT).map(Self::of).find(is_near)
    }

    /// Gives the instructions that `ticks` since the counter's start amount to.
    ///
    /// Exact where a tick is shorter than an instruction; rounded up, because a
    /// tick is counted when the instruction it belongs to has been executed.
    pub fn instructions(self, ticks: u64) -> u64 {
        let parts = ticks * u64::from(self.per_tick);
        let instructions = (parts + (1 << Self::MAX_SHIFT) - 1) >> Self::MAX_SHIFT;
        // Most clocks tick every so many whole nanoseconds, and a division would be
        // most of what reading the counter costs.
        if Self::TICKS.get() == 1 {
            instructions
        } else {
            div_ceil(instructions, Self::TICKS)
        }
    }
}

const SECOND_NS: u32 = 1_000_000_000;

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

const fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b > 0 {
        (a, b) = (b, a % b);
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

    /// Finds every shift from what 200,000 instructions take, and single instructions
    /// at shift 6.
    fn measures_by<const CLOCK_HZ: u32>() {
        let ticks_of = |instructions: u64, shift: u32| {
            (instructions << shift) * u64::from(CLOCK_HZ) / 1_000_000_000
        };
        let scale = |shift| {
            let ticks = ticks_of(200_000, shift) + 3;
            Scale::<CLOCK_HZ>::fit(200_000, ticks).expect("a shift explains this time")
        };
        for shift in 0..=10 {
            assert_eq!(scale(shift), Scale::of(shift));
        }
        for executed in 0..10_000 {
            assert_eq!(scale(6).instructions(ticks_of(executed, 6)), executed);
        }
    }

    #[test]
    fn measures_by_the_clocks_of_the_emulated_boards() {
        measures_by::<25_000_000>();
        measures_by::<168_000_000>();
    }

    #[test]
    fn refuses_time_that_no_shift_explains() {
        for ticks in [7_500 * 64, 0, u64::MAX] {
            assert_eq!(Scale::<25_000_000>::fit(200_000, ticks), None);
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
    fn counts_for_a_year_without_leaving_64_bits() {
        let ticks = u64::MAX / (125 << 4) - 1;
        let exact = (u128::from(ticks) * 125).div_ceil(21 * 64);
        let scale = Scale::<168_000_000>::of(6);
        assert_eq!(u128::from(scale.instructions(ticks)), exact);
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
