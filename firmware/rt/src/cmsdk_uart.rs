//! The CMSDK APB UART (Arm DDI 0479, section 4.3) of every MPS2 image, polled.
//!
//! Polled also for what comes in: the emulator holds bytes back until they are
//! taken, so none is lost, and no interrupt disturbs the instruction counts. Where
//! the host says that there is an emulator, bytes pass the UART in larger pieces.

use core::convert::Infallible;
use core::ptr;

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use embedded_io::{ErrorType, Read, ReadReady, Write};

use crate::semihosting;

#[repr(C)]
struct Registers {
    data: u32,
    state: u32,
    control: u32,
    interrupt: u32,
    baud_divider: u32,
}

const STATE_TX_FULL: u32 = 1 << 0;
const STATE_RX_FULL: u32 = 1 << 1;
const CONTROL_TX_ENABLE: u32 = 1 << 0;
const CONTROL_RX_ENABLE: u32 = 1 << 1;
const CONTROL_RX_INTERRUPT: u32 = 1 << 3;
const INTERRUPT_RX: u32 = 1 << 1;

/// The interrupt that wakes the core when a byte is there. It never runs a
/// handler: it is unmasked only while interrupts are off.
#[derive(Clone, Copy)]
struct Uart0Rx;

// SAFETY: the number of UART0's receive interrupt on every MPS2 image.
unsafe impl InterruptNumber for Uart0Rx {
    fn number(self) -> u16 {
        0
    }
}

/// UART0 of an MPS2 image, as a board's one link.
pub struct CmsdkUart0 {
    registers: *mut Registers,
}

impl CmsdkUart0 {
    /// Sets the UART up for both directions.
    ///
    /// # Safety
    /// Called once, and nothing else drives UART0.
    pub unsafe fn start(clock_hz: u32, baud: u32) -> Self {
        let registers = 0x4000_4000 as *mut Registers;
        // SAFETY: the UART's registers are at this address, and are ours alone.
        unsafe { ptr::write_volatile(&raw mut (*registers).baud_divider, clock_hz / baud) };
        let control = CONTROL_TX_ENABLE | CONTROL_RX_ENABLE | CONTROL_RX_INTERRUPT;
        // SAFETY: as above.
        unsafe { ptr::write_volatile(&raw mut (*registers).control, control) };
        Self { registers }
    }

    fn state(&self) -> u32 {
        // SAFETY: reading the state has no effect on the UART.
        unsafe { ptr::read_volatile(&raw const (*self.registers).state) }
    }

    /// The byte that the state announced.
    fn take(&mut self) -> u8 {
        // SAFETY: reading the data takes the byte, which is what is wanted.
        unsafe { ptr::read_volatile(&raw const (*self.registers).data) as u8 }
    }

    /// Sleeps until a byte or an exception is there.
    fn sleep(&mut self) {
        cortex_m::interrupt::free(|_| {
            // SAFETY: clears the flag of bytes that have been taken.
            unsafe { ptr::write_volatile(&raw mut (*self.registers).interrupt, INTERRUPT_RX) };
            // SAFETY: interrupts are off until it is masked again.
            unsafe { NVIC::unmask(Uart0Rx) };
            if self.state() & STATE_RX_FULL == 0 {
                cortex_m::asm::wfi();
            }
            NVIC::mask(Uart0Rx);
            NVIC::unpend(Uart0Rx);
        });
    }
}

impl ErrorType for CmsdkUart0 {
    type Error = Infallible;
}

impl Read for CmsdkUart0 {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let Some((first, behind)) = buf.split_first_mut() else {
            return Ok(0);
        };
        while self.state() & STATE_RX_FULL == 0 {
            self.sleep();
        }
        // An emulator passes nothing on to the UART while that is full: what waits
        // behind its byte is taken before it.
        let mut count = semihosting::read(behind);
        *first = self.take();
        if count == 0 {
            for slot in behind {
                if self.state() & STATE_RX_FULL == 0 {
                    break;
                }
                *slot = self.take();
                count += 1;
            }
        }
        Ok(1 + count)
    }
}

impl ReadReady for CmsdkUart0 {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.state() & STATE_RX_FULL != 0)
    }
}

impl Write for CmsdkUart0 {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        if semihosting::write(buf) {
            return Ok(buf.len());
        }
        for &byte in buf {
            while self.state() & STATE_TX_FULL != 0 {}
            // SAFETY: the state says that there is room for the byte.
            unsafe { ptr::write_volatile(&raw mut (*self.registers).data, u32::from(byte)) };
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while self.state() & STATE_TX_FULL != 0 {}
        Ok(())
    }
}
