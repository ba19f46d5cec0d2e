//! Raspberry Pi Pico 2 (RP2350, Cortex-M33): one program for the part and for an emulator
//! of it.
#![no_std]
#![no_main]

use cortex_m::peripheral::NVIC;
use cortex_m::register::msplim;
use cortexscope_rt::rp::{RpLink, on_usb_interrupt, text};
use cortexscope_rt::{CoreCounter, CortexM};
use hal::block::ImageDef;
use hal::clocks::init_clocks_and_plls;
use hal::gpio::Pins;
use hal::pac::{Interrupt, Peripherals, interrupt};
use hal::usb::UsbBus;
use hal::{Sio, Timer, Watchdog, entry};
use rp235x_hal as hal;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// Tells the boot ROM that the flash holds a program for the Arm cores, in the secure state.
#[used]
#[unsafe(link_section = ".start_block")]
static IMAGE: ImageDef = ImageDef::secure_exe();

/// What SysTick would count where the cycle counter stands still.
const CLOCK_HZ: u32 = 150_000_000;

/// The board's crystal.
const CRYSTAL_HZ: u32 = 12_000_000;

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
    let timer = Timer::new_timer0(part.TIMER0, &mut resets, &clocks);
    let sio = Sio::new(part.SIO);
    let pins = Pins::new(part.IO_BANK0, part.PADS_BANK0, sio.gpio_bank0, &mut resets);
    UsbBus::new(
        part.USB,
        part.USB_DPRAM,
        clocks.usb_clock,
        true,
        &mut resets,
    );
    let counter = CoreCounter::<CLOCK_HZ>::start(core);
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
