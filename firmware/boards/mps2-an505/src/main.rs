//! Arm MPS2 with the AN505 image, a Cortex-M33, as QEMU emulates it.
#![no_std]
#![no_main]

use cortex_m::Peripherals;
use cortex_m_rt::entry;
use cortexscope_rt::{CmsdkUart, CortexM, InstructionCounter};

include!(concat!(env!("OUT_DIR"), "/model.rs"));

const CLOCK_HZ: u32 = 20_000_000;
const BAUD: u32 = 115_200;
/// UART0 as the secure state sees it, and its receive interrupt.
type Uart0 = CmsdkUart<0x5020_0000, 32>;

#[entry]
fn main() -> ! {
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { Peripherals::steal() };
    let counter = InstructionCounter::<CLOCK_HZ>::start(core.SYST);
    // SAFETY: main runs once, and nothing else drives UART0.
    let link = unsafe { Uart0::start(CLOCK_HZ, BAUD) };
    cortexscope_rt::run(
        CortexM {
            name: env!("CARGO_PKG_NAME"),
            counter,
        },
        link,
    )
}
