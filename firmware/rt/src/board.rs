//! The [`Board`] that every Cortex-M part is, given its name and its counter.

use cortexscope_probe::Board;
use cortexscope_probe::wire::message::{CounterKind, Sections};

use crate::counter::Counter;
#[cfg(feature = "semihosting")]
use crate::semihosting;
use crate::{log, memory_map, stack};

/// A Cortex-M board: everything but its link.
pub struct CortexM<C> {
    /// The board's name, as `--board` takes it.
    pub name: &'static str,
    /// What tells how long the work took.
    pub counter: C,
}

impl<C: Counter> Board for CortexM<C> {
    fn name(&self) -> &str {
        self.name
    }

    fn elf_build_id(&self) -> &[u8] {
        memory_map::build_id()
    }

    fn counter_kind(&self) -> CounterKind {
        self.counter.kind()
    }

    fn counter(&mut self) -> u64 {
        self.counter.read()
    }

    fn sections(&self) -> Sections {
        memory_map::sections()
    }

    fn take_logs(&mut self, buffer: &mut [u8]) -> usize {
        log::drain(buffer)
    }

    #[cfg(feature = "semihosting")]
    fn semihost(&mut self) {
        semihosting::open();
    }

    #[inline(always)]
    fn paint_stack(&mut self, paint: u8) {
        stack::paint(paint);
    }

    fn stack_high_water_bytes(&mut self, paint: u8) -> Option<u32> {
        stack::high_water_bytes(paint)
    }
}
