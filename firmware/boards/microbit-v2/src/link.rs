//! The board's link: the UART that leads to the interface chip, and from there over USB.

use core::convert::Infallible;

use embedded_io::{ErrorType, Read, ReadReady, Write};
use nrf52833_pac::Peripherals;

use crate::led::MiddleLed;
use crate::uarte::{Receiver, Sender};

/// The UART in both directions, and the LED that says whether the board waits.
pub struct Uart {
    receiver: Receiver,
    sender: Sender,
    led: MiddleLed,
}

impl Uart {
    /// Sets the UART up; see [`crate::uarte::start`].
    pub fn start(part: &Peripherals, led: MiddleLed) -> Self {
        let (receiver, sender) = crate::uarte::start(part);
        Self {
            receiver,
            sender,
            led,
        }
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Read for Uart {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        if buf.is_empty() {
            return Ok(0);
        }
        while self.receiver.waiting() == 0 {
            self.led.blink();
        }
        self.led.light(true);
        Ok(self.receiver.drain(buf))
    }
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.receiver.waiting() > 0)
    }
}

impl Write for Uart {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        Ok(self.sender.send(buf))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.sender.wait();
        Ok(())
    }
}
