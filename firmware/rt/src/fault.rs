//! A program that dies says why and starts again: the log survives the reset.

use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};

// Where there is a std, as under an engine that needs one, it has its own.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    match info.location() {
        Some(location) => defmt::error!(
            "panic at {=str}:{=u32}: {}; the board resets",
            location.file(),
            location.line(),
            defmt::Display2Format(&info.message()),
        ),
        None => defmt::error!("panic; the board resets"),
    }
    SCB::sys_reset()
}

/// Bus, usage and memory faults escalate to this one. So does a stack overflow: below the
/// stack there is no memory.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    defmt::error!(
        "hard fault at {=u32:#010x}, called from {=u32:#010x}; HFSR {=u32:#010x}; the board resets",
        frame.pc(),
        frame.lr(),
        hard_fault_status(),
    );
    SCB::sys_reset()
}

#[cfg(armv7m)]
fn hard_fault_status() -> u32 {
    // SAFETY: this status register may be read at any time.
    unsafe { &*SCB::PTR }.hfsr.read()
}

/// Cores before Armv7-M do not say why.
#[cfg(not(armv7m))]
fn hard_fault_status() -> u32 {
    0
}

#[exception]
unsafe fn DefaultHandler(irqn: i16) -> ! {
    defmt::error!("exception {=i16} has no handler; the board resets", irqn);
    SCB::sys_reset()
}
