use cortex_m::Peripherals;

use cortexscope_probe::wire::message::CounterKind;

use super::{Counter, CycleCounter, InstructionCounter};

/// For a program that runs on a part and on its emulator: cycles where the core
/// counts them, instructions where it is emulated.
pub enum CoreCounter {
    /// The part's.
    Cycles(CycleCounter),
    /// The emulator's.
    Instructions(InstructionCounter),
}

impl CoreCounter {
    /// Starts the counter that there is. `emulated_clock_hz` is what SysTick counts
    /// on the emulator.
    pub fn start(mut core: Peripherals, emulated_clock_hz: u32) -> Self {
        match CycleCounter::start(&mut core.DCB, &mut core.DWT) {
            Some(counter) => Self::Cycles(counter),
            None => Self::Instructions(InstructionCounter::start(core.SYST, emulated_clock_hz)),
        }
    }
}

impl Counter for CoreCounter {
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
