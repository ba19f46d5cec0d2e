//! A link within this process.

use super::{Link, LinkError};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that a direction holds before its writer waits.
const PIPE_BYTES: usize = 64 * 1024;

/// A write that takes longer has a board at its other end that does not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// One direction: bytes that were written and not read yet.
#[derive(Debug, Default)]
struct Pipe {
    bytes: Mutex<VecDeque<u8>>,
    changed: Condvar,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `is_ready` or `deadline`, or for ever without one.
    fn wait_until(
        &self,
        deadline: Option<Instant>,
        is_ready: impl Fn(&VecDeque<u8>) -> bool,
    ) -> MutexGuard<'_, VecDeque<u8>> {
        let mut bytes = self.lock();
        while !is_ready(&bytes) {
            bytes =
                match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                    Some(Duration::ZERO) => break,
                    Some(left) => {
                        let waited = self.changed.wait_timeout(bytes, left);
                        waited.unwrap_or_else(PoisonError::into_inner).0
                    }
                    None => self
                        .changed
                        .wait(bytes)
                        .unwrap_or_else(PoisonError::into_inner),
                };
        }
        bytes
    }

    fn take(&self, bytes: &mut VecDeque<u8>, buffer: &mut [u8]) -> usize {
        let count = bytes.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(bytes.drain(..count)) {
            *to = from;
        }
        self.changed.notify_all();
        count
    }

    fn put(&self, bytes: &mut VecDeque<u8>, from: &[u8]) -> usize {
        let count = from.len().min(PIPE_BYTES.saturating_sub(bytes.len()));
        bytes.extend(&from[..count]);
        self.changed.notify_all();
        count
    }
}

/// Both directions, and whether each end is there.
#[derive(Debug, Default)]
struct Cable {
    to_board: Pipe,
    to_host: Pipe,
    host_is_gone: AtomicBool,
    board_is_gone: AtomicBool,
}

impl Cable {
    fn wake_all(&self) {
        for pipe in [&self.to_board, &self.to_host] {
            // Taken, so that nobody is between its check and its wait.
            let _bytes = pipe.lock();
            pipe.changed.notify_all();
        }
    }
}

/// The host's end.
#[derive(Debug)]
pub struct MemoryLink {
    cable: Arc<Cable>,
}

/// The board's end, for `cortexscope_probe::serve`.
///
/// It reads as closed once the host's end is dropped, or once
/// [`Socket::unplug`] was called.
#[derive(Debug)]
pub struct BoardEnd {
    cable: Arc<Cable>,
    is_unplugged: Arc<AtomicBool>,
}

/// Where a [`BoardEnd`] is plugged in: takes it from whoever uses it, even while
/// it waits, and makes another.
#[derive(Debug)]
pub struct Socket {
    cable: Arc<Cable>,
    is_unplugged: Arc<AtomicBool>,
}

/// Two ends of a new link.
pub fn pair() -> (MemoryLink, BoardEnd) {
    let cable = Arc::<Cable>::default();
    let board_end = BoardEnd {
        cable: Arc::clone(&cable),
        is_unplugged: Arc::default(),
    };
    (MemoryLink { cable }, board_end)
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        self.cable.host_is_gone.store(true, Ordering::SeqCst);
        self.cable.wake_all();
    }
}

impl Link for MemoryLink {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        let is_gone = || self.cable.board_is_gone.load(Ordering::SeqCst);
        let pipe = &self.cable.to_host;
        let deadline = Some(Instant::now() + timeout);
        let mut bytes = pipe.wait_until(deadline, |bytes| !bytes.is_empty() || is_gone());
        if bytes.is_empty() && is_gone() {
            return Err(self.lost("the board's end was dropped"));
        }
        Ok(pipe.take(&mut bytes, buffer))
    }

    fn write(&mut self, mut from: &[u8]) -> Result<(), LinkError> {
        let is_gone = || self.cable.board_is_gone.load(Ordering::SeqCst);
        let pipe = &self.cable.to_board;
        let deadline = Some(Instant::now() + WRITE_TIMEOUT);
        while !from.is_empty() {
            let has_room = |bytes: &VecDeque<u8>| bytes.len() < PIPE_BYTES;
            let mut bytes = pipe.wait_until(deadline, |bytes| has_room(bytes) || is_gone());
            if is_gone() {
                return Err(self.lost("the board's end was dropped"));
            }
            if !has_room(&bytes) {
                return Err(self.lost("the board does not read"));
            }
            from = &from[pipe.put(&mut bytes, from)..];
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        if self.cable.board_is_gone.load(Ordering::SeqCst) {
            Err(self.lost("the board's end was dropped"))
        } else {
            Ok(())
        }
    }

    fn describe(&self) -> String {
        "the link within this process".to_owned()
    }

    fn buffer_bytes(&self) -> usize {
        PIPE_BYTES
    }

    fn answer_time(&self) -> Duration {
        Duration::from_millis(50)
    }
}

