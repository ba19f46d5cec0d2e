//! The board's link: USB, or the rings in RAM, whichever the host used last.

use core::convert::Infallible;

use embedded_hal::digital::{OutputPin, PinState};
use embedded_io::{ErrorType, Read, ReadReady, Write};

use super::cdc::PACKET_BYTES;
use super::usb::{self, Usb};
use crate::memory_link;

/// The link of a board with an RP2040 or an RP2350.
///
/// The LED is a sign of life: it blinks once a second while the board waits for a request,
/// four times a second while no computer has recognised it, and is lit while it works.
pub struct RpLink<L, T> {
    led: L,
    microseconds: T,
    is_in_memory: bool,
    /// The last packet was a whole one: the host waits for more.
    needs_end: bool,
}

/// What the interrupt of the USB controller calls.
pub fn on_usb_interrupt() {
    usb::with(Usb::on_interrupt);
}

impl<L, T> RpLink<L, T>
where
    L: OutputPin<Error = Infallible>,
    T: Fn() -> u32,
{
    /// Starts USB, under the name that `product` describes; see [`super::text`]. The
    /// controller is a device already, as `UsbBus::new` of the part's HAL makes it, and its
    /// interrupt calls [`on_usb_interrupt`]. The LED is lit where its pin is high, and blinks
    /// by `microseconds`, which counts from any origin.
    pub fn start(product: &'static [u8], led: L, microseconds: T) -> Self {
        usb::start(product);
        Self {
            led,
            microseconds,
            is_in_memory: false,
            needs_end: false,
        }
    }

    /// Lights the LED as it should be while the board waits.
    fn blink(&mut self) {
        // Half a period of about half a second, or an eighth.
        let bit = if usb::with(|usb| usb.is_configured()) {
            19
        } else {
            17
        };
        let is_lit = (self.microseconds)() >> bit & 1 == 1;
        let Ok(()) = self.led.set_state(PinState::from(is_lit));
    }

    /// Sends one packet over USB once the one before was sent; gives how many bytes. Where no
    /// program has the port open, nobody waits for them.
    fn send_packet(&mut self, bytes: &[u8]) -> usize {
        loop {
            let sent = usb::with(|usb| {
                if !usb.is_open() {
                    Some((bytes.len(), false))
                } else if usb.can_send() {
                    let count = usb.send_packet(bytes);
                    Some((count, count == PACKET_BYTES))
                } else {
                    None
                }
            });
            if let Some((count, is_whole)) = sent {
                self.needs_end = is_whole;
                return count;
            }
        }
    }
}

impl<L, T> ErrorType for RpLink<L, T> {
    type Error = Infallible;
}

impl<L, T> Read for RpLink<L, T>
where
    L: OutputPin<Error = Infallible>,
    T: Fn() -> u32,
{
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        if buf.is_empty() {
            return Ok(0);
        }
        while !self.read_ready()? {
            self.blink();
        }
        let Ok(()) = self.led.set_high();
        self.is_in_memory = memory_link::has_received();
        Ok(if self.is_in_memory {
            memory_link::drain(buf)
        } else {
            usb::with(|usb| usb.drain(buf))
        })
    }
}

impl<L, T> ReadReady for RpLink<L, T>
where
    L: OutputPin<Error = Infallible>,
    T: Fn() -> u32,
{
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(memory_link::has_received() || usb::with(|usb| usb.has_received()))
    }
}

impl<L, T> Write for RpLink<L, T>
where
    L: OutputPin<Error = Infallible>,
    T: Fn() -> u32,
{
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        if self.is_in_memory {
            memory_link::send(buf);
            return Ok(buf.len());
        }
        let mut rest = buf;
        while !rest.is_empty() {
            let count = self.send_packet(rest);
            rest = rest.get(count..).unwrap_or_default();
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        if self.needs_end {
            self.send_packet(&[]);
        }
        Ok(())
    }
}
