//! The LED in the middle of the 25, as a sign of life: it blinks once a second while the
//! board waits, and is lit while it works.

use cortex_m::peripheral::DWT;
use nrf52833_pac::{P0, Peripherals};

/// Its row, which gives current, and its column, which takes it (the board's schematic).
const ROW: u32 = 1 << 15;
const COLUMN: u32 = 1 << 31;

/// The LED.
pub struct MiddleLed(());

impl MiddleLed {
    /// Sets its pins up as outputs.
    pub fn start(part: &Peripherals) -> Self {
        // SAFETY: every bit is a pin's.
        part.P0.dirset.write(|w| unsafe { w.bits(ROW | COLUMN) });
        // SAFETY: as above.
        part.P0.outclr.write(|w| unsafe { w.bits(COLUMN) });
        Self(())
    }

    /// Lights it, or not.
    pub fn light(&mut self, is_lit: bool) {
        // SAFETY: nobody else has this pin, and writing sets or clears no other.
        let port = unsafe { &*P0::ptr() };
        if is_lit {
            // SAFETY: every bit is a pin's.
            port.outset.write(|w| unsafe { w.bits(ROW) });
        } else {
            // SAFETY: as above.
            port.outclr.write(|w| unsafe { w.bits(ROW) });
        }
    }

    /// Lights it as it should be while the board waits.
    pub fn blink(&mut self) {
        // Half a period of half a second at 64 MHz.
        self.light(DWT::cycle_count() >> 25 & 1 == 1);
    }
}
