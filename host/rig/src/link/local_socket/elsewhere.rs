//! A system without Unix sockets: boards are reached at a serial port or in this
//! process, and none is emulated.
//!
//! The streams cannot be made, so whatever uses them type-checks and never runs.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// A connection; there is none.
#[derive(Debug)]
pub(in crate::link) struct LocalStream {
    never: Infallible,
}

/// Waits for connections; there is none.
#[derive(Debug)]
pub(in crate::link) struct LocalListener {
    never: Infallible,
}

fn unsupported() -> io::Error {
    io::Error::new(
        ErrorKind::Unsupported,
        "emulated boards need Unix sockets, which this system does not have; use `--board \
         native`, or a real board with `--port`",
    )
}

/// Two ends of a new connection.
pub(in crate::link) fn pair() -> io::Result<(LocalStream, LocalStream)> {
    Err(unsupported())
}

/// One end as a child's standard input or output.
pub(in crate::link) fn as_stdio(stream: LocalStream) -> Stdio {
    match stream.never {}
}

impl LocalListener {
    pub(in crate::link) fn bind(_path: &Path) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(in crate::link) fn set_nonblocking(&self, _is: bool) -> io::Result<()> {
        match self.never {}
    }

    pub(in crate::link) fn accept(&self) -> io::Result<(LocalStream, ())> {
        match self.never {}
    }
}

impl LocalStream {
    pub(in crate::link) fn try_clone(&self) -> io::Result<Self> {
        match self.never {}
    }

    pub(in crate::link) fn set_nonblocking(&self, _is: bool) -> io::Result<()> {
        match self.never {}
    }

    pub(in crate::link) fn set_read_timeout(&self, _timeout: Option<Duration>) -> io::Result<()> {
        match self.never {}
    }

    pub(in crate::link) fn set_write_timeout(&self, _timeout: Option<Duration>) -> io::Result<()> {
        match self.never {}
    }
}

impl Read for LocalStream {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.never {}
    }
}

impl Write for LocalStream {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        match self.never {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.never {}
    }
}
