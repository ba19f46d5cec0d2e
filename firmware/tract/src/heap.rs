//! What each phase of the engine takes of the heap, and the last words of one that
//! died.
//!
//! The ledger counts what the allocator gives and takes. The last words lie in
//! memory that a reset leaves alone: a heap that tract has run out of cannot be
//! tidied up, so the board starts again, and then says why.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortexscope_probe::wire::message::{BoardError, EnginePhase};

/// What is in use, and how much it has been.
pub struct Ledger {
    capacity_bytes: AtomicU32,
    live_bytes: AtomicU32,
    peak_bytes: AtomicU32,
    allocations: AtomicU32,
}

/// What a phase took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Bytes in use at its end.
    pub live_bytes: u32,
    /// Bytes in use at the fullest.
    pub peak_bytes: u32,
    /// Allocations made.
    pub allocations: u32,
}

/// The ledger of the one heap that there is.
pub static LEDGER: Ledger = Ledger {
    capacity_bytes: AtomicU32::new(0),
    live_bytes: AtomicU32::new(0),
    peak_bytes: AtomicU32::new(0),
    allocations: AtomicU32::new(0),
};

impl Ledger {
    /// Says how large the heap is.
    pub fn set_capacity(&self, bytes: usize) {
        self.capacity_bytes.store(bytes as u32, Relaxed);
    }

    /// Notes an allocation.
    pub fn take(&self, bytes: usize) {
        let live = self.live_bytes.load(Relaxed).wrapping_add(bytes as u32);
        self.live_bytes.store(live, Relaxed);
        self.peak_bytes
            .store(self.peak_bytes.load(Relaxed).max(live), Relaxed);
        self.allocations
            .store(self.allocations.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Notes that memory came back.
    pub fn give(&self, bytes: usize) {
        let live = self.live_bytes.load(Relaxed).wrapping_sub(bytes as u32);
        self.live_bytes.store(live, Relaxed);
    }

    /// Bytes that nothing uses.
    pub fn free_bytes(&self) -> u32 {
        self.capacity_bytes
            .load(Relaxed)
            .saturating_sub(self.live_bytes.load(Relaxed))
    }

    /// Begins a phase.
    pub fn begin(&self) {
        self.peak_bytes
            .store(self.live_bytes.load(Relaxed), Relaxed);
        self.allocations.store(0, Relaxed);
    }

    /// What has been used since the phase began.
    pub fn used(&self) -> Use {
        Use {
            live_bytes: self.live_bytes.load(Relaxed),
            peak_bytes: self.peak_bytes.load(Relaxed),
            allocations: self.allocations.load(Relaxed),
        }
    }
}

/// What the engine did when the program ended, where a reset does not reach it.
/// Integers only, so that every bit pattern is a value.
struct LastWords {
    magic: AtomicU32,
    phase: AtomicU32,
    need_bytes: AtomicU32,
    have_bytes: AtomicU32,
}

/// What [`LastWords`] begin with once they were written.
const MAGIC: u32 = 0x4C57_7264;
const IDLE: u32 = 0;

#[cfg_attr(not(any(unix, windows)), unsafe(link_section = ".uninit.last_words"))]
static LAST_WORDS: LastWords = LastWords {
    magic: AtomicU32::new(0),
    phase: AtomicU32::new(0),
    need_bytes: AtomicU32::new(0),
    have_bytes: AtomicU32::new(0),
};

/// Notes what the engine does from now on.
pub fn enter(phase: Option<EnginePhase>) {
    let number = phase.map_or(IDLE, |phase| 1 + phase as u32);
    LAST_WORDS.need_bytes.store(0, Relaxed);
    LAST_WORDS.have_bytes.store(0, Relaxed);
    LAST_WORDS.phase.store(number, Relaxed);
    LAST_WORDS.magic.store(MAGIC, Relaxed);
}

/// Notes that the heap cannot give `need_bytes`. The program cannot go on.
pub fn exhausted(need_bytes: usize) {
    LAST_WORDS.need_bytes.store(need_bytes as u32, Relaxed);
    LAST_WORDS.have_bytes.store(LEDGER.free_bytes(), Relaxed);
}

/// What the program before this one died of, if it died while building or
/// optimising, or of a heap that ran out. Told once.
///
/// A run that a reset cut short is not told: it is asked for again, and answered.
pub(crate) fn take_last_words() -> Option<BoardError> {
    let is_sound = LAST_WORDS.magic.load(Relaxed) == MAGIC;
    let phase = match LAST_WORDS.phase.load(Relaxed) {
        1 => Some(EnginePhase::Build),
        2 => Some(EnginePhase::Optimise),
        3 => Some(EnginePhase::Run),
        _ => None,
    };
    let need_bytes = LAST_WORDS.need_bytes.load(Relaxed);
    let have_bytes = LAST_WORDS.have_bytes.load(Relaxed);
    enter(None);
    match phase.filter(|_| is_sound)? {
        phase if need_bytes > 0 => Some(BoardError::HeapExhausted {
            phase,
            need_bytes,
            have_bytes,
        }),
        EnginePhase::Run => None,
        phase => Some(BoardError::EngineStopped { phase }),
    }
}
