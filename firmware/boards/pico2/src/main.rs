//! Raspberry Pi Pico 2 (RP2350, Cortex-M33): one program for the part and for an emulator
//! of it.
#![no_std]
#![no_main]

#[path = "../../../rp/clock.rs"]
mod clock;
mod image;
#[path = "../../../rp/led.rs"]
mod led;
mod part;

use cortex_m::peripheral::NVIC;
use cortex_m::register::msplim;
use cortex_m_rt::entry;
use cortexscope_rt::rp::{RpLink, on_usb_interrupt, text};
use cortexscope_rt::{CoreCounter, CortexM};
use rp235x_pac::{Interrupt, Peripherals, interrupt};

use crate::led::Gpio25;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// What SysTick would count where the cycle counter stands still.
const CLOCK_HZ: u32 = 150_000_000;

static PRODUCT: [u8; 36] = text("Cortexscope pico2");

#[interrupt]
fn USBCTRL_IRQ() {
    on_usb_interrupt();
}

#[entry]
fn main() -> ! {
    // SAFETY: nothing lies on the stack below its lowest address.
    unsafe { msplim::write(cortexscope_rt::lowest_stack_address()) };
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { cortex_m::Peripherals::steal() };
    // SAFETY: as above.
    let part = unsafe { Peripherals::steal() };
    clock::start(&part);
    let led = Gpio25::start(&part);
    let counter = CoreCounter::<CLOCK_HZ>::start(core);
    let link = RpLink::start(&PRODUCT, led);
    // SAFETY: the handler shares nothing but what critical sections guard.
    unsafe { NVIC::unmask(Interrupt::USBCTRL_IRQ) };
    cortexscope_rt::run(
        CortexM {
            name: env!("CARGO_PKG_NAME"),
            counter,
        },
        link,
    )
}
