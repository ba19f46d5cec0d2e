use cortex_m::peripheral::{DCB, DWT};

use cortexscope_probe::wire::message::CounterKind;

use super::Counter;

/// Counts the core's clock cycles.
///
/// The hardware counts to 2^32, 25 seconds at 168 MHz, and is read at least as
/// often: at the beginning and the end of every layer.
pub struct CycleCounter {
    wraps: u32,
    last: u32,
}

impl CycleCounter {
    /// Starts the counter; nothing where there is none, or it stands still, as on
    /// an emulator.
    pub fn start(dcb: &mut DCB, dwt: &mut DWT) -> Option<Self> {
        dcb.enable_trace();
        dwt.enable_cycle_counter();
        let before = DWT::cycle_count();
        cortex_m::asm::delay(100);
        let last = DWT::cycle_count();
        (last != before).then_some(Self { wraps: 0, last })
    }
}

impl Counter for CycleCounter {
    fn kind(&self) -> CounterKind {
        CounterKind::Cycles
    }

    fn read(&mut self) -> u64 {
        let now = DWT::cycle_count();
        if now < self.last {
            self.wraps = self.wraps.wrapping_add(1);
        }
        self.last = now;
        u64::from(self.wraps) << 32 | u64::from(now)
    }
}
