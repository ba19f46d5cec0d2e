//! A link within this process.

use super::{Link, LinkError};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that a direction holds before its writer waits.
const PIPE_BYTES: usize = 64 * 1024;

/// A write that takes longer has a board at its other end that does not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    content: Mutex<Content>,
    changed: Condvar,
    /// As many as there are bytes, for who looks and does not lock.
    length: AtomicUsize,
}

/// Bytes that were written and not read yet, and how many ends sleep until that changes.
#[derive(Debug, Default)]
struct Content {
    bytes: VecDeque<u8>,
    sleepers: usize,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn length(&self) -> usize {
        self.length.load(Ordering::Acquire)
    }

    /// Waits until the number of bytes `is_ready` or `deadline`, or for ever without one.
    fn wait_until(
        &self,
        deadline: Option<Instant>,
        is_ready: impl Fn(usize) -> bool,
    ) -> MutexGuard<'_, Content> {
        let mut content = self.lock();
        while !is_ready(content.bytes.len()) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            content.sleepers += 1;
            content = match left {
                Some(left) => {
                    let waited = self.changed.wait_timeout(content, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(content);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
            content.sleepers -= 1;
        }
        content
    }

    fn take(&self, content: &mut Content, buffer: &mut [u8]) -> usize {
        let bytes = &mut content.bytes;
        let count = bytes.len().min(buffer.len());
        let (first, second) = bytes.as_slices();
        let (from_first, from_second) = buffer[..count].split_at_mut(first.len().min(count));
        from_first.copy_from_slice(&first[..from_first.len()]);
        from_second.copy_from_slice(&second[..from_second.len()]);
        bytes.drain(..count);
        self.tell(content);
        count
    }

    fn put(&self, content: &mut Content, from: &[u8]) -> usize {
        let room = PIPE_BYTES.saturating_sub(content.bytes.len());
        let count = from.len().min(room);
        content.bytes.extend(&from[..count]);
        self.tell(content);
        count
    }

    /// Loses what is under way.
    fn clear(&self) {
        let mut content = self.lock();
        content.bytes.clear();
        self.tell(&content);
    }

    /// Says that the number of bytes is another one. To wake nobody is a system call, too.
    fn tell(&self, content: &Content) {
        self.length.store(content.bytes.len(), Ordering::Release);
        if content.sleepers > 0 {
            self.changed.notify_all();
        }
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
        let mut content = pipe.wait_until(deadline, |length| length > 0 || is_gone());
        if content.bytes.is_empty() && is_gone() {
            return Err(self.lost("the board's end was dropped"));
        }
        Ok(pipe.take(&mut content, buffer))
    }

    fn write(&mut self, mut from: &[u8]) -> Result<(), LinkError> {
        let is_gone = || self.cable.board_is_gone.load(Ordering::SeqCst);
        let pipe = &self.cable.to_board;
        let deadline = Some(Instant::now() + WRITE_TIMEOUT);
        while !from.is_empty() {
            let has_room = |length| length < PIPE_BYTES;
            let mut content = pipe.wait_until(deadline, |length| has_room(length) || is_gone());
            if is_gone() {
                return Err(self.lost("the board's end was dropped"));
            }
            if !has_room(content.bytes.len()) {
                return Err(self.lost("the board does not read"));
            }
            from = &from[pipe.put(&mut content, from)..];
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
        self.cable.to_board.clear();
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
        let mut content = pipe.wait_until(None, |length| length > 0 || self.is_closed());
        Ok(if self.is_closed() {
            0
        } else {
            pipe.take(&mut content, buffer)
        })
    }
}

impl embedded_io::ReadReady for BoardEnd {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.is_closed() || self.cable.to_board.length() > 0)
    }
}

impl embedded_io::Write for BoardEnd {
    fn write(&mut self, from: &[u8]) -> Result<usize, Infallible> {
        let pipe = &self.cable.to_host;
        let mut content = pipe.wait_until(None, |length| length < PIPE_BYTES || self.is_closed());
        Ok(if self.is_closed() {
            0
        } else {
            pipe.put(&mut content, from)
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
