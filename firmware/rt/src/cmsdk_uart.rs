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
struct Received(u16);

// SAFETY: whoever names the UART names its receive interrupt too.
unsafe impl InterruptNumber for Received {
    fn number(self) -> u16 {
        self.0
    }
}

/// A UART of an MPS2 image, as a board's one link: where its registers are, and which
/// interrupt says that a byte is there.
pub struct CmsdkUart<const ADDRESS: usize, const RX_INTERRUPT: u16> {
    registers: *mut Registers,
}

/// UART0 of the images with a core before Armv8-M.
pub type CmsdkUart0 = CmsdkUart<0x4000_4000, 0>;

impl<const ADDRESS: usize, const RX_INTERRUPT: u16> CmsdkUart<ADDRESS, RX_INTERRUPT> {
    /// Sets the UART up for both directions.
    ///
    /// # Safety
    /// Called once, the UART is at `ADDRESS`, and nothing else drives it.
    pub unsafe fn start(clock_hz: u32, baud: u32) -> Self {
        let registers = ADDRESS as *mut Registers;
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
            unsafe { NVIC::unmask(Received(RX_INTERRUPT)) };
            if self.state() & STATE_RX_FULL == 0 {
                cortex_m::asm::wfi();
            }
            NVIC::mask(Received(RX_INTERRUPT));
            NVIC::unpend(Received(RX_INTERRUPT));
        });
    }
}

impl<const ADDRESS: usize, const RX_INTERRUPT: u16> ErrorType for CmsdkUart<ADDRESS, RX_INTERRUPT> {
    type Error = Infallible;
}

impl<const ADDRESS: usize, const RX_INTERRUPT: u16> Read for CmsdkUart<ADDRESS, RX_INTERRUPT> {
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

impl<const ADDRESS: usize, const RX_INTERRUPT: u16> ReadReady for CmsdkUart<ADDRESS, RX_INTERRUPT> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.state() & STATE_RX_FULL != 0)
    }
}

impl<const ADDRESS: usize, const RX_INTERRUPT: u16> Write for CmsdkUart<ADDRESS, RX_INTERRUPT> {
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
