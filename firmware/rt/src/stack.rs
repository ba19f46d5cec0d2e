//! How deep the stack went: paint it, run, look how much paint is left.
//!
//! An overflow is not found here. The stack lies below everything else in RAM
//! (`memory-x/sections.x`), so it leaves the memory and faults, and `fault` says so.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::register::msp;

use crate::memory_map;

/// Whether the stack was ever painted.
static IS_PAINTED: AtomicBool = AtomicBool::new(false);

/// The lowest address of the stack, for cores that have a register to compare with.
pub fn lowest() -> u32 {
    memory_map::stack().start as u32
}

/// Fills the free stack, from its end up to the stack pointer, with `paint`.
#[inline(always)]
pub fn paint(paint: u8) {
    let low = memory_map::stack().start;
    let high = msp::read() as usize;
    IS_PAINTED.store(true, Ordering::Relaxed);
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

/// Gives the bytes from the stack's top, where `main` began, down to the deepest one
/// that is not `paint`; `None` before the first painting.
pub fn high_water_bytes(paint: u8) -> Option<u32> {
    if !IS_PAINTED.load(Ordering::Relaxed) {
        return None;
    }
    let stack = memory_map::stack();
    let untouched = stack
        .clone()
        // SAFETY: these addresses are the stack's; a stale byte is still a byte.
        .take_while(|&at| unsafe { (at as *const u8).read_volatile() } == paint)
        .count();
    Some((stack.len() - untouched) as u32)
}
