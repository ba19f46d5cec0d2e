//! An RP2350, where clocks and LED are others than an RP2040's.

use rp235x_pac::resets::{reset, reset_done};
use rp235x_pac::{Peripherals, TIMER0, pads_bank0};

pub use rp235x_pac as pac;

/// 1,500 MHz / 5 / 2: 150 MHz.
pub const CORE_DIVIDERS: [u8; 2] = [5, 2];

/// Takes the timer out of reset.
pub fn release_timer(w: &mut reset::W) -> &mut reset::W {
    w.timer0().clear_bit()
}

/// Whether the timer is out of reset.
pub fn has_timer(done: &reset_done::R) -> bool {
    done.timer0().bit()
}

/// Starts the timer's tick, each `cycles` of the crystal.
pub fn start_tick(part: &Peripherals, cycles: u8) {
    let tick = part.TICKS.ticktimer0();
    // SAFETY: the cycles of a microsecond.
    tick.cycles().write(|w| unsafe { w.bits(cycles.into()) });
    tick.ctrl().write(|w| w.enable().set_bit());
}

/// Connects a pad, which is isolated after reset.
pub fn connect_pad(w: &mut pads_bank0::gpio::W) -> &mut pads_bank0::gpio::W {
    w.iso().clear_bit()
}

/// The timer, whose origin is the start.
pub fn microseconds() -> u32 {
    // SAFETY: the timer is only read.
    let timer = unsafe { TIMER0::steal() };
    timer.timerawl().read().bits()
}
