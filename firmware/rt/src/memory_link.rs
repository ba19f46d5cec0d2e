//! A link through two rings in RAM: for an emulator that has no port, and for a debug probe
//! that reads and writes memory while the program runs.
//!
//! Whoever is at the other end finds the rings by their symbols, `__link_to_board` and
//! `__link_to_host`. The two functions that look at them have symbols, too,
//! `__link_is_asked` and `__link_puts`: an emulator that stops there, and nowhere else,
//! misses nothing. A ring is two words and its bytes:
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

    /// Moves what is there into `to`, as far as there is room; gives how many bytes.
    fn take(&self, to: &mut [u8]) -> usize {
        let mut number = self.taken.load(Ordering::Relaxed);
        let mut count = 0;
        for slot in to.iter_mut().take(self.len()) {
            *slot = self.byte(number).load(Ordering::Relaxed);
            number = number.wrapping_add(1);
            count += 1;
        }
        fence(Ordering::Release);
        self.taken.store(number, Ordering::Relaxed);
        count
    }

    /// Puts the first of `bytes` in, as far as there is room; gives how many.
    fn put(&self, bytes: &[u8]) -> usize {
        let mut number = self.put.load(Ordering::Relaxed);
        let mut count = 0;
        for &byte in bytes.iter().take(BYTES.saturating_sub(self.len())) {
            self.byte(number).store(byte, Ordering::Relaxed);
            number = number.wrapping_add(1);
            count += 1;
        }
        fence(Ordering::Release);
        self.put.store(number, Ordering::Relaxed);
        count
    }
}

/// Whether bytes wait to be read.
#[inline(never)]
#[unsafe(export_name = "__link_is_asked")]
pub fn has_received() -> bool {
    TO_BOARD.len() > 0
}

/// Moves what waits into `to`, as far as there is room; gives how many bytes.
pub fn drain(to: &mut [u8]) -> usize {
    TO_BOARD.take(to)
}

/// Sends `bytes`, and waits for room for them.
pub fn send(bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = put(rest);
        rest = rest.get(count..).unwrap_or_default();
    }
}

/// Puts the first of `bytes` into the ring to the host, as far as there is room.
#[inline(never)]
#[unsafe(export_name = "__link_puts")]
fn put(bytes: &[u8]) -> usize {
    TO_HOST.put(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Ordering, Ring};

    #[test]
    fn bytes_come_out_in_order_and_a_full_ring_takes_none() {
        let ring = Ring::<4>::new();
        // The numbers pass 2^32 on the way.
        ring.put.store(u32::MAX - 2, Ordering::Relaxed);
        ring.taken.store(u32::MAX - 2, Ordering::Relaxed);
        let mut taken = [0; 8];
        for round in 0..5_u8 {
            assert_eq!(ring.take(&mut taken), 0);
            let bytes: Vec<u8> = (10 * round..).take(6).collect();
            assert_eq!(ring.put(&bytes[..3]), 3);
            assert_eq!(ring.put(&bytes[3..]), 1);
            assert_eq!(ring.put(&bytes[4..]), 0);
            assert_eq!(ring.take(&mut taken[..1]), 1);
            assert_eq!(ring.take(&mut taken[1..]), 3);
            assert_eq!(taken[..4], bytes[..4]);
        }
    }
}
