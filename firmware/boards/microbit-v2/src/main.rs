//! BBC micro:bit v2 (nRF52833, Cortex-M4F), for the part: no emulator has it.
#![no_std]
#![no_main]

mod clock;
mod led;
mod link;
mod uarte;

use cortex_m_rt::entry;
use cortexscope_rt::{CoreCounter, CortexM};
use nrf52833_pac::Peripherals;

use crate::led::MiddleLed;
use crate::link::Uart;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

const CLOCK_HZ: u32 = 64_000_000;

#[entry]
fn main() -> ! {
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { cortex_m::Peripherals::steal() };
    // SAFETY: as above.
    let part = unsafe { Peripherals::steal() };
    clock::start(&part);
    let led = MiddleLed::start(&part);
    let counter = CoreCounter::<CLOCK_HZ>::start(core);
    let link = Uart::start(&part, led);
    cortexscope_rt::run(
        CortexM {
            name: env!("CARGO_PKG_NAME"),
            counter,
        },
        link,
    )
}
