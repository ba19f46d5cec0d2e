//! The chip's heap: two-level segregated fit, so that an allocation takes a bounded
//! number of instructions however the heap looks.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::RefCell;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use cortex_m::peripheral::SCB;
use critical_section::Mutex;
use rlsf::Tlsf;

use crate::heap::{self, LEDGER};

/// Blocks of up to 2^(4 + 16) bytes, in classes of 1/16 of their size.
type Pool = Tlsf<'static, u32, u16, 16, 16>;

struct Allocator(Mutex<RefCell<Pool>>);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(Mutex::new(RefCell::new(Pool::new())));

/// Gives the heap its memory. Nothing may allocate before.
pub fn give(memory: &'static mut [u8]) {
    LEDGER.set_capacity(memory.len());
    // SAFETY: uninitialised bytes ask for less than initialised ones.
    let memory = unsafe { &mut *(ptr::from_mut(memory) as *mut [MaybeUninit<u8>]) };
    critical_section::with(|token| {
        ALLOCATOR.0.borrow_ref_mut(token).insert_free_block(memory);
    });
}

/// What a block of `bytes` takes: its header, and blocks are whole granules.
const fn charged(bytes: usize) -> usize {
    (bytes + 8).next_multiple_of(16)
}

// SAFETY: the blocks are the pool's, which gives each to one owner at a time.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = critical_section::with(|token| self.0.borrow_ref_mut(token).allocate(layout));
        let Some(block) = block else {
            heap::exhausted(layout.size());
            defmt::error!(
                "the heap cannot give {=usize} bytes; the board resets",
                layout.size()
            );
            SCB::sys_reset();
        };
        LEDGER.take(charged(layout.size()));
        block.as_ptr()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(block) = NonNull::new(block) else {
            return;
        };
        LEDGER.give(charged(layout.size()));
        critical_section::with(|token| {
            // SAFETY: the caller's promise is the one that the pool needs.
            unsafe {
                self.0
                    .borrow_ref_mut(token)
                    .deallocate(block, layout.align())
            };
        });
    }
}
