//! The clock: 168 MHz from the internal oscillator, so that the crystal, which
//! every board with this part has another of, does not matter.

use stm32f4xx_hal::pac::RCC;
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc::{Config, Rcc};

/// The PLL locks within 300 µs (DS8626, table 39), which is 4,800 cycles of the
/// internal oscillator; a look at its flag takes some cycles.
const LOOKS: u32 = 10_000;

/// Runs the part at 168 MHz, or says that it stays at the 16 MHz it woke up with.
pub fn start(rcc: RCC) -> Rcc {
    if pll_locks(&rcc) {
        return rcc.freeze(Config::hsi().sysclk(168.MHz()));
    }
    defmt::warn!(
        "the PLL does not lock, so the clock stays at 16 MHz; an emulator without a clock controller is like that"
    );
    rcc.freeze(Config::hsi())
}

/// Whether the PLL comes up, tried as the reset left it: 16 MHz in, 96 MHz out.
///
/// The HAL waits for it without an end, so it is asked only after this.
fn pll_locks(rcc: &RCC) -> bool {
    rcc.cr().modify(|_, w| w.pllon().on());
    let locks = (0..LOOKS).any(|_| rcc.cr().read().pllrdy().is_ready());
    rcc.cr().modify(|_, w| w.pllon().off());
    locks
}
