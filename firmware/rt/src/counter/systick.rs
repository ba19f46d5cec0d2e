use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;

use cortexscope_probe::wire::message::CounterKind;

use super::{Counter, Scale, ticks};

static WRAPS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    // One writer, and a load and a store also where the core has no atomic add.
    WRAPS.store(
        WRAPS.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}

/// Counts executed instructions since its start.
///
/// `CLOCK_HZ` is the frequency of the processor clock.
pub struct InstructionCounter<const CLOCK_HZ: u32> {
    scale: Option<Scale<CLOCK_HZ>>,
}

impl<const CLOCK_HZ: u32> InstructionCounter<CLOCK_HZ> {
    /// Starts SysTick at the processor clock and measures how long an instruction takes.
    pub fn start(systick: SYST) -> Self {
        start_systick(systick);
        const ROUNDS: u32 = 100_000;
        let before = read_ticks();
        spin(ROUNDS);
        let elapsed = read_ticks() - before;
        Self {
            scale: Scale::fit(2 * ROUNDS, elapsed),
        }
    }
}

impl<const CLOCK_HZ: u32> Counter for InstructionCounter<CLOCK_HZ> {
    fn kind(&self) -> CounterKind {
        match self.scale {
            Some(_) => CounterKind::Instructions,
            None => CounterKind::None,
        }
    }

    #[inline(never)]
    fn read(&mut self) -> u64 {
        self.scale
            .map_or(0, |scale| scale.instructions(read_ticks()))
    }
}

/// Counts the core's clock cycles with SysTick: for a part without the counter of Armv7-M.
pub struct SysTickCycles(());

impl SysTickCycles {
    /// Starts SysTick at the processor clock.
    pub fn start(systick: SYST) -> Self {
        start_systick(systick);
        Self(())
    }
}

impl Counter for SysTickCycles {
    fn kind(&self) -> CounterKind {
        CounterKind::Cycles
    }

    #[inline(never)]
    fn read(&mut self) -> u64 {
        read_ticks()
    }
}

/// Starts SysTick at the processor clock, with an exception where it wraps.
fn start_systick(mut systick: SYST) {
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(0xFF_FFFF);
    systick.clear_current();
    systick.enable_interrupt();
    systick.enable_counter();
}

/// Executes `2 * rounds` instructions.
fn spin(rounds: u32) {
    // SAFETY: counts a register down and touches nothing else.
    unsafe {
        asm!(
            "2: subs {rounds}, {rounds}, #1",
            "bne 2b",
            rounds = inout(reg) rounds => _,
            options(nomem, nostack),
        );
    }
}

fn read_ticks() -> u64 {
    critical_section::with(|_| {
        // At 0 the wrap may or may not have been noted yet; one tick later it has.
        let mut current = SYST::get_current();
        while current == 0 {
            current = SYST::get_current();
        }
        if SCB::is_pendst_pending() {
            // It wrapped in here: the exception waits, so it is counted by hand,
            // with what the counter shows after the wrap.
            ticks(
                WRAPS.load(Ordering::Relaxed).wrapping_add(1),
                SYST::get_current(),
            )
        } else {
            ticks(WRAPS.load(Ordering::Relaxed), current)
        }
    })
}
