//! How deep the stack went: paint it, run, look how much paint is left.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

use cortex_m::register::msp;

use crate::linked;

/// Where the last painting began; 0 before the first.
static PAINTED_FROM: AtomicUsize = AtomicUsize::new(0);

/// Fills the free stack, from its end up to the stack pointer, with `paint`.
#[inline(always)]
pub fn paint(paint: u8) {
    let low = linked::stack().start;
    let high = msp::read() as usize;
    PAINTED_FROM.store(high, Ordering::Relaxed);
    // A loop that needs no stack itself: it writes right up to the stack pointer.
    // SAFETY: the bytes between the stack's end and the stack pointer are free.
    unsafe {
        asm!(
            "b 3f",
            "2: strb {paint}, [{at}]",
            "adds {at}, {at}, #1",
            "3: cmp {at}, {high}",
            "blo 2b",
            at = inout(reg) low => _,
            high = in(reg) high,
            paint = in(reg) u32::from(paint),
        );
    }
}

/// Gives the bytes from where [`paint`] began down to the deepest one that is not
/// `paint` any more; `None` before the first painting.
pub fn high_water_bytes(paint: u8) -> Option<u32> {
    let high = PAINTED_FROM.load(Ordering::Relaxed);
    if high == 0 {
        return None;
    }
    let low = linked::stack().start;
    let untouched = (low..high)
        // SAFETY: these addresses are the stack's; a stale byte is still a byte.
        .take_while(|&at| unsafe { (at as *const u8).read_volatile() } == paint)
        .count();
    Some((high - low - untouched) as u32)
}
