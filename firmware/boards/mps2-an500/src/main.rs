//! Arm MPS2 with the AN500 image, a Cortex-M7, as QEMU emulates it.
#![no_std]
#![no_main]

use cortex_m::Peripherals;
use cortex_m_rt::entry;
#[cfg(not(feature = "tract"))]
use cortexscope_rt::run;
use cortexscope_rt::{CmsdkUart0, CortexM, InstructionCounter};
#[cfg(feature = "tract")]
use cortexscope_tract::run;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

const CLOCK_HZ: u32 = 25_000_000;
const BAUD: u32 = 115_200;

#[entry]
fn main() -> ! {
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { Peripherals::steal() };
    let counter = InstructionCounter::<CLOCK_HZ>::start(core.SYST);
    // SAFETY: main runs once, and nothing else drives UART0.
    let link = unsafe { CmsdkUart0::start(CLOCK_HZ, BAUD) };
    run(
        CortexM {
            name: env!("CARGO_PKG_NAME"),
            counter,
        },
        link,
    )
}
