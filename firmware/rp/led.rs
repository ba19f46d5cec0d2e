//! The green LED of a Pico and of a Pico 2, which is at pin 25, and the timer that it blinks
//! by. `part` has what differs between both.

use core::convert::Infallible;

use cortexscope_rt::rp::Led;
use embedded_hal::digital::{ErrorType, OutputPin};

use crate::part;
use crate::part::pac::{Peripherals, SIO};

const PIN: usize = 25;
const BIT: u32 = 1 << PIN;

/// The pin of the LED.
pub struct Gpio25(());

impl Gpio25 {
    /// Sets the pin up as an output.
    pub fn start(part: &Peripherals) -> Self {
        part.PADS_BANK0
            .gpio(PIN)
            .modify(|_, w| part::connect_pad(w.od().clear_bit().ie().clear_bit()));
        part.IO_BANK0
            .gpio(PIN)
            .gpio_ctrl()
            .write(|w| w.funcsel().sio());
        // SAFETY: every bit is a pin's.
        part.SIO.gpio_oe_set().write(|w| unsafe { w.bits(BIT) });
        Self(())
    }
}

/// The pins' registers.
fn pins() -> SIO {
    // SAFETY: nobody else has this pin, and writing sets or clears no other.
    unsafe { SIO::steal() }
}

impl ErrorType for Gpio25 {
    type Error = Infallible;
}

impl OutputPin for Gpio25 {
    fn set_low(&mut self) -> Result<(), Infallible> {
        // SAFETY: every bit is a pin's.
        pins().gpio_out_clr().write(|w| unsafe { w.bits(BIT) });
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        // SAFETY: as above.
        pins().gpio_out_set().write(|w| unsafe { w.bits(BIT) });
        Ok(())
    }
}

impl Led for Gpio25 {
    fn microseconds(&self) -> u32 {
        part::microseconds()
    }
}
