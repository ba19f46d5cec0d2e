//! USART1 by its registers, polled, behind embedded-hal's traits: PA9 sends, PA10
//! receives (RM0090, sections 8.4 and 30.6).

use embedded_hal_nb::nb;
use embedded_hal_nb::serial::{ErrorKind, ErrorType, Read, Write};
use stm32f4::stm32f405::{GPIOA, RCC, USART1};

/// The half that sends.
pub struct Sender(());

/// The half that receives.
pub struct Receiver(());

/// Sets the USART up with 8 bits, no parity and one stop bit, and has it ask for its
/// interrupt when a byte is there.
///
/// Its clock runs at `clock_hz`, which is divided to `baud` as closely as it can be.
pub fn start(
    usart: USART1,
    port: &GPIOA,
    rcc: &RCC,
    clock_hz: u32,
    baud: u32,
) -> (Sender, Receiver) {
    rcc.ahb1enr().modify(|_, w| w.gpioaen().enabled());
    rcc.apb2enr().modify(|_, w| w.usart1en().enabled());
    port.afrh().modify(|_, w| w.afrh9().af7().afrh10().af7());
    port.moder()
        .modify(|_, w| w.moder9().alternate().moder10().alternate());
    let divider = clock_hz.saturating_add(baud / 2).checked_div(baud);
    // SAFETY: every number is a divider.
    usart
        .brr()
        .write(|w| unsafe { w.bits(divider.unwrap_or_default() as u16) });
    usart.cr1().write(|w| {
        w.ue().enabled();
        w.te().enabled().re().enabled().rxneie().enabled()
    });
    (Sender(()), Receiver(()))
}

/// The registers, of which each half uses its own.
fn usart() -> USART1 {
    // SAFETY: `start` gave out one of each half. Both read the status, which has no
    // effect alone; only the receiver reads the data and only the sender writes it.
    unsafe { USART1::steal() }
}

impl ErrorType for Receiver {
    type Error = ErrorKind;
}

impl Read for Receiver {
    fn read(&mut self) -> nb::Result<u8, ErrorKind> {
        let usart = usart();
        let status = usart.sr().read();
        let error = if status.ore().bit_is_set() {
            Some(ErrorKind::Overrun)
        } else if status.fe().bit_is_set() {
            Some(ErrorKind::FrameFormat)
        } else if status.nf().bit_is_set() {
            Some(ErrorKind::Noise)
        } else {
            None
        };
        if error.is_none() && status.rxne().bit_is_clear() {
            return Err(nb::Error::WouldBlock);
        }
        // Read after the status, the data clears what it says, errors too.
        let byte = usart.dr().read().dr().bits() as u8;
        match error {
            Some(error) => Err(nb::Error::Other(error)),
            None => Ok(byte),
        }
    }
}

impl ErrorType for Sender {
    type Error = ErrorKind;
}

impl Write for Sender {
    fn write(&mut self, byte: u8) -> nb::Result<(), ErrorKind> {
        let usart = usart();
        if usart.sr().read().txe().bit_is_clear() {
            return Err(nb::Error::WouldBlock);
        }
        // SAFETY: nine bits are data, and these are eight.
        usart.dr().write(|w| unsafe { w.dr().bits(byte.into()) });
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), ErrorKind> {
        if usart().sr().read().tc().bit_is_set() {
            Ok(())
        } else {
            Err(nb::Error::WouldBlock)
        }
    }
}
