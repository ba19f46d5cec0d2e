//! The clocks of an RP2040 and of an RP2350: 48 MHz for USB, a tick each microsecond for the
//! timer, and what `part` says for the core, from the board's crystal of 12 MHz (RP2040
//! datasheet, section 2.15; RP2350 datasheet, chapter 8).
//!
//! The registers of both have the same names, so that this file is a module of both boards;
//! `part` has what differs.

use crate::part::pac::pll_sys::RegisterBlock as Pll;
use crate::part::pac::{CLOCKS, Peripherals, RESETS, XOSC};
use crate::part::{self, CORE_DIVIDERS};

/// The crystal is stable after some milliseconds, a PLL locks within 100 µs; a look takes
/// some cycles of 12 MHz.
const LOOKS: u32 = 100_000;

const CRYSTAL_MHZ: u8 = 12;

/// What a PLL makes of the crystal: 12 MHz times `feedback`, divided twice.
struct Factors {
    feedback: u16,
    dividers: [u8; 2],
}

/// Starts the clocks and what runs by them, or logs what does not start.
pub fn start(part: &Peripherals) {
    let resets = &part.RESETS;
    if !crystal_is_stable(&part.XOSC) {
        defmt::warn!("the crystal does not start: no USB, and the clock stays as it was");
        return;
    }
    // Both away from what is set up now.
    part.CLOCKS.clk_sys_ctrl().modify(|_, w| w.src().clk_ref());
    part.CLOCKS
        .clk_ref_ctrl()
        .modify(|_, w| w.src().xosc_clksrc());

    resets
        .reset()
        .modify(|_, w| w.pll_sys().set_bit().pll_usb().set_bit());
    resets.reset().modify(|_, w| {
        w.pll_sys().clear_bit().pll_usb().clear_bit();
        w.io_bank0().clear_bit().pads_bank0().clear_bit();
        part::release_timer(w)
    });
    let is_ready = |resets: &RESETS| {
        let done = resets.reset_done().read();
        let plls = done.pll_sys().bit() && done.pll_usb().bit();
        plls && done.io_bank0().bit() && done.pads_bank0().bit() && part::has_timer(&done)
    };
    if !(0..LOOKS).any(|_| is_ready(resets)) {
        defmt::warn!("pins, timer or PLLs stay in reset");
    }

    // 1,500 MHz and 1,200 MHz / 5 / 5.
    let core = Factors {
        feedback: 125,
        dividers: CORE_DIVIDERS,
    };
    let usb = Factors {
        feedback: 100,
        dividers: [5, 5],
    };
    if locks(&part.PLL_SYS, &core) {
        core_by_pll(&part.CLOCKS);
    } else {
        defmt::warn!("the PLL of the core does not lock and its clock stays at 12 MHz");
    }
    if locks(&part.PLL_USB, &usb) {
        part.CLOCKS
            .clk_usb_ctrl()
            .write(|w| w.auxsrc().clksrc_pll_usb().enable().set_bit());
        resets.reset().modify(|_, w| w.usbctrl().clear_bit());
        if !(0..LOOKS).any(|_| resets.reset_done().read().usbctrl().bit()) {
            defmt::warn!("USB stays in reset");
        }
    } else {
        defmt::warn!("the PLL of USB does not lock: no USB");
    }

    part::start_tick(part, CRYSTAL_MHZ);
}

/// Starts the crystal, and waits 64 times as long as one of 12 MHz takes.
fn crystal_is_stable(xosc: &XOSC) -> bool {
    xosc.ctrl().write(|w| w.freq_range()._1_15mhz());
    // SAFETY: units of 256 cycles; 47 of them are a millisecond.
    xosc.startup().write(|w| unsafe { w.delay().bits(64 * 47) });
    xosc.ctrl().modify(|_, w| w.enable().enable());
    (0..LOOKS).any(|_| xosc.status().read().stable().bit())
}

/// Whether `pll` comes up (RP2040 datasheet, section 2.18.2; RP2350 datasheet, section 8.6.3).
fn locks(pll: &Pll, factors: &Factors) -> bool {
    let [first, second] = factors.dividers;
    // SAFETY: the crystal as it is.
    pll.cs().modify(|_, w| unsafe { w.refdiv().bits(1) });
    // SAFETY: between 16 and 320, and 750 to 1,600 MHz come of it.
    pll.fbdiv_int()
        .write(|w| unsafe { w.fbdiv_int().bits(factors.feedback) });
    pll.pwr()
        .modify(|_, w| w.pd().clear_bit().vcopd().clear_bit());
    if !(0..LOOKS).any(|_| pll.cs().read().lock().bit()) {
        return false;
    }
    // SAFETY: between 1 and 7, the first not less than the second.
    pll.prim()
        .write(|w| unsafe { w.postdiv1().bits(first).postdiv2().bits(second) });
    pll.pwr().modify(|_, w| w.postdivpd().clear_bit());
    true
}

/// Has the core run by the PLL.
fn core_by_pll(clocks: &CLOCKS) {
    let system = clocks.clk_sys_ctrl();
    system.modify(|_, w| w.auxsrc().clksrc_pll_sys());
    system.modify(|_, w| w.src().clksrc_clk_sys_aux());
    // The second of its sources.
    let by_pll = || clocks.clk_sys_selected().read().bits() == 1 << 1;
    if !(0..LOOKS).any(|_| by_pll()) {
        defmt::warn!("the core's clock does not switch to the PLL");
    }
}
