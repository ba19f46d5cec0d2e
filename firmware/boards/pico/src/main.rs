//! Raspberry Pi Pico (RP2040, Cortex-M0+): one program for the part and for emulators of it.
#![no_std]
#![no_main]

#[path = "../../../rp/clock.rs"]
mod clock;
#[path = "../../../rp/led.rs"]
mod led;
mod part;

use cortex_m::peripheral::NVIC;
use cortex_m_rt::entry;
use cortexscope_rt::rp::{RpLink, on_usb_interrupt, text};
use cortexscope_rt::{CortexM, SysTickCycles};
use rp2040_pac::{Interrupt, Peripherals, interrupt};

use crate::led::Gpio25;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// Has the flash read four bits at a time, and then starts what follows it in flash.
#[used]
#[unsafe(link_section = ".boot2")]
static SECOND_STAGE: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

static PRODUCT: [u8; 34] = text("Cortexscope pico");

#[interrupt]
fn USBCTRL_IRQ() {
    on_usb_interrupt();
}

#[entry]
fn main() -> ! {
    // SAFETY: main runs once, and nobody has taken them before.
    let core = unsafe { cortex_m::Peripherals::steal() };
    // SAFETY: as above.
    let part = unsafe { Peripherals::steal() };
    clock::start(&part);
    let led = Gpio25::start(&part);
    let counter = SysTickCycles::start(core.SYST);
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
