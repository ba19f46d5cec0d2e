//! A link through a bad cable, for tests: it loses, changes, repeats and delays
//! frames in both directions, the same way for the same seed.
//!
//! ```
//! use cortexscope_rig::link::faulty::{Faults, FaultyLink};
//! use cortexscope_rig::link::{Link, memory};
//!
//! let (host_end, _board_end) = memory::pair();
//! let faults = Faults { corrupt: 0.1, drop: 0.1, ..Faults::NONE };
//! let mut link = FaultyLink::new(host_end, faults, 1);
//! link.write(&[1, 2, 3, 0])?;
//! # Ok::<(), cortexscope_rig::link::LinkError>(())
//! ```

use super::{Link, LinkError};
use std::collections::VecDeque;
use std::time::Duration;

/// How often a frame suffers which fault, each from 0 to 1 and independent of the
/// others. A frame is what ends in a zero byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// One to three bits of the frame flip, its delimiter's among them.
    pub corrupt: f64,
    /// The frame does not arrive.
    pub drop: f64,
    /// The frame arrives twice.
    pub duplicate: f64,
    /// The frame arrives after one to four later ones.
    pub delay: f64,
}

impl Faults {
    /// A good cable.
    pub const NONE: Self = Self {
        corrupt: 0.0,
        drop: 0.0,
        duplicate: 0.0,
        delay: 0.0,
    };

    /// Every fault with the same probability.
    pub const fn all(probability: f64) -> Self {
        Self {
            corrupt: probability,
            drop: probability,
            duplicate: probability,
            delay: probability,
        }
    }
}

/// How many frames suffered which fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// All frames.
    pub frames: u64,
    /// Those with flipped bits.
    pub corrupted: u64,
    /// Those that did not arrive.
    pub dropped: u64,
    /// Those that arrived twice.
    pub duplicated: u64,
    /// Those that arrived late.
    pub delayed: u64,
}

/// Any link through a bad cable.
#[derive(Debug)]
pub struct FaultyLink<L> {
    link: L,
    to_board: Direction,
    to_host: Direction,
    /// Bytes that arrived and were not read yet.
    arrived: VecDeque<u8>,
}

impl<L: Link> FaultyLink<L> {
    /// `link` with `faults` in both directions, drawn from `seed`.
    pub fn new(link: L, faults: Faults, seed: u64) -> Self {
        Self {
            link,
            to_board: Direction::new(faults, seed),
            to_host: Direction::new(faults, !seed),
            arrived: VecDeque::new(),
        }
    }

    /// What happened to frames to the board, and to those to the host.
    pub fn counts(&self) -> [FaultCounts; 2] {
        [self.to_board.counts, self.to_host.counts]
    }
}

/// The frames that go one way.
#[derive(Debug)]
struct Direction {
    faults: Faults,
    random: SplitMix64,
    /// A frame whose delimiter has not come yet.
    open: Vec<u8>,
    /// Late frames, and after how many others they arrive.
    late: Vec<(u32, Vec<u8>)>,
    counts: FaultCounts,
}

impl Direction {
    fn new(faults: Faults, seed: u64) -> Self {
        let random = SplitMix64(seed);
        Self {
            faults,
            random,
            open: Vec::new(),
            late: Vec::new(),
            counts: FaultCounts::default(),
        }
    }

    /// What arrives at the other end when `bytes` are put in.
    fn carry(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for piece in bytes.split_inclusive(|&byte| byte == 0) {
            self.open.extend_from_slice(piece);
            if piece.ends_with(&[0]) {
                let frame = std::mem::take(&mut self.open);
                if frame.len() == 1 {
                    out.push(0);
                } else {
                    self.carry_frame(frame, &mut out);
                }
            }
        }
        out
    }

    fn carry_frame(&mut self, mut frame: Vec<u8>, out: &mut Vec<u8>) {
        self.counts.frames += 1;
        if self.random.happens(self.faults.corrupt) {
            self.counts.corrupted += 1;
            for _ in 0..=self.random.below(3) {
                let at = self.random.below(frame.len() as u64) as usize;
                frame[at] ^= 1 << self.random.below(8);
            }
        }
        let copies = if self.random.happens(self.faults.drop) {
            self.counts.dropped += 1;
            0
        } else if self.random.happens(self.faults.duplicate) {
            self.counts.duplicated += 1;
            2
        } else {
            1
        };
        let mut due = Vec::new();
        self.late.retain_mut(|(wait, late)| {
            *wait -= 1;
            if *wait == 0 {
                due.append(late);
            }
            *wait > 0
        });
        for _ in 0..copies {
            if self.random.happens(self.faults.delay) {
                self.counts.delayed += 1;
                self.late
                    .push((1 + self.random.below(4) as u32, frame.clone()));
            } else {
                out.extend_from_slice(&frame);
            }
        }
        out.append(&mut due);
    }
}

impl<L: Link> Link for FaultyLink<L> {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        if self.arrived.is_empty() {
            let count = self.link.read(buffer, timeout)?;
            self.arrived.extend(self.to_host.carry(&buffer[..count]));
        }
        let count = buffer.len().min(self.arrived.len());
        for (to, from) in buffer.iter_mut().zip(self.arrived.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let carried = self.to_board.carry(bytes);
        if carried.is_empty() {
            Ok(())
        } else {
            self.link.write(&carried)
        }
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        self.link.reopen()
    }

    fn describe(&self) -> String {
        format!("{} through a bad cable", self.link.describe())
    }

    fn buffer_bytes(&self) -> usize {
        self.link.buffer_bytes()
    }

    fn answer_time(&self) -> Duration {
        self.link.answer_time()
    }
}

/// Sebastiano Vigna's SplitMix64: small, and good enough to choose faults.
#[derive(Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn happens(&mut self, probability: f64) -> bool {
        // 53 bits make a uniform number in [0, 1).
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(faults: Faults, seed: u64, frames: u8) -> (Vec<u8>, FaultCounts) {
        let mut direction = Direction::new(faults, seed);
        let bytes: Vec<u8> = (0..frames)
            .flat_map(|frame| [frame % 250 + 1, 7, 0])
            .collect();
        let out = bytes
            .chunks(5)
            .flat_map(|chunk| direction.carry(chunk))
            .collect();
        (out, direction.counts)
    }

    #[test]
    fn a_good_cable_changes_nothing() {
        let (out, counts) = carried(Faults::NONE, 1, 3);
        assert_eq!(out, [1, 7, 0, 2, 7, 0, 3, 7, 0]);
        assert_eq!(
            counts,
            FaultCounts {
                frames: 3,
                ..FaultCounts::default()
            }
        );
    }

    #[test]
    fn every_fault_happens_about_as_often_as_asked() {
        let (_, counts) = carried(Faults::all(0.2), 5, 250);
        assert_eq!(counts.frames, 250);
        for count in [
            counts.corrupted,
            counts.dropped,
            counts.duplicated,
            counts.delayed,
        ] {
            assert!((25..=85).contains(&count), "{counts:?}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_faults() {
        assert_eq!(
            carried(Faults::all(0.3), 9, 200),
            carried(Faults::all(0.3), 9, 200)
        );
        assert_ne!(
            carried(Faults::all(0.3), 9, 200).0,
            carried(Faults::all(0.3), 8, 200).0
        );
    }
}
