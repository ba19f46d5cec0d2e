use cortex_m::Peripherals;

use cortexscope_probe::wire::message::CounterKind;

use super::{Counter, CycleCounter, InstructionCounter};

/// For a program that runs on a part and on its emulator: cycles where the core
/// counts them, instructions where it is emulated, with SysTick at `CLOCK_HZ`.
pub enum CoreCounter<const CLOCK_HZ: u32> {
    /// The part's.
    Cycles(CycleCounter),
    /// The emulator's.
    Instructions(InstructionCounter<CLOCK_HZ>),
}

impl<const CLOCK_HZ: u32> CoreCounter<CLOCK_HZ> {
    /// Starts the counter that there is.
    pub fn start(mut core: Peripherals) -> Self {
        match CycleCounter::start(&mut core.DCB, &mut core.DWT) {
            Some(counter) => Self::Cycles(counter),
            None => Self::Instructions(InstructionCounter::start(core.SYST)),
        }
    }
}

impl<const CLOCK_HZ: u32> Counter for CoreCounter<CLOCK_HZ> {
    fn kind(&self) -> CounterKind {
        match self {
            Self::Cycles(counter) => counter.kind(),
            Self::Instructions(counter) => counter.kind(),
        }
    }

    fn read(&mut self) -> u64 {
        match self {
            Self::Cycles(counter) => counter.read(),
            Self::Instructions(counter) => counter.read(),
        }
    }
}
