//! A link through two rings in RAM: for an emulator that has no port, and for a debug probe
//! that reads and writes memory while the program runs.
//!
//! Whoever is at the other end finds the rings by their symbols, `__link_to_board` and
//! `__link_to_host`. A ring is two words and its bytes:
//!
//! ```text
//! byte 0  how many bytes were ever put in, modulo 2^32; whoever puts them in writes it
//!      4  how many bytes were ever taken out; whoever takes them writes it
//!      8  the bytes, each at its number modulo the ring's length
//! ```

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering, fence};

/// Bytes that a host may send before the board takes them.
const TO_BOARD_BYTES: usize = 1024;
/// Bytes that the board may send before the host takes them.
const TO_HOST_BYTES: usize = 4096;

#[unsafe(export_name = "__link_to_board")]
static TO_BOARD: Ring<TO_BOARD_BYTES> = Ring::new();
#[unsafe(export_name = "__link_to_host")]
static TO_HOST: Ring<TO_HOST_BYTES> = Ring::new();

/// Bytes on their way, of which `BYTES`, a power of two, are there at most.
#[repr(C)]
struct Ring<const BYTES: usize> {
    put: AtomicU32,
    taken: AtomicU32,
    bytes: [AtomicU8; BYTES],
}

impl<const BYTES: usize> Ring<BYTES> {
    const fn new() -> Self {
        assert!(BYTES.is_power_of_two());
        Self {
            put: AtomicU32::new(0),
            taken: AtomicU32::new(0),
            bytes: [const { AtomicU8::new(0) }; BYTES],
        }
    }

    fn len(&self) -> usize {
        let put = self.put.load(Ordering::Relaxed);
        let taken = self.taken.load(Ordering::Relaxed);
        // Barriers of their own, for whoever reads and writes this from outside.
        fence(Ordering::Acquire);
        put.wrapping_sub(taken) as usize
    }

    fn byte(&self, number: u32) -> &AtomicU8 {
        &self.bytes[number as usize & (BYTES - 1)]
    }

    fn take(&self) -> Option<u8> {
        if self.len() == 0 {
            return None;
        }
        let number = self.taken.load(Ordering::Relaxed);
        let byte = self.byte(number).load(Ordering::Relaxed);
        fence(Ordering::Release);
        self.taken.store(number.wrapping_add(1), Ordering::Relaxed);
        Some(byte)
    }

    fn put(&self, byte: u8) -> bool {
        if self.len() >= BYTES {
            return false;
        }
        let number = self.put.load(Ordering::Relaxed);
        self.byte(number).store(byte, Ordering::Relaxed);
        fence(Ordering::Release);
        self.put.store(number.wrapping_add(1), Ordering::Relaxed);
        true
    }
}

/// Whether bytes wait to be read.
pub fn has_received() -> bool {
    TO_BOARD.len() > 0
}

/// Moves what waits into `to`, as far as there is room; gives how many bytes.
pub fn drain(to: &mut [u8]) -> usize {
    let mut count = 0;
    for slot in to {
        let Some(byte) = TO_BOARD.take() else { break };
        *slot = byte;
        count += 1;
    }
    count
}

/// Sends `bytes`, and waits for room for them.
pub fn send(bytes: &[u8]) {
    for &byte in bytes {
        while !TO_HOST.put(byte) {}
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn bytes_come_out_in_order_and_a_full_ring_takes_none() {
        let ring = Ring::<4>::new();
        // The numbers pass 2^32 on the way.
        ring.put.store(u32::MAX - 2, super::Ordering::Relaxed);
        ring.taken.store(u32::MAX - 2, super::Ordering::Relaxed);
        for round in 0..5_u8 {
            assert_eq!(ring.take(), None);
            for byte in 0..4 {
                assert!(ring.put(10 * round + byte));
            }
            assert!(!ring.put(99));
            for byte in 0..4 {
                assert_eq!(ring.take(), Some(10 * round + byte));
            }
        }
    }
}
