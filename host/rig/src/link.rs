//! Byte links to boards. Nothing else in this crate opens a port.
//!
//! | link | what is at its other end |
//! |---|---|
//! | [`memory`] | a probe in this process |
//! | [`qemu`] | a board that QEMU emulates, as a child process |
//! | [`serial`] | a real board at a serial port |
//! | [`faulty`] | any of these through a bad cable, for tests |
//! | [`lying`] | a board program that lies, for tests |
//!
//! [`emulator`] finds the program that [`qemu`] starts.

pub mod emulator;
pub mod faulty;
pub mod lying;
pub mod memory;
pub mod qemu;
pub mod serial;

mod error;
mod local_socket;

pub use error::LinkError;

use std::time::Duration;

/// Bytes to a board and back. They may be lost or changed on the way; a
/// [`crate::session::Session`] puts that right.
pub trait Link: Send {
    /// Bytes that arrived, waiting at most `timeout` for the first; gives how
    /// many, 0 if none came in time.
    ///
    /// # Errors
    /// [`LinkError::Lost`] if nothing can come any more.
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError>;

    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// [`LinkError::Lost`] if they cannot be sent any more.
    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError>;

    /// Opens the link again after it was lost.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn reopen(&mut self) -> Result<(), LinkError>;

    /// The link in words, for messages: "serial port /dev/ttyACM0 at 921600 baud".
    fn describe(&self) -> String;

    /// Bytes that are kept for this program while it does not read.
    fn buffer_bytes(&self) -> usize;

    /// How long an answer may be on its way before it is worth asking again.
    fn answer_time(&self) -> Duration;

    /// Whether an emulator is at the other end that takes what its board writes
    /// through semihosting.
    fn has_semihosting(&self) -> bool {
        false
    }
}

impl<L: Link + ?Sized> Link for Box<L> {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        (**self).read(buffer, timeout)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        (**self).write(bytes)
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        (**self).reopen()
    }

    fn describe(&self) -> String {
        (**self).describe()
    }

    fn buffer_bytes(&self) -> usize {
        (**self).buffer_bytes()
    }

    fn answer_time(&self) -> Duration {
        (**self).answer_time()
    }

    fn has_semihosting(&self) -> bool {
        (**self).has_semihosting()
    }
}
