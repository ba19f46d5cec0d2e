//! The clock: 64 MHz, kept by the board's crystal, which a UART needs (nRF52833 Product
//! Specification 1.6, section 5.4), and a cache before the flash (section 4.3).

use nrf52833_pac::Peripherals;

/// The crystal is stable within 0.4 ms, 24,000 cycles; a look takes some.
const LOOKS: u32 = 20_000;

/// Starts both, or logs that the crystal does not start.
pub fn start(part: &Peripherals) {
    part.NVMC.icachecnf.write(|w| w.cacheen().enabled());
    let clock = &part.CLOCK;
    // SAFETY: any value but 0 starts the task.
    clock.tasks_hfclkstart.write(|w| unsafe { w.bits(1) });
    if !(0..LOOKS).any(|_| clock.events_hfclkstarted.read().bits() != 0) {
        defmt::warn!("the crystal does not start: the UART may be too fast or too slow");
    }
}