impl MemoryLink {
    fn lost(&self, reason: &str) -> LinkError {
        LinkError::Lost {
            link: self.describe(),
            reason: reason.to_owned(),
        }
    }
}

impl BoardEnd {
    /// The socket that this end is plugged into.
    pub fn socket(&self) -> Socket {
        Socket {
            cable: Arc::clone(&self.cable),
            is_unplugged: Arc::clone(&self.is_unplugged),
        }
    }

    fn is_closed(&self) -> bool {
        self.is_unplugged.load(Ordering::SeqCst) || self.cable.host_is_gone.load(Ordering::SeqCst)
    }
}

impl Socket {
    /// Closes the board's end. The host's end stays, and hears nothing.
    pub fn unplug(&self) {
        self.is_unplugged.store(true, Ordering::SeqCst);
        self.cable.wake_all();
    }

    /// Another board's end in place of the one before, which is closed. What was
    /// on its way to the board is lost, as in a reset.
    pub fn replace(&mut self) -> BoardEnd {
        self.unplug();
        self.cable.to_board.lock().clear();
        self.is_unplugged = Arc::default();
        let is_unplugged = Arc::clone(&self.is_unplugged);
        BoardEnd {
            cable: Arc::clone(&self.cable),
            is_unplugged,
        }
    }
}

impl Drop for BoardEnd {
    fn drop(&mut self) {
        if !self.is_unplugged.load(Ordering::SeqCst) {
            self.cable.board_is_gone.store(true, Ordering::SeqCst);
            self.cable.wake_all();
        }
    }
}

impl embedded_io::ErrorType for BoardEnd {
    type Error = Infallible;
}

impl embedded_io::Read for BoardEnd {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let pipe = &self.cable.to_board;
        let mut bytes = pipe.wait_until(None, |bytes| !bytes.is_empty() || self.is_closed());
        Ok(if self.is_closed() {
            0
        } else {
            pipe.take(&mut bytes, buffer)
        })
    }
}

impl embedded_io::ReadReady for BoardEnd {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.is_closed() || !self.cable.to_board.lock().is_empty())
    }
}

impl embedded_io::Write for BoardEnd {
    fn write(&mut self, from: &[u8]) -> Result<usize, Infallible> {
        let pipe = &self.cable.to_host;
        let mut bytes = pipe.wait_until(None, |bytes| bytes.len() < PIPE_BYTES || self.is_closed());
        Ok(if self.is_closed() {
            0
        } else {
            pipe.put(&mut bytes, from)
        })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_io::{Read, ReadReady, Write};

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn bytes_go_both_ways() {
        let (mut host, mut board) = pair();
        host.write(b"to the board").unwrap();
        let mut buffer = [0; 32];
        assert!(board.read_ready().unwrap());
        assert_eq!(board.read(&mut buffer).unwrap(), 12);
        board.write_all(b"to the host").unwrap();
        assert_eq!(host.read(&mut buffer, SOON).unwrap(), 11);
        assert_eq!(&buffer[..11], b"to the host");
        assert_eq!(host.read(&mut buffer, SOON).unwrap(), 0);
    }

    #[test]
    fn a_board_that_does_not_read_blocks_nobody_for_ever() {
        let (mut host, _board) = pair();
        let started = Instant::now();
        let error = host.write(&[1; 2 * PIPE_BYTES]).unwrap_err();
        assert!(error.to_string().contains("does not read"), "{error}");
        assert!(started.elapsed() < 5 * WRITE_TIMEOUT);
    }

    #[test]
    fn either_end_notices_that_the_other_is_gone() {
        let (host, mut board) = pair();
        drop(host);
        assert!(board.read_ready().unwrap());
        assert_eq!(board.read(&mut [0; 4]).unwrap(), 0);

        let (mut host, board) = pair();
        drop(board);
        assert!(matches!(
            host.read(&mut [0; 4], SOON),
            Err(LinkError::Lost { .. })
        ));
    }

    #[test]
    fn an_unplugged_end_can_be_replaced() {
        let (mut host, mut board) = pair();
        host.write(b"lost").unwrap();
        let mut socket = board.socket();
        socket.unplug();
        assert_eq!(board.read(&mut [0; 4]).unwrap(), 0);
        drop(board);
        assert_eq!(host.read(&mut [0; 4], SOON).unwrap(), 0);
        let mut board = socket.replace();
        assert!(!board.read_ready().unwrap());
        host.write(b"kept").unwrap();
        assert_eq!(board.read(&mut [0; 4]).unwrap(), 4);
    }
}
