//! What std asks of the system that a chip does not have.
//!
//! std is built for the target of a virtual machine that asks its host for
//! everything through a dozen functions of C; here they are for a chip. The
//! signatures are those of `library/std/src/sys/pal/zkvm/abi.rs`.

use core::{ptr, slice, str};

use cortex_m::peripheral::SCB;

/// Ends the program.
#[unsafe(no_mangle)]
extern "C" fn sys_halt() -> ! {
    defmt::error!("the program ended; the board resets");
    SCB::sys_reset()
}

/// Ends the program with a message.
///
/// # Safety
/// `text` is a message of `bytes` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_panic(text: *const u8, bytes: usize) -> ! {
    // SAFETY: the caller's promise.
    let text = unsafe { slice::from_raw_parts(text, bytes) };
    defmt::error!(
        "panic: {=str}; the board resets",
        str::from_utf8(text).unwrap_or("no text")
    );
    SCB::sys_reset()
}

/// Writes a line to the log.
///
/// # Safety
/// As for [`sys_panic`].
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_log(text: *const u8, bytes: usize) {
    // SAFETY: the caller's promise.
    let text = unsafe { slice::from_raw_parts(text, bytes) };
    defmt::info!("{=str}", str::from_utf8(text).unwrap_or("no text"));
}

/// Writes to standard output or error: to the log.
///
/// # Safety
/// As for [`sys_panic`].
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_write(_file: u32, text: *const u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { sys_log(text, bytes) };
}

/// Reads from standard input: there is none.
#[unsafe(no_mangle)]
extern "C" fn sys_read(_file: u32, _buffer: *mut u8, _bytes: usize) -> usize {
    0
}

/// Seeds hash maps. Always the same, so that a run can be repeated to the bit.
///
/// # Safety
/// `words` words may be written at `buffer`.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_rand(buffer: *mut u32, words: usize) {
    // SAFETY: the caller's promise.
    unsafe { ptr::write_bytes(buffer, 0x5A, words) };
}

/// The time; nobody measures by it.
#[unsafe(no_mangle)]
extern "C" fn sys_cycle_count() -> usize {
    0
}

/// Environment variables: none is set.
#[unsafe(no_mangle)]
extern "C" fn sys_getenv(_: *mut u32, _: usize, _: *const u8, _: usize) -> usize {
    usize::MAX
}

/// Arguments of the program: none.
#[unsafe(no_mangle)]
extern "C" fn sys_argc() -> usize {
    0
}

/// Arguments of the program: none.
#[unsafe(no_mangle)]
extern "C" fn sys_argv(_: *mut u32, _: usize, _: usize) -> usize {
    0
}

/// Memory of std's own allocator, which the global one replaces.
#[unsafe(no_mangle)]
extern "C" fn sys_alloc_words(_: usize) -> *mut u32 {
    ptr::null_mut()
}

/// Memory of std's own allocator, which the global one replaces.
#[unsafe(no_mangle)]
extern "C" fn sys_alloc_aligned(_: usize, _: usize) -> *mut u8 {
    ptr::null_mut()
}
