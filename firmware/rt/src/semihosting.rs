//! Many bytes out of an emulated board, and into it, with one exit from the
//! emulated code: a UART takes several for each byte.
//!
//! Semihosting is a breakpoint that the emulator answers (Arm, "Semihosting for
//! AArch32 and AArch64", chapter 2); without one, or a debugger, it is a fault.
//! So a board uses its UART alone until the host has said that it is an emulated
//! one.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

const SYS_OPEN: u32 = 0x01;
const SYS_WRITE: u32 = 0x05;
const SYS_READ: u32 = 0x06;
/// The console's name; opened as "r" it is the emulator's standard input, as "w"
/// its standard output.
const CONSOLE: &[u8] = b":tt\0";
const READ: u32 = 0;
const WRITE: u32 = 4;

/// Handles of the emulator's standard input and output; 0 where there are none.
static INPUT: AtomicU32 = AtomicU32::new(0);
static OUTPUT: AtomicU32 = AtomicU32::new(0);

/// Opens the emulator's standard input and output, which is where the UART leads.
pub(crate) fn open() {
    for (handle, mode) in [(&INPUT, READ), (&OUTPUT, WRITE)] {
        let length = CONSOLE.len() as u32 - 1;
        let opened = call(SYS_OPEN, &[CONSOLE.as_ptr() as u32, mode, length]);
        // -1 says that there is none.
        handle.store(
            if opened == u32::MAX { 0 } else { opened },
            Ordering::Relaxed,
        );
    }
}

/// Writes all of `bytes`; gives whether that was possible.
pub fn write(mut bytes: &[u8]) -> bool {
    let handle = OUTPUT.load(Ordering::Relaxed);
    while handle != 0 && !bytes.is_empty() {
        // Gives what was not written: everything, while the other end is full.
        let rest = call(
            SYS_WRITE,
            &[handle, bytes.as_ptr() as u32, bytes.len() as u32],
        );
        let written = bytes.len().saturating_sub(rest as usize);
        bytes = bytes.get(written..).unwrap_or_default();
    }
    handle != 0
}

/// Reads what waits, without waiting for more; gives how much.
pub fn read(bytes: &mut [u8]) -> usize {
    let handle = INPUT.load(Ordering::Relaxed);
    if handle == 0 || bytes.is_empty() {
        return 0;
    }
    // Gives what was not read: everything, where nothing waits.
    let rest = call(
        SYS_READ,
        &[handle, bytes.as_mut_ptr() as u32, bytes.len() as u32],
    );
    bytes.len().saturating_sub(rest as usize)
}

fn call(operation: u32, parameters: &[u32; 3]) -> u32 {
    let mut result = operation;
    // SAFETY: the host has said that an emulator answers the breakpoint. It reads
    // the parameters, and reads or writes only the bytes that they describe.
    unsafe {
        asm!(
            "bkpt #0xab",
            inout("r0") result,
            in("r1") parameters.as_ptr(),
            options(nostack, preserves_flags),
        );
    }
    result
}
