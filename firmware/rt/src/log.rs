//! defmt's global logger: frames wait in a ring until the probe sends them.
//!
//! The ring lives in `.uninit`, which a reset does not clear. So the last words
//! of a program that panicked are read after the reset that follows.

use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;

use crate::ring::Ring;

/// Room for about thirty short log frames between two turns of the probe.
const RING_BYTES: usize = 512;

#[unsafe(link_section = ".uninit.log")]
static mut RING: MaybeUninit<Ring<RING_BYTES>> = MaybeUninit::uninit();
static mut ENCODER: defmt::Encoder = defmt::Encoder::new();
static mut RESTORE: critical_section::RestoreState = critical_section::RestoreState::invalid();

/// Moves up to `out.len()` bytes of rzCOBS frames into `out`; returns how many.
///
/// Dropped frames are counted and reported in a frame that follows.
pub fn drain(out: &mut [u8]) -> usize {
    let (count, dropped) = critical_section::with(|_| {
        // SAFETY: inside a critical section, with no other reference to the ring.
        let ring = unsafe { ring() };
        (ring.drain(out), ring.take_dropped())
    });
    if dropped > 0 {
        defmt::warn!("{=u32} log frames did not fit and are lost", dropped);
    }
    count
}

/// The ring, emptied first where a cold start left noise.
///
/// # Safety
/// The caller is inside a critical section, and holds no other reference to the
/// ring while it uses this one.
unsafe fn ring() -> &'static mut Ring<RING_BYTES> {
    // SAFETY: this function's contract is the other's.
    let ring = unsafe { acquired() };
    if !ring.is_sound() {
        ring.clear();
    }
    ring
}

/// The ring as it is.
///
/// # Safety
/// As for [`ring`].
unsafe fn acquired() -> &'static mut Ring<RING_BYTES> {
    // SAFETY: exclusive by this function's contract; every bit pattern is a `Ring`.
    unsafe { (*addr_of_mut!(RING)).assume_init_mut() }
}

/// The encoder.
///
/// # Safety
/// As for [`ring`].
unsafe fn encoder() -> &'static mut defmt::Encoder {
    // SAFETY: exclusive by this function's contract.
    unsafe { &mut *addr_of_mut!(ENCODER) }
}

/// Adds encoded bytes to the frame that goes over the link, and to RTT.
fn put(ring: &mut Ring<RING_BYTES>, bytes: &[u8]) {
    #[cfg(feature = "rtt")]
    crate::rtt::write(bytes);
    ring.push(bytes);
}

#[defmt::global_logger]
struct RingLogger;

// SAFETY: `acquire` takes the critical section that `release` gives back, so the
// ring and the encoder have one user at a time.
unsafe impl defmt::Logger for RingLogger {
    fn acquire() {
        // SAFETY: defmt pairs this with the release below, in order.
        let restore = unsafe { critical_section::acquire() };
        // SAFETY: written only here, inside the critical section.
        unsafe { RESTORE = restore };
        // SAFETY: inside the critical section.
        let ring = unsafe { ring() };
        ring.begin();
        // SAFETY: inside the critical section.
        unsafe { encoder() }.start_frame(|bytes| put(ring, bytes));
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: defmt calls this between `acquire` and `release`.
        let ring = unsafe { acquired() };
        // SAFETY: as above.
        unsafe { encoder() }.write(bytes, |bytes| put(ring, bytes));
    }

    unsafe fn flush() {}

    unsafe fn release() {
        // SAFETY: defmt calls this once after `acquire`.
        let ring = unsafe { acquired() };
        // SAFETY: as above.
        unsafe { encoder() }.end_frame(|bytes| put(ring, bytes));
        ring.commit();
        // SAFETY: gives back what `acquire` took.
        unsafe { critical_section::release(RESTORE) };
    }
}
