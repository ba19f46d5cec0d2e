//! BBC micro:bit, the first one (nRF51822, Cortex-M0): one program for the part and for
//! QEMU's microbit.
#![no_std]
#![no_main]

mod uart;

use cortex_m::Peripherals;
use cortex_m_rt::entry;
use cortexscope_rt::{CortexM, InstructionCounter};

use crate::uart::Uart;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// What SysTick counts on the emulator. The part has no SysTick, and so no counter.
const EMULATED_CLOCK_HZ: u32 = 16_000_000;

/// Frames under way: each takes 244 bytes of a small RAM.
const SEND_WINDOW: usize = 2;

#[entry]
fn main() -> ! {
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { Peripherals::steal() };
    let counter = InstructionCounter::<EMULATED_CLOCK_HZ>::start(core.SYST);
    // SAFETY: main runs once, and nothing else drives the UART.
    let link = unsafe { Uart::start() };
    cortexscope_rt::run_with_send_window::<SEND_WINDOW, _, _>(
        CortexM {
            name: env!("CARGO_PKG_NAME"),
            counter,
        },
        link,
    )
}
