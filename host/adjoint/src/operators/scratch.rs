//! Buffers that the operators of one plan use in turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

/// How many threads an operator may use, and buffers, one for each of them, that grow
/// to the largest need and stay. Clones share them.
#[derive(Clone, Debug)]
pub struct Scratch {
    idle: Arc<Mutex<Vec<Vec<f32>>>>,
    threads: usize,
    /// Whether an operator was large enough for several threads.
    shares: Arc<AtomicBool>,
}

impl Scratch {
    /// No buffers yet, for operators with `threads` threads.
    pub fn new(threads: usize) -> Self {
        Self {
            idle: Arc::default(),
            threads,
            shares: Arc::default(),
        }
    }

    /// Threads for this many multiplications: one where waking others would take
    /// longer than they save.
    pub fn threads(&self, multiplications: usize) -> usize {
        if multiplications < WORTH_THREADS {
            1
        } else {
            self.shares.store(true, Ordering::Relaxed);
            self.threads
        }
    }

    /// Whether any operator so far was large enough for several threads.
    pub fn shares(&self) -> bool {
        self.shares.load(Ordering::Relaxed)
    }

    /// Lends `len` numbers, which hold anything.
    pub fn with<T>(&self, len: usize, work: impl FnOnce(&mut [f32]) -> T) -> T {
        let mut buffer = self.lock().pop().unwrap_or_default();
        if buffer.len() < len {
            buffer.reserve_exact(len - buffer.len());
            buffer.resize(len, 0.0);
        }
        let result = work(&mut buffer[..len]);
        self.lock().push(buffer);
        result
    }

    /// Works on the chunks of `slice` with this many threads; `work` gets a chunk's place.
    pub fn chunks<T: Send>(
        &self,
        threads: usize,
        slice: &mut [T],
        len: usize,
        work: impl Fn(usize, &mut [T]) + Sync + Send,
    ) {
        let work = |(place, chunk): (usize, &mut [T])| work(place, chunk);
        if threads > 1 {
            slice.par_chunks_mut(len).enumerate().for_each(work);
        } else {
            slice.chunks_mut(len).enumerate().for_each(work);
        }
    }

    /// Bytes that the buffers have grown to.
    pub fn bytes(&self) -> usize {
        let capacities = self.lock().iter().map(Vec::capacity).sum::<usize>();
        capacities * size_of::<f32>()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<f32>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Multiplications from which a second thread is worth waking.
const WORTH_THREADS: usize = 1 << 21;

/// Buffers do not belong to what an operator is.
impl PartialEq for Scratch {
    fn eq(&self, other: &Self) -> bool {
        self.threads == other.threads
    }
}

impl Eq for Scratch {}
