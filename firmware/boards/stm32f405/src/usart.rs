//! USART1, the board's one link: PA9 sends, PA10 receives.
//!
//! On the part an interrupt takes what comes in, because the hardware keeps one
//! byte. On the emulator, which holds bytes back until they are taken, none runs:
//! it would disturb the instruction counts. Where the host says that there is an
//! emulator, what goes out passes the USART in one piece.

use cortexscope_rt::semihosting;
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::Write as _;
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use stm32f4::stm32f405::{GPIOA, Interrupt, NVIC, RCC, USART1};

use crate::receiver;
use crate::registers::{self, Sender};

/// USART1 in both directions.
pub struct Usart {
    tx: Sender,
}

impl Usart {
    /// Sets the USART up, polled; see [`registers::start`].
    pub fn start(usart: USART1, port: &GPIOA, rcc: &RCC, clock_hz: u32, baud: u32) -> Self {
        let (tx, rx) = registers::start(usart, port, rcc, clock_hz, baud);
        receiver::with(|receiver| receiver.listen(rx));
        Self { tx }
    }

    /// Has an interrupt take what comes in from now on.
    pub fn fill_by_interrupt(&mut self) {
        // SAFETY: the handler shares nothing but what the critical section guards.
        unsafe { NVIC::unmask(Interrupt::USART1) };
    }

    /// Sleeps until a byte or an exception is there.
    fn sleep(&mut self) {
        let is_masked = !NVIC::is_enabled(Interrupt::USART1);
        cortex_m::interrupt::free(|_| {
            // SAFETY: interrupts are off; one that is pending only ends the sleep.
            unsafe { NVIC::unmask(Interrupt::USART1) };
            let is_idle = receiver::with(|receiver| {
                receiver.take();
                receiver.is_empty()
            });
            if is_idle {
                cortex_m::asm::wfi();
            }
            if is_masked {
                NVIC::mask(Interrupt::USART1);
                NVIC::unpend(Interrupt::USART1);
            }
        });
    }
}

impl ErrorType for Usart {
    type Error = ErrorKind;
}

impl Read for Usart {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        if buf.is_empty() {
            return Ok(0);
        }
        while !self.read_ready()? {
            self.sleep();
        }
        Ok(receiver::with(|receiver| receiver.drain(buf)))
    }
}

impl ReadReady for Usart {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(receiver::with(|receiver| {
            receiver.take();
            !receiver.is_empty()
        }))
    }
}

impl Write for Usart {
    fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        if semihosting::write(buf) {
            return Ok(buf.len());
        }
        for &byte in buf {
            nb::block!(self.tx.write(byte)).map_err(|_| ErrorKind::Other)?;
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        nb::block!(self.tx.flush()).map_err(|_| ErrorKind::Other)
    }
}
