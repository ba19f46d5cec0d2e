//! The nRF51's UART (nRF51 Series Reference Manual 3.0, chapter 29), polled, on the pins
//! that lead to the interface chip's USB serial port. While nothing comes in, the core
//! sleeps: an emulator that looks at a register without end takes a hundred times as long.

use core::convert::Infallible;
use core::ptr;

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use cortexscope_rt::semihosting;
use embedded_io::{ErrorType, Read, ReadReady, Write};

const BASE: usize = 0x4000_2000;
const START_RX: usize = 0x000;
const START_TX: usize = 0x008;
const RX_READY: usize = 0x108;
const TX_READY: usize = 0x11C;
const INTERRUPT_SET: usize = 0x304;
const ENABLE: usize = 0x500;
const PIN_TX: usize = 0x50C;
const PIN_RX: usize = 0x514;
const RX_DATA: usize = 0x518;
const TX_DATA: usize = 0x51C;
const BAUD_RATE: usize = 0x524;

const ENABLED: u32 = 4;
/// Event RXDRDY, as an interrupt.
const INTERRUPT_RX: u32 = 1 << 2;
/// 115,200 baud.
const BAUD_115200: u32 = 0x01D7_E000;
/// The pins of the board's schematic: P0.24 sends, P0.25 receives.
const TX_PIN: u32 = 24;
const RX_PIN: u32 = 25;
/// Port 0: a pin that sends must be an output.
const GPIO_DIRECTION_SET: usize = 0x5000_0518;

/// The interrupt that wakes the core when a byte is there. It never runs a handler: it is
/// unmasked only while interrupts are off.
#[derive(Clone, Copy)]
struct Received;

// SAFETY: the UART's interrupt is number 2 of the nRF51.
unsafe impl InterruptNumber for Received {
    fn number(self) -> u16 {
        2
    }
}

/// The board's one link.
pub struct Uart {
    /// Whether a byte was given to the sender that it has not sent yet.
    is_sending: bool,
}

fn read_register(offset: usize) -> u32 {
    // SAFETY: a register of the UART, which is ours alone.
    unsafe { ptr::read_volatile((BASE + offset) as *const u32) }
}

fn write_register(offset: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile((BASE + offset) as *mut u32, value) };
}

/// The byte that the event announced.
fn take() -> u8 {
    // Before the data is read: reading it brings the next byte, and its event.
    write_register(RX_READY, 0);
    read_register(RX_DATA) as u8
}

impl Uart {
    /// Sets the UART up for both directions.
    ///
    /// # Safety
    /// Called once, and nothing else drives the UART.
    pub unsafe fn start() -> Self {
        // SAFETY: sets the direction of one pin, and no other's.
        unsafe { ptr::write_volatile(GPIO_DIRECTION_SET as *mut u32, 1 << TX_PIN) };
        write_register(PIN_TX, TX_PIN);
        write_register(PIN_RX, RX_PIN);
        write_register(BAUD_RATE, BAUD_115200);
        write_register(ENABLE, ENABLED);
        write_register(RX_READY, 0);
        write_register(TX_READY, 0);
        write_register(INTERRUPT_SET, INTERRUPT_RX);
        write_register(START_RX, 1);
        write_register(START_TX, 1);
        Self { is_sending: false }
    }

    /// Sleeps until a byte or an exception is there.
    fn sleep() {
        cortex_m::interrupt::free(|_| {
            // SAFETY: interrupts are off until it is masked again.
            unsafe { NVIC::unmask(Received) };
            if read_register(RX_READY) == 0 {
                cortex_m::asm::wfi();
            }
            NVIC::mask(Received);
            NVIC::unpend(Received);
        });
    }

    /// Waits until the last byte was sent.
    fn wait(&mut self) {
        if self.is_sending {
            while read_register(TX_READY) == 0 {}
            write_register(TX_READY, 0);
            self.is_sending = false;
        }
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Read for Uart {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let Some((first, behind)) = buf.split_first_mut() else {
            return Ok(0);
        };
        while read_register(RX_READY) == 0 {
            Self::sleep();
        }
        *first = take();
        let mut count = 1;
        while read_register(RX_READY) != 0
            && let Some(slot) = behind.get_mut(count - 1)
        {
            *slot = take();
            count += 1;
        }
        Ok(count)
    }
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(read_register(RX_READY) != 0)
    }
}

impl Write for Uart {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        if semihosting::write(buf) {
            return Ok(buf.len());
        }
        for &byte in buf {
            self.wait();
            write_register(TX_DATA, u32::from(byte));
            self.is_sending = true;
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.wait();
        Ok(())
    }
}
