//! The clock of the STM32F405's firmware, over registers that a test turns as it likes. No
//! emulator here has a clock controller for it.

// The firmware's file names two crates; here both are this one.
extern crate self as defmt;
extern crate self as stm32f4;

#[path = "../../../firmware/boards/stm32f405/src/clock.rs"]
mod clock;

/// A line of the log, which nobody reads here.
#[macro_export]
macro_rules! warn {
    ($text:literal) => {};
}

/// As much of the part's registers as the clock needs.
pub mod stm32f405 {
    use std::cell::Cell;

    /// The fields of all registers at once; most of them change nothing.
    #[derive(Clone, Copy, Default)]
    pub struct Fields {
        is_pll_on: bool,
        is_pll_chosen: bool,
        is_divided: bool,
    }

    macro_rules! without_effect {
        ($($field:ident)*) => { $(
            /// Changes nothing.
            pub fn $field(&mut self) -> &mut Self { self }
        )* };
    }

    impl Fields {
        without_effect! {
            latency ws5 prften icen dcen enabled
            ppre1 ppre2 sw pllm plln pllq pllsrc hsi pllp pllon
        }

        /// A divider of the bus's clock, or of the PLL's.
        pub fn div2(&mut self) -> &mut Self {
            self.is_divided = true;
            self
        }

        /// A divider of the bus's clock.
        pub fn div4(&mut self) -> &mut Self {
            self.div2()
        }

        /// A factor or a divider of the PLL.
        ///
        /// # Safety
        /// None is needed; the part's own function asks for it.
        pub unsafe fn bits(&mut self, _bits: u16) -> &mut Self {
            self
        }

        /// The PLL is on.
        pub fn on(&mut self) -> &mut Self {
            self.is_pll_on = true;
            self
        }

        /// The PLL is off.
        pub fn off(&mut self) -> &mut Self {
            self.is_pll_on = false;
            self
        }

        /// The core is to run from the PLL.
        pub fn pll(&mut self) -> &mut Self {
            self.is_pll_chosen = true;
            self
        }
    }

    /// What a register says.
    #[derive(Clone, Copy)]
    pub struct State(bool);

    impl State {
        /// The PLL's flag.
        pub fn pllrdy(self) -> Self {
            self
        }

        /// Whether the PLL is locked.
        pub fn is_ready(self) -> bool {
            self.0
        }

        /// The clock that the core runs from.
        pub fn sws(self) -> Self {
            self
        }

        /// Whether that is the PLL.
        pub fn is_pll(self) -> bool {
            self.0
        }
    }

    /// A register.
    #[derive(Default)]
    pub struct Register {
        fields: Cell<Fields>,
        says: bool,
    }

    impl Register {
        /// Sets fields, and all others to what they are after a reset.
        pub fn write(&self, set: impl FnOnce(&mut Fields) -> &mut Fields) {
            self.fields.set(*set(&mut Fields::default()));
        }

        /// Sets fields.
        pub fn modify(&self, set: impl FnOnce((), &mut Fields) -> &mut Fields) {
            let mut fields = self.fields.get();
            self.fields.set(*set((), &mut fields));
        }

        /// As after a reset.
        pub fn reset(&self) {
            self.fields.take();
        }

        /// What it says.
        pub fn read(&self) -> State {
            State(self.says)
        }
    }

    /// The clock controller.
    #[derive(Default)]
    pub struct RCC {
        cr: Register,
        cfgr: Register,
        pllcfgr: Register,
    }

    impl RCC {
        /// A PLL that locks or not, and a switch that takes it or not.
        pub fn new(locks: bool, switches: bool) -> Self {
            let mut rcc = Self::default();
            rcc.cr.says = locks;
            rcc.cfgr.says = switches;
            rcc
        }

        /// The oscillators.
        pub fn cr(&self) -> &Register {
            &self.cr
        }

        /// The switch, and the dividers of the buses.
        pub fn cfgr(&self) -> &Register {
            &self.cfgr
        }

        /// The PLL's factors.
        pub fn pllcfgr(&self) -> &Register {
            &self.pllcfgr
        }

        /// Whether the PLL is on, is chosen, and the buses are divided.
        pub fn found(&self) -> [bool; 3] {
            let switch = self.cfgr.fields.get();
            let is_on = self.cr.fields.get().is_pll_on;
            [is_on, switch.is_pll_chosen, switch.is_divided]
        }
    }

    /// The flash's controller.
    #[derive(Default)]
    pub struct FLASH(Register);

    impl FLASH {
        /// Wait states and caches.
        pub fn acr(&self) -> &Register {
            &self.0
        }
    }
}

use stm32f405::{FLASH, RCC};

/// The clock of USART1, and what the clock controller was left with.
fn started(locks: bool, switches: bool) -> (u32, [bool; 3]) {
    let rcc = RCC::new(locks, switches);
    (clock::start(&rcc, &FLASH::default()), rcc.found())
}

#[test]
fn the_bus_has_half_of_168_mhz_once_the_switch_took_the_pll() {
    assert_eq!(started(true, true), (84_000_000, [true; 3]));
}

/// The baud rate is made of the clock that is said, so it must be the one that runs.
#[test]
fn without_the_pll_the_clock_is_said_to_be_the_internal_oscillator() {
    assert_eq!(started(false, false), (16_000_000, [false; 3]));
    let (hz, [_, is_chosen, is_divided]) = started(true, false);
    assert_eq!((hz, is_chosen, is_divided), (16_000_000, false, false));
}
