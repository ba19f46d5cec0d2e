//! A byte ring that keeps whole frames or nothing.

/// A ring of `N` bytes written in frames: a frame that does not fit is dropped
/// whole and counted, so a reader never sees half of one.
///
/// Integers only, so that every bit pattern is a value: the ring lives in memory
/// that a reset does not clear, and [`Ring::is_sound`] says whether what is there
/// can be used.
#[repr(C)]
pub struct Ring<const N: usize> {
    magic: u32,
    /// Next byte to read.
    read: usize,
    /// Bytes of complete frames that wait to be read.
    ready: usize,
    /// Bytes of the frame that is being written.
    pending: usize,
    /// Bytes of the frame that is being written that did not fit.
    lost: usize,
    dropped_frames: u32,
    bytes: [u8; N],
}

/// What [`Ring::is_sound`] expects where a ring was initialised.
const MAGIC: u32 = 0x52_69_6E_67;

impl<const N: usize> Ring<N> {
    /// Empties the ring.
    pub fn clear(&mut self) {
        self.magic = MAGIC;
        self.read = 0;
        self.ready = 0;
        self.pending = 0;
        self.lost = 0;
        self.dropped_frames = 0;
    }

    /// Whether the fields describe a ring, and not the noise of a cold start.
    pub fn is_sound(&self) -> bool {
        self.magic == MAGIC && self.read < N && self.ready <= N && self.pending <= N - self.ready
    }

    /// Starts a frame; what was pending from an interrupted one is forgotten.
    pub fn begin(&mut self) {
        self.pending = 0;
        self.lost = 0;
    }

    /// Adds bytes to the frame.
    #[inline(never)]
    pub fn push(&mut self, bytes: &[u8]) {
        if self.lost > 0 || bytes.len() > N - self.ready - self.pending {
            self.lost += bytes.len();
            return;
        }
        for &byte in bytes {
            let at = (self.read + self.ready + self.pending) % N;
            if let Some(place) = self.bytes.get_mut(at) {
                *place = byte;
            }
            self.pending += 1;
        }
    }

    /// Ends the frame: it is readable from now on, or dropped where it did not fit.
    pub fn commit(&mut self) {
        if self.lost > 0 {
            self.dropped_frames = self.dropped_frames.saturating_add(1);
        } else {
            self.ready += self.pending;
        }
        self.pending = 0;
        self.lost = 0;
    }

    /// Moves up to `out.len()` bytes of complete frames into `out`; returns how many.
    pub fn drain(&mut self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.ready);
        for slot in out.iter_mut().take(count) {
            *slot = self.bytes.get(self.read).copied().unwrap_or_default();
            self.read = (self.read + 1) % N;
        }
        self.ready -= count;
        count
    }

    /// Returns how many frames were dropped since the last call.
    pub fn take_dropped(&mut self) -> u32 {
        core::mem::take(&mut self.dropped_frames)
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self {
            magic: MAGIC,
            read: 0,
            ready: 0,
            pending: 0,
            lost: 0,
            dropped_frames: 0,
            bytes: [0; N],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    fn frame<const N: usize>(ring: &mut Ring<N>, bytes: &[u8]) {
        ring.begin();
        for byte in bytes {
            ring.push(&[*byte]);
        }
        ring.commit();
    }

    #[test]
    fn frames_come_out_as_they_went_in_across_the_wrap() {
        let mut ring = Ring::<8>::default();
        let mut out = [0; 8];
        for round in 0..20u8 {
            frame(&mut ring, &[round, round + 1, round + 2]);
            frame(&mut ring, &[round + 3, 0]);
            assert_eq!(ring.drain(&mut out), 5);
            assert_eq!(&out[..5], &[round, round + 1, round + 2, round + 3, 0]);
        }
        assert_eq!(ring.take_dropped(), 0);
    }

    #[test]
    fn a_frame_that_does_not_fit_is_dropped_whole() {
        let mut ring = Ring::<4>::default();
        frame(&mut ring, &[1, 2, 3]);
        frame(&mut ring, &[4, 5]);
        frame(&mut ring, &[6]);
        let mut out = [0; 8];
        assert_eq!(ring.drain(&mut out), 4);
        assert_eq!(&out[..4], &[1, 2, 3, 6]);
        assert_eq!(ring.take_dropped(), 1);
        assert_eq!(ring.take_dropped(), 0);
    }

    #[test]
    fn drains_in_pieces() {
        let mut ring = Ring::<8>::default();
        frame(&mut ring, &[1, 2, 3, 4, 5]);
        let mut out = [0; 2];
        assert_eq!(ring.drain(&mut out), 2);
        assert_eq!(out, [1, 2]);
        assert_eq!(ring.drain(&mut out), 2);
        assert_eq!(ring.drain(&mut out), 1);
        assert_eq!(ring.drain(&mut out), 0);
    }

    #[test]
    fn noise_is_not_a_ring() {
        let mut ring = Ring::<8>::default();
        assert!(ring.is_sound());
        ring.read = 8;
        assert!(!ring.is_sound());
        ring.read = 0;
        ring.ready = 6;
        ring.pending = 3;
        assert!(!ring.is_sound());
        ring.clear();
        ring.magic = 0;
        assert!(!ring.is_sound());
    }
}
