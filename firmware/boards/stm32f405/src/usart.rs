//! USART1, the board's one link: PA9 sends, PA10 receives.
//!
//! On the part an interrupt takes what comes in, because the hardware keeps one
//! byte. On the emulator, which holds bytes back until they are taken, none runs:
//! it would disturb the instruction counts.

use core::cell::RefCell;

use critical_section::Mutex;
use embedded_hal_nb::serial::{Read as _, Write as _};
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use heapless::Deque;
use stm32f4xx_hal::interrupt;
use stm32f4xx_hal::pac::{GPIOA, Interrupt, NVIC, USART1};
use stm32f4xx_hal::prelude::*;
use stm32f4xx_hal::rcc::Rcc;
use stm32f4xx_hal::serial::{Rx, RxListen, Serial, Tx};

static RECEIVER: Mutex<RefCell<Receiver>> = Mutex::new(RefCell::new(Receiver {
    rx: None,
    bytes: Deque::new(),
}));

/// What has arrived and has not been asked for.
struct Receiver {
    rx: Option<Rx<USART1>>,
    bytes: Deque<u8, 256>,
}

impl Receiver {
    /// Takes what the hardware holds. A byte that it lost, or that there is no
    /// room for, is for the protocol to repair.
    fn take(&mut self) {
        let Some(rx) = &mut self.rx else { return };
        loop {
            match rx.read() {
                Ok(byte) => {
                    let _ = self.bytes.push_back(byte);
                }
                // The flags are cleared by looking at them.
                Err(nb::Error::Other(_)) => {}
                Err(nb::Error::WouldBlock) => return,
            }
        }
    }
}

#[interrupt]
fn USART1() {
    receiver(Receiver::take);
}

fn receiver<T>(work: impl FnOnce(&mut Receiver) -> T) -> T {
    critical_section::with(|token| work(&mut RECEIVER.borrow_ref_mut(token)))
}

/// USART1 in both directions.
pub struct Usart {
    tx: Tx<USART1>,
}

impl Usart {
    /// Sets the USART up, polled, with 8 bits, no parity and one stop bit.
    ///
    /// # Panics
    /// If the bus clock cannot be divided to `baud`.
    pub fn start(usart: USART1, port: GPIOA, baud: u32, rcc: &mut Rcc) -> Self {
        let pins = port.split(rcc);
        let serial = Serial::new(usart, (pins.pa9, pins.pa10), baud.bps(), rcc)
            .expect("the bus clock is a multiple of the bit rate");
        let (tx, mut rx) = serial.split();
        rx.listen();
        receiver(|receiver| receiver.rx = Some(rx));
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
            if receiver(|receiver| {
                receiver.take();
                receiver.bytes.is_empty()
            }) {
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
        Ok(receiver(|receiver| {
            let mut count = 0;
            while let Some((slot, byte)) = buf.get_mut(count).zip(receiver.bytes.pop_front()) {
                *slot = byte;
                count += 1;
            }
            count
        }))
    }
}

impl ReadReady for Usart {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(receiver(|receiver| {
            receiver.take();
            !receiver.bytes.is_empty()
        }))
    }
}

impl Write for Usart {
    fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        for &byte in buf {
            nb::block!(self.tx.write(byte)).map_err(|_| ErrorKind::Other)?;
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        nb::block!(self.tx.flush()).map_err(|_| ErrorKind::Other)
    }
}
