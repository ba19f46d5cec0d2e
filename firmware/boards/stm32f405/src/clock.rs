//! The clock: 168 MHz from the internal oscillator, because boards with this part have
//! different crystals.
//!
//! By its registers (RM0090, sections 3.5 and 7.3): a hardware abstraction layer takes
//! 5 KB of flash for clocks that this board does not have, and can panic.

use stm32f4::stm32f405::{FLASH, RCC};

/// The PLL locks within 300 µs (DS8626, table 39), which is 4,800 cycles of the
/// internal oscillator; a look at its flag takes some cycles.
const LOOKS: u32 = 10_000;

/// What the part wakes up with.
const INTERNAL_HZ: u32 = 16_000_000;

/// Runs the part at 168 MHz, or logs why it stays at the 16 MHz that it woke up with.
/// Gives the clock of USART1.
pub fn start(rcc: &RCC, flash: &FLASH) -> u32 {
    if !pll_locks(rcc) {
        defmt::warn!(
            "the PLL does not lock and the clock stays at 16 MHz; expected on an emulator without a clock controller"
        );
        return INTERNAL_HZ;
    }
    // Five wait states above 150 MHz, and what makes up for them.
    flash.acr().write(|w| {
        w.latency().ws5();
        w.prften().enabled().icen().enabled().dcen().enabled()
    });
    // At most 42 MHz on one peripheral bus and 84 MHz on the other.
    rcc.cfgr().write(|w| w.ppre1().div4().ppre2().div2());
    rcc.cfgr().modify(|_, w| w.sw().pll());
    if !(0..LOOKS).any(|_| rcc.cfgr().read().sws().is_pll()) {
        // As after a reset: the internal oscillator, and nothing divided.
        rcc.cfgr().reset();
        defmt::warn!("the clock does not switch to the PLL and stays at 16 MHz");
        return INTERNAL_HZ;
    }
    84_000_000
}

/// Whether the PLL comes up at 16 MHz · 168 / 8 / 2.
fn pll_locks(rcc: &RCC) -> bool {
    rcc.pllcfgr().write(|w| {
        // SAFETY: 2 MHz into the oscillator and 336 MHz out of it are what it is made for
        // (RM0090, section 7.3.2), and a seventh of that is the 48 MHz of USB.
        unsafe { w.pllm().bits(8).plln().bits(168).pllq().bits(7) };
        w.pllsrc().hsi().pllp().div2()
    });
    rcc.cr().modify(|_, w| w.pllon().on());
    let locks = (0..LOOKS).any(|_| rcc.cr().read().pllrdy().is_ready());
    if !locks {
        rcc.cr().modify(|_, w| w.pllon().off());
    }
    locks
}
