//! STM32F405, a Cortex-M4F: one program for the part and for QEMU's netduinoplus2.
#![no_std]
#![no_main]

mod clock;
mod receiver;
mod registers;
mod usart;

use cortex_m_rt::entry;
use cortexscope_rt::counter::{Counter, CounterKind};
use cortexscope_rt::{CoreCounter, CortexM};
use stm32f4::stm32f405::Peripherals;

use crate::usart::Usart;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// What SysTick counts on the emulator, whatever the clock controller is told.
const EMULATED_CLOCK_HZ: u32 = 168_000_000;
const BAUD: u32 = 921_600;

#[entry]
fn main() -> ! {
    cortexscope_rt::start_rtt();
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { cortex_m::Peripherals::steal() };
    // SAFETY: as above.
    let part = unsafe { Peripherals::steal() };
    let usart_hz = clock::start(&part.RCC, &part.FLASH);
    let counter = CoreCounter::<EMULATED_CLOCK_HZ>::start(core);
    let mut link = Usart::start(part.USART1, &part.GPIOA, &part.RCC, usart_hz, BAUD);
    if counter.kind() == CounterKind::Cycles {
        link.fill_by_interrupt();
    }
    cortexscope_rt::run(
        CortexM {
            name: env!("CARGO_PKG_NAME"),
            counter,
        },
        link,
    )
}
