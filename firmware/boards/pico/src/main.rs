//! Raspberry Pi Pico (RP2040, Cortex-M0+): one program for the part and for emulators of it.
#![no_std]
#![no_main]

use cortex_m::peripheral::NVIC;
use cortexscope_rt::rp::{RpLink, on_usb_interrupt, text};
use cortexscope_rt::{CortexM, SysTickCycles};
use hal::clocks::init_clocks_and_plls;
use hal::gpio::Pins;
use hal::pac::{Interrupt, Peripherals, interrupt};
use hal::usb::UsbBus;
use hal::{Sio, Timer, Watchdog, entry};
use rp2040_hal as hal;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// Has the flash read four bits at a time, and then starts what follows it in flash.
#[used]
#[unsafe(link_section = ".boot2")]
static SECOND_STAGE: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// The board's crystal.
const CRYSTAL_HZ: u32 = 12_000_000;

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
    let mut resets = part.RESETS;
    let mut watchdog = Watchdog::new(part.WATCHDOG);
    let started = init_clocks_and_plls(
        CRYSTAL_HZ,
        part.XOSC,
        part.CLOCKS,
        part.PLL_SYS,
        part.PLL_USB,
        &mut resets,
        &mut watchdog,
    );
    // It refuses crystals of other frequencies alone.
    let Ok(clocks) = started else {
        loop {
            cortex_m::asm::wfi();
        }
    };
    let timer = Timer::new(part.TIMER, &mut resets, &clocks);
    let sio = Sio::new(part.SIO);
    let pins = Pins::new(part.IO_BANK0, part.PADS_BANK0, sio.gpio_bank0, &mut resets);
    let (registers, memory) = (part.USBCTRL_REGS, part.USBCTRL_DPRAM);
    UsbBus::new(registers, memory, clocks.usb_clock, true, &mut resets);
    let counter = SysTickCycles::start(core.SYST);
    let led = pins.gpio25.into_push_pull_output();
    let link = RpLink::start(&PRODUCT, led, || timer.get_counter_low());
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
