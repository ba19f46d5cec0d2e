//! An RP2040, where clocks and LED are others than an RP2350's.

use rp2040_pac::resets::{reset, reset_done};
use rp2040_pac::{Peripherals, TIMER, pads_bank0};

pub use rp2040_pac as pac;

/// 1,500 MHz / 6 / 2: 125 MHz.
pub const CORE_DIVIDERS: [u8; 2] = [6, 2];

/// Takes the timer out of reset.
pub fn release_timer(w: &mut reset::W) -> &mut reset::W {
    w.timer().clear_bit()
}

/// Whether the timer is out of reset.
pub fn has_timer(done: &reset_done::R) -> bool {
    done.timer().bit()
}

/// Starts the timer's tick, each `cycles` of the crystal. The watchdog has it, too.
pub fn start_tick(part: &Peripherals, cycles: u8) {
    part.WATCHDOG.tick().write(|w| {
        // SAFETY: the cycles of a microsecond.
        unsafe { w.cycles().bits(cycles.into()) };
        w.enable().set_bit()
    });
}

/// A pad is connected after reset.
pub fn connect_pad(w: &mut pads_bank0::gpio::W) -> &mut pads_bank0::gpio::W {
    w
}

/// The timer, whose origin is the start.
pub fn microseconds() -> u32 {
    // SAFETY: the timer is only read.
    let timer = unsafe { TIMER::steal() };
    timer.timerawl().read().bits()
}
