//! The program of a board that runs tract.

use core::ptr::addr_of;

use cortexscope_rt::counter::Counter;
use cortexscope_rt::{CortexM, model_region, run_engine, take_heap};
use embedded_io::{Read, ReadReady, Write};

use crate::{TractEngine, allocator};

/// Answers what comes over `link` with tract, and the model and the heap of the
/// memory map, for ever.
///
/// # Panics
/// If the arena, which is the heap, has been taken before.
pub fn run<C: Counter, L: Read + ReadReady + Write>(board: CortexM<C>, link: L) -> ! {
    allocator::give(take_heap().expect("the heap is taken once, here"));
    register_kernels();
    run_engine(board, link, TractEngine::new(model_region()))
}

/// Calls what tract's kernels register themselves with, as a system would before
/// `main`.
fn register_kernels() {
    unsafe extern "C" {
        static __init_array_start: unsafe extern "C" fn();
        static __init_array_end: unsafe extern "C" fn();
    }
    let start = addr_of!(__init_array_start);
    let end = addr_of!(__init_array_end);
    let count = (end as usize - start as usize) / size_of::<unsafe extern "C" fn()>();
    // SAFETY: the memory map keeps nothing but such pointers between the two.
    let constructors = unsafe { core::slice::from_raw_parts(start, count) };
    for constructor in constructors {
        // SAFETY: made to be called once, before anything looks at what they register.
        unsafe { constructor() };
    }
}
